"""The auditor on real Kafka: order, no repeats, kill -9 in the middle of a transaction, one writer only."""

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from agents.auditor import Auditor
from agents.signing import CannotSign
from schemas.audit import AuditRecord
from schemas.codec import decode
from schemas.identity import leaf_hash
from schemas.settings import AuditSettings, KafkaSettings, Settings
from streams.merkle import root_of
from streams.notes import Checkpoint, open_note, read_keys
from tests.agents.audited import audit_all, checkpoints_of, drain, entry, lines_of, send
from tests.brokers import laid_out
from tests.children import started, told
from tests.facts import eventually
from wire.errors import KafkaProblem, Unreachable
from wire.tail import read_tail

_STEPS = 11
"""At which an auditor can be killed while it puts three entries on record and signs them; see audit_process."""


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A broker for this module; each test has a partition of its own, named at its top."""
    folder = tmp_path_factory.mktemp("auditor")
    with laid_out(folder, 11) as settings:
        yield Settings(kafka=settings, audit=AuditSettings(key_file=str(folder / "key" / "audit.key")))


def test_entries_are_on_record_in_order_with_their_bytes(configured: Settings) -> None:
    """Each partition should have its entries as lines 0, 1, 2, ... with leaf hashes over the exact bytes."""
    values = [[entry(n, p) for n in range(30)] for p in (0, 1)]
    for partition in (0, 1):
        send(configured.kafka, partition, values[partition])
    audit_all(configured)
    for partition in (0, 1):
        lines = lines_of(configured.kafka, partition)
        assert values[partition] == [line.entry for line in lines]
        assert list(range(30)) == [line.sequence for line in lines]
        assert [leaf_hash(value) for value in values[partition]] == [line.leaf_hash for line in lines]


def test_repeats_collapse_also_after_a_restart_and_junk_is_kept(configured: Settings) -> None:
    """What a worker sends again should be no line; bytes that are no entry should be one."""
    send(configured.kafka, 2, [*(entry(n) for n in range(10)), b"junk", *(entry(n) for n in range(5, 12))])
    audit_all(configured)
    send(configured.kafka, 2, [entry(n) for n in range(15)])
    audit_all(configured)
    entries = [line.entry for line in lines_of(configured.kafka, 2)]
    assert [*(entry(n) for n in range(10)), b"junk", *(entry(n) for n in range(10, 15))] == entries


def test_a_checkpoint_is_signed_and_enough_to_go_on_from(configured: Settings) -> None:
    """The last checkpoint should open with the published key, and say where log, tree and sources stand."""
    send(configured.kafka, 3, [entry(7), entry(3, topic="alerts", partition=1, index=2)])
    audit_all(configured)
    last = checkpoints_of(configured.kafka, 3)[-1]
    assert (2, 2) == (last.next_sequence, last.entries_offset)
    heads = {(h.topic, h.partition, h.offset, h.index) for h in last.heads}
    assert {("signals", 0, 7, 0), ("alerts", 1, 3, 2)} == heads
    keys = read_keys(Path(configured.audit.public_file).read_text("utf-8"))
    leaves = [line.leaf_hash for line in lines_of(configured.kafka, 3)]
    assert Checkpoint("incidents/audit/3", 2, root_of(leaves)) == open_note(last.note, keys)
    assert [1, 0] == [len(last.peaks), len(checkpoints_of(configured.kafka, 8))]


def test_what_was_confirmed_and_not_signed_is_signed_after_a_restart(configured: Settings) -> None:
    """An auditor that ends between lines and signature should leave nothing unsigned for ever, repeats included."""
    send(configured.kafka, 1, [entry(n, 1) for n in range(30, 35)])
    auditor = Auditor(configured.model_copy(update={"audit": _rarely(configured)}), "test")
    auditor.step()  # signs at once, since the partition was quiet
    send(configured.kafka, 1, [entry(n, 1) for n in range(33, 40)])
    drain(auditor, configured)
    auditor.close()
    lines = lines_of(configured.kafka, 1)
    assert checkpoints_of(configured.kafka, 1)[-1].next_sequence < len(lines)
    audit_all(configured)
    assert len(lines) == checkpoints_of(configured.kafka, 1)[-1].next_sequence
    assert lines == lines_of(configured.kafka, 1)


def test_under_traffic_there_is_a_signature_at_every_interval(configured: Settings) -> None:
    """While entries keep coming no two signatures should be much further apart than the setting says."""
    often = configured.audit.model_copy(update={"checkpoint_s": 0.5})
    auditor = Auditor(configured.model_copy(update={"audit": often}), "test")
    end, sent = time.monotonic() + 4.0, 0
    while time.monotonic() < end:
        send(configured.kafka, 10, [entry(sent)])
        sent += 1
        auditor.step()
    auditor.finish()
    auditor.close()
    found = read_tail(configured.kafka.bootstrap, "audit-checkpoints", 10, lambda _: False)
    times = [message.timestamp()[1] for message in found]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert 3 <= len(times) <= 10
    assert max(gaps) < 4_000  # the interval, and what a busy machine takes between two steps
    assert sent == checkpoints_of(configured.kafka, 10)[-1].next_sequence


def _rarely(settings: Settings) -> AuditSettings:
    return settings.audit.model_copy(update={"checkpoint_s": 600.0})


def test_a_log_that_another_key_has_signed_is_not_gone_on_from(configured: Settings, tmp_path: Path) -> None:
    """A lost key should be told, never replaced in silence; its public line should be enough to go on."""
    send(configured.kafka, 3, [entry(9)])
    audit_all(configured)
    other = configured.model_copy(
        update={"audit": configured.audit.model_copy(update={"key_file": str(tmp_path / "new.key")})}
    )
    with pytest.raises(CannotSign, match="put the key that signed it back at"):
        Auditor(other, "test")
    old = Path(configured.audit.public_file).read_text("utf-8")
    with Path(other.audit.public_file).open("a", encoding="utf-8") as public:
        public.write(old)
    send(configured.kafka, 3, [entry(10)])
    audit_all(other)
    Path(configured.audit.public_file).write_text(Path(other.audit.public_file).read_text("utf-8"), "utf-8")
    audit_all(configured)
    assert len(lines_of(configured.kafka, 3)) == checkpoints_of(configured.kafka, 3)[-1].next_sequence


def _process(settings: Settings) -> AbstractContextManager[subprocess.Popen[str]]:
    return started("tests.agents.audit_process", settings.model_dump_json())


def test_kill_9_in_the_middle_of_transactions_gives_every_line_once(configured: Settings) -> None:
    """An auditor that is killed again and again should leave the log of one that never was."""
    values = [entry(n) for n in range(60_000)]
    send(configured.kafka, 4, values)
    chance = random.Random(11)  # noqa: S311 - when to kill, the same in every run
    kills = 0
    while (known := _confirmed(configured.kafka, 4)) < len(values) and kills < 6:
        bound = min(known + chance.randrange(1, 3_000), len(values))
        with _process(configured):
            eventually(lambda: _confirmed(configured.kafka, 4) >= bound, 60, "the auditor makes progress")  # noqa: B023
        kills += 1
    assert kills > 1
    audit_all(configured)
    lines = lines_of(configured.kafka, 4)
    assert list(range(len(values))) == [line.sequence for line in lines]
    assert values == [line.entry for line in lines]


def _confirmed(settings: KafkaSettings, partition: int) -> int:
    """How many lines the log has."""
    found = read_tail(settings.bootstrap, "audit", partition, bool)
    last = decode("audit", found[-1].value()) if found else None
    return last.sequence + 1 if isinstance(last, AuditRecord) else 0


def test_kill_9_at_any_step_leaves_the_log_of_an_auditor_that_was_never_killed(configured: Settings) -> None:
    """Before, inside and after each transaction, of lines and of signatures, a restart should go on as if never."""
    sent: list[bytes] = []
    for step in range(_STEPS):
        news = [entry(len(sent) + n, 9) for n in range(3)]
        send(configured.kafka, 9, [*sent[-2:], *news])
        sent += news
        with started("tests.agents.audit_process", configured.model_dump_json(), "9", str(step)) as process:
            assert -signal.SIGKILL == process.wait(60), f"step {step} is one at which the auditor is killed"
    audit_all(configured)
    lines = lines_of(configured.kafka, 9)
    assert [(n, value) for n, value in enumerate(sent)] == [(line.sequence, line.entry) for line in lines]
    leaves = [line.leaf_hash for line in lines]
    keys = read_keys(Path(configured.audit.public_file).read_text("utf-8"))
    signed = [open_note(one.note, keys) for one in checkpoints_of(configured.kafka, 9)]
    assert [root_of(leaves[: one.size]) for one in signed] == [one.root for one in signed]
    assert len(sent) == signed[-1].size


def test_the_first_of_two_auditors_is_refused(configured: Settings) -> None:
    """A second auditor should take over, and the first should end without having written a line twice."""
    one = Auditor(configured, "one")
    send(configured.kafka, 5, [entry(n) for n in range(5)])
    two = Auditor(configured, "two")
    with pytest.raises(KafkaProblem, match="another auditor has taken over partition 5; only one may run"):
        drain(one, configured)
    drain(two, configured)
    assert list(range(5)) == [line.position.offset for line in lines_of(configured.kafka, 5)]
    one.close()
    two.close()


def test_the_first_of_two_auditors_signs_nothing_more(configured: Settings) -> None:
    """An auditor that comes back after another has taken over should not get a signature on record."""
    one = Auditor(configured.model_copy(update={"audit": _rarely(configured)}), "one")
    for n in (10, 11):  # the first is signed at once, the second waits
        send(configured.kafka, 5, [entry(n)])
        drain(one, configured)
    two = Auditor(configured, "two")
    two.finish()
    signed = checkpoints_of(configured.kafka, 5)
    with pytest.raises(KafkaProblem, match="another auditor has taken over partition 5; only one may run"):
        one.finish()
    assert signed == checkpoints_of(configured.kafka, 5)
    one.close()
    two.close()


def test_an_auditor_that_is_taken_over_leaves_with_1_and_one_that_is_stopped_with_0(
    configured: Settings,
) -> None:
    """The exit codes should tell an ordered end from one that somebody must look at."""
    with _process(configured) as first:
        send(configured.kafka, 6, [entry(0)])
        eventually(lambda: _confirmed(configured.kafka, 6) == 1, 60, "the first has written")
        with _process(configured) as second:
            send(configured.kafka, 6, [entry(1)])
            eventually(lambda: _confirmed(configured.kafka, 6) == 2, 60, "one of them has written")

            def taken_over() -> bool:
                send(configured.kafka, 6, [entry(2)])
                return first.poll() is not None

            eventually(taken_over, 60, "the second has taken over")
            code, lines = told(first, "auditor")
            assert (1, True) == (code, "another auditor has taken over" in lines[0])
            second.send_signal(signal.SIGTERM)
            assert (0, []) == told(second, "auditor")


def test_old_entries_are_deleted_once_they_are_on_record(configured: Settings) -> None:
    """Entries of last month should go, and only when they stand in the log; those of today should stay."""
    month_ago = time.time_ns() // 1_000_000 - 30 * 86_400_000
    send(configured.kafka, 8, [entry(n) for n in range(5)], month_ago)
    send(configured.kafka, 8, [entry(n) for n in range(5, 8)])
    audit_all(configured)
    assert 0 == _first_kept(configured.kafka, 8)
    audit_all(configured)
    assert 5 == _first_kept(configured.kafka, 8)
    assert list(range(8)) == [line.sequence for line in lines_of(configured.kafka, 8)]


def _first_kept(settings: KafkaSettings, partition: int) -> int:
    admin = AdminClient({"bootstrap.servers": settings.bootstrap})
    where = TopicPartition("audit-entries", partition)
    earliest = OffsetSpec.earliest()  # type: ignore[no-untyped-call] # published without types
    return int(admin.list_offsets({where: earliest})[where].result().offset)


def test_entries_that_were_deleted_before_they_were_on_record_are_told(configured: Settings) -> None:
    """A hole in the entries should stop the auditor with one line, never be skipped; so it comes last here."""
    send(configured.kafka, 7, [entry(n) for n in range(5)])
    admin = AdminClient({"bootstrap.servers": configured.kafka.bootstrap})
    for future in admin.delete_records([TopicPartition("audit-entries", 7, 3)]).values():
        future.result()
    auditor = Auditor(configured, "test")
    with pytest.raises(KafkaProblem, match="cannot be read on from where the log stands"):
        drain(auditor, configured)
    auditor.close()


def test_no_broker_is_told() -> None:
    """An absent broker should be one line."""
    with pytest.raises(Unreachable, match="no Kafka broker answers"):
        Auditor(Settings(kafka=KafkaSettings(bootstrap="127.0.0.1:9")), "test")
