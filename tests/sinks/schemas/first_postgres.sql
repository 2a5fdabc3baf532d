-- The tables as version 0.1.0 made them before there were migrations: what an upgrade has to start from.

CREATE TABLE audit (
    partition INTEGER NOT NULL,
    sequence BIGINT NOT NULL,
    leaf_hash BYTEA NOT NULL,
    entry BYTEA NOT NULL,
    source_topic VARCHAR(200) NOT NULL,
    source_partition INTEGER NOT NULL,
    source_offset BIGINT NOT NULL,
    source_index INTEGER NOT NULL,
    decision_id TEXT,
    tenant TEXT,
    subject TEXT,
    decision TEXT,
    actor TEXT,
    at BIGINT,
    details TEXT,
    PRIMARY KEY (partition, sequence)
);

CREATE INDEX audit_views ON audit (tenant, subject) WHERE decision = 'viewed';

CREATE TABLE candidate_revisions (
    tenant VARCHAR(200) NOT NULL,
    candidate_id VARCHAR(200) NOT NULL,
    revision_id VARCHAR(200) NOT NULL,
    revision INTEGER NOT NULL,
    environment TEXT NOT NULL,
    short_id VARCHAR(40) NOT NULL,
    phase TEXT NOT NULL,
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    severity TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    last_activity_at BIGINT NOT NULL,
    alerts INTEGER NOT NULL,
    repeats INTEGER NOT NULL,
    owner TEXT,
    top_suspect TEXT,
    merged_into TEXT,
    continues TEXT,
    signals_partition INTEGER NOT NULL,
    signals_offset BIGINT NOT NULL,
    build TEXT NOT NULL,
    settings_hash TEXT NOT NULL,
    cut_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, candidate_id, revision_id)
);

CREATE TABLE candidates (
    tenant VARCHAR(200) NOT NULL,
    candidate_id VARCHAR(200) NOT NULL,
    revision_id VARCHAR(200) NOT NULL,
    revision INTEGER NOT NULL,
    environment TEXT NOT NULL,
    short_id VARCHAR(40) NOT NULL,
    phase TEXT NOT NULL,
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    severity TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    last_activity_at BIGINT NOT NULL,
    alerts INTEGER NOT NULL,
    repeats INTEGER NOT NULL,
    owner TEXT,
    top_suspect TEXT,
    merged_into TEXT,
    continues TEXT,
    signals_partition INTEGER NOT NULL,
    signals_offset BIGINT NOT NULL,
    build TEXT NOT NULL,
    settings_hash TEXT NOT NULL,
    cut_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, candidate_id)
);

CREATE INDEX candidates_by_short_id ON candidates (short_id);

CREATE INDEX candidates_by_time ON candidates (tenant, opened_at);

CREATE TABLE changes (
    tenant VARCHAR(200) NOT NULL,
    change_id VARCHAR(200) NOT NULL,
    source_ref TEXT NOT NULL,
    status TEXT NOT NULL,
    effective_at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    title TEXT NOT NULL,
    service TEXT,
    namespace TEXT,
    environment TEXT,
    before TEXT,
    after TEXT,
    actor TEXT,
    suspectable BOOLEAN NOT NULL,
    verdict TEXT NOT NULL,
    link TEXT,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    content_hash TEXT NOT NULL,
    PRIMARY KEY (tenant, change_id)
);

CREATE INDEX changes_by_time ON changes (tenant, effective_at);

CREATE TABLE claims (
    tenant VARCHAR(200) NOT NULL,
    candidate_id VARCHAR(200) NOT NULL,
    revision_id VARCHAR(200) NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    claimed TEXT NOT NULL,
    evidence TEXT NOT NULL,
    proven BOOLEAN NOT NULL,
    unproven TEXT NOT NULL,
    PRIMARY KEY (tenant, candidate_id, revision_id, number)
);

CREATE TABLE dead_letters (
    letter_id VARCHAR(200) NOT NULL,
    tenant TEXT NOT NULL,
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    topic TEXT,
    partition INTEGER,
    "offset" BIGINT,
    received_at BIGINT NOT NULL,
    original BYTEA NOT NULL,
    original_hash TEXT NOT NULL,
    original_size BIGINT NOT NULL,
    restricted BOOLEAN NOT NULL,
    PRIMARY KEY (letter_id)
);

CREATE TABLE evidence (
    tenant VARCHAR(200) NOT NULL,
    candidate_id VARCHAR(200) NOT NULL,
    revision_id VARCHAR(200) NOT NULL,
    evidence_id VARCHAR(40) NOT NULL,
    kind TEXT NOT NULL,
    source_ref TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    content_hash TEXT NOT NULL,
    at BIGINT NOT NULL,
    link TEXT,
    verified BOOLEAN NOT NULL,
    missing TEXT NOT NULL,
    original_hash VARCHAR(64),
    PRIMARY KEY (tenant, candidate_id, revision_id, evidence_id)
);

CREATE TABLE members (
    tenant VARCHAR(200) NOT NULL,
    candidate_id VARCHAR(200) NOT NULL,
    member_id VARCHAR(200) NOT NULL,
    fingerprint TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    name TEXT NOT NULL,
    service TEXT,
    rule TEXT NOT NULL,
    linked_to TEXT,
    score FLOAT NOT NULL,
    PRIMARY KEY (tenant, candidate_id, member_id)
);

CREATE TABLE originals (
    content_hash VARCHAR(200) NOT NULL,
    original TEXT NOT NULL,
    PRIMARY KEY (content_hash)
);

CREATE TABLE packets (
    tenant VARCHAR(200) NOT NULL,
    candidate_id VARCHAR(200) NOT NULL,
    revision_id VARCHAR(200) NOT NULL,
    revision INTEGER NOT NULL,
    signals_offset BIGINT NOT NULL,
    cut_at BIGINT NOT NULL,
    stored_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, candidate_id, revision_id)
);

CREATE TABLE proposals (
    tenant VARCHAR(200) NOT NULL,
    proposal_id VARCHAR(200) NOT NULL,
    candidate_id VARCHAR(200) NOT NULL,
    environment TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    tier TEXT NOT NULL,
    "to" TEXT,
    rollback TEXT NOT NULL,
    verification TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, proposal_id)
);

CREATE TABLE sink_offsets (
    topic VARCHAR(200) NOT NULL,
    partition INTEGER NOT NULL,
    next_offset BIGINT NOT NULL,
    PRIMARY KEY (topic, partition)
);
