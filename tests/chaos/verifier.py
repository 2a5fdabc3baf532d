"""Owns the verdict on a replay that went through faults: nothing lost, nothing twice, the same export, a whole audit.

Pure, and shares no code with the pipeline: what must be there is computed from the recording itself, with ids made as
docs/architecture.md says ("Identity"). May not: read Kafka or tables. Goes to: the tests
that plant faults in the evidence of a run.
"""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.chaos.seen import Alert, Fields, Seen, decoded

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TOP: Final = ("candidate_id", "root_services", "owner")


@dataclass(frozen=True)
class Expected:
    """What a recording must come to."""

    notifications: Counter[Alert]
    """How often each alert was told."""
    junk: Counter[str]
    """What could not be understood, and how often it was sent."""
    repeated: Counter[Alert | str]
    """How often each of both was posted again, since its sender had heard nothing or was told to come again."""
    export: list[Fields]
    """The lines of a replay that nothing disturbed."""

    @property
    def candidates(self) -> set[str]:
        """Ids: each alert of the recording has nothing to do with any other."""
        return {candidate_id(*alert) for alert in self.notifications}


def expected(
    recording: Iterable[str], undisturbed: bytes, posted_again: Mapping[int, int] | None = None
) -> Expected:
    """From the lines of a recording, and the export of an undisturbed replay of it.

    `posted_again`: by the number of a line, from 1, how often its sender had to post it once more.
    """
    notifications: Counter[Alert] = Counter()
    junk: Counter[str] = Counter()
    repeated: Counter[Alert | str] = Counter()
    for number, line in enumerate(recording, 1):
        body = json.loads(line)["body"]
        again = (posted_again or {}).get(number, 0)
        if isinstance(body, str):
            junk[body] += 1
            repeated[body] += again
            continue
        for alert in map(_named, body["alerts"]):
            notifications[alert] += 1
            repeated[alert] += again
    return Expected(notifications, junk, repeated, [json.loads(line) for line in undisturbed.splitlines()])


def _named(alert: Fields) -> Alert:
    start = datetime.fromisoformat(alert["startsAt"])
    micros = (start - _EPOCH) // (datetime.resolution)
    return alert["labels"]["deployment_environment_name"], micros, alert["fingerprint"]


def candidate_id(environment: str, start: int, fingerprint: str) -> str:
    """The id of the candidate whose earliest alert this is; `start` in microseconds since 1970."""
    parts = ["4", "candidate", environment, str(start), fingerprint]
    return "c-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def verify(wanted: Expected, seen: Seen, public_keys: str) -> list[str]:
    """What is wrong, a line each; none where all holds. `public_keys`: the lines of the log's public keys."""
    return [
        *_lost(wanted, seen),
        *_twice(wanted, seen),
        *_exported(wanted, seen),
        *_audited(seen),
        *_signed(seen, public_keys),
    ]


def _lost(wanted: Expected, seen: Seen) -> Iterator[str]:
    for alert, times in wanted.notifications.items():
        if seen.published[alert] < times:
            yield f"lost before Kafka: {alert} was accepted {times} times, and is there {seen.published[alert]} times"
        if seen.published[alert] > times + wanted.repeated[alert]:
            yield f"published more often than posted: {alert} is there {seen.published[alert]} times"
    ids = {one["candidate_id"] for one in _final(seen)}
    yield from (f"lost: candidate {name}" for name in sorted(wanted.candidates - ids))
    yield from (f"not of the recording: candidate {name}" for name in sorted(ids - wanted.candidates))
    letters = [bytes(letter["original"]).decode("utf-8", "replace") for letter in seen.letters]
    for text in wanted.junk:
        if not any(text in original for original in letters):
            yield f"lost: no dead letter holds {text!r}"


def _twice(wanted: Expected, seen: Seen) -> Iterator[str]:
    members = Counter(
        (one["environment"], member["starts_at"], member["fingerprint"])
        for one in _final(seen)
        for member in one["members"]
    )
    yield from (f"in {times} candidates: {alert}" for alert, times in members.items() if times != 1)
    counted = sum(one["repeats"] + len(one["members"]) for one in _final(seen))
    if counted != seen.published.total():
        yield f"counted {counted} notifications where {seen.published.total()} were published"
    contents: dict[str, set[str]] = {}
    for one in seen.candidates:
        contents.setdefault(one["revision"]["revision_id"], set()).add(json.dumps(one, default=str))
    yield from (f"revision {name} has {len(c)} contents" for name, c in contents.items() if len(c) > 1)
    names = Counter(entry["decision_id"] for entry in _decisions(seen) if entry["actor"] == "correlator")
    yield from (f"decision {name} is on record {times} times" for name, times in names.items() if times > 1)
    # A sender that heard nothing posts again: so many letters more than deliveries are its own.
    letters = Counter(
        (one["letter_id"], bytes(one["original"]).decode("utf-8", "replace")) for one in seen.letters
    )
    yield from (
        f"dead letter {name} stands there {times} times"
        for (name, text), times in letters.items()
        if times > 1 + wanted.repeated[text]
    )


def _exported(wanted: Expected, seen: Seen) -> Iterator[str]:
    final = sorted(_final(seen), key=lambda one: (one["opened_at"], one["candidate_id"]))
    lines = [_short(one) for one in final]
    reference = [_short_line(line) for line in wanted.export]
    if lines != reference:
        differing = sum(one != other for one, other in zip(lines, reference, strict=False))
        yield f"the export differs: {len(lines)} lines where {len(reference)} are due, {differing} of them changed"
    for one in final:
        body = json.loads(seen.shown.get(one["candidate_id"], "{}"))
        if body.get("revision", {}).get("revision_id") != one["revision"]["revision_id"]:
            yield f"the tables do not show the last revision of {one['candidate_id']}"
        elif body.get("members") != one["members"]:
            yield f"the tables show other members of {one['candidate_id']}"
    told = {one["revision"]["revision_id"] for one in seen.candidates}
    yield from (f"the tables lack the packet of revision {name}" for name in sorted(told - seen.packets))
    yield from (
        f"in the tables alone: {name}" for name in seen.shown.keys() - {o["candidate_id"] for o in final}
    )


def _short(one: Fields) -> dict[str, Any]:
    """What an export says of a candidate, from its last revision."""
    return {
        **{name: one[name] for name in _TOP},
        "alerts": [(member["fingerprint"], member["starts_at"]) for member in one["members"]],
        "suspects": [(s["source_ref"], round(s["score"], 6)) for s in one["suspects"]],
        "proposals": [(p["action"], p["target"]) for p in one["proposals"]],
        "unknowns": [code for code in one["unknowns"] if code != "input_behind"],
    }


def _short_line(line: Fields) -> dict[str, Any]:
    """The same of a line of an export."""
    starts = [(a["fingerprint"], (datetime.fromisoformat(a["starts_at"]) - _EPOCH)) for a in line["alerts"]]
    return {
        **{name: line[name] for name in _TOP},
        "alerts": [(fingerprint, start // datetime.resolution) for fingerprint, start in starts],
        "suspects": [(s["source_ref"], s["score"]) for s in line["suspects"]],
        "proposals": [(p["action"], p["target"]) for p in line["proposals"]],
        "unknowns": line["unknowns"],
    }


def _final(seen: Seen) -> list[Fields]:
    """The last revision of each candidate that was not merged into another."""
    last: dict[str, Fields] = {}
    for one in seen.candidates:
        before = last.get(one["candidate_id"])
        if before is None or _number(before) <= _number(one):
            last[one["candidate_id"]] = one
    return [one for one in last.values() if one["merged_into"] is None]


def _number(one: Fields) -> tuple[int, int]:
    return one["revision"]["number"], one["revision"]["offset"]


def _decisions(seen: Seen) -> Iterator[Fields]:
    for lines in seen.lines.values():
        yield from (decoded("audit-entries", line["entry"]) for line in lines)


def _audited(seen: Seen) -> Iterator[str]:
    for partition, lines in seen.lines.items():
        if [line["sequence"] for line in lines] != list(range(len(lines))):
            yield f"audit/{partition} has holes or repeats in its numbers"
        for line in lines:
            if hashlib.sha256(b"\0" + line["entry"]).digest() != line["leaf_hash"]:
                yield f"audit/{partition}, line {line['sequence']}: the leaf is not that of the bytes"
    made = Counter({record.value: 1 for record in seen.entries})
    lined = Counter(line["entry"] for lines in seen.lines.values() for line in lines)
    yield from (f"entry {e[:40]!r} has no line" for e in (made - lined))
    yield from (f"entry {e[:40]!r} has {t} lines" for e, t in lined.items() if t > 1)
    yield from (f"line {e[:40]!r} has no entry" for e in lined.keys() - made.keys())
    refusals = [entry for entry in _decisions(seen) if entry["decision"] == "refused"]
    refused = {entry["details"].get("letter", entry["subject"]) for entry in refusals}
    yield from (
        f"refusal of {one['letter_id']} is not on record"
        for one in seen.letters
        if one["letter_id"] not in refused
    )
    if seen.rows != sum(map(len, seen.lines.values())):
        yield f"the tables have {seen.rows} lines of the audit log, which has {sum(map(len, seen.lines.values()))}"


def _signed(seen: Seen, public_keys: str) -> Iterator[str]:
    keys = dict(map(_key, filter(None, (line.split("#")[0].strip() for line in public_keys.splitlines()))))
    for partition, lines in seen.lines.items():
        notes = [one["note"] for one in seen.checkpoints.get(partition, []) if one["note"]]
        for note in notes:
            yield from (f"audit/{partition}: {wrong}" for wrong in _note(note, keys, lines))
        if lines and (not notes or int(notes[-1].split("\n")[1]) != len(lines)):
            yield f"audit/{partition} is not signed to its end"


def _key(line: str) -> tuple[str, Ed25519PublicKey]:
    """Name and key of a line `name+id+base64`, the first byte of which says Ed25519."""
    name, _, encoded = line.split("+", 2)
    return name, Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded)[1:])


def _note(note: str, keys: dict[str, Ed25519PublicKey], lines: Sequence[Fields]) -> Iterator[str]:
    text, _, signature = note.partition("\n\n")
    origin, size, root = text.split("\n")
    _, name, encoded = signature.strip().split(" ")
    key = keys.get(name) or next(iter(keys.values()))
    try:
        key.verify(base64.b64decode(encoded)[4:], f"{text}\n".encode())
    except InvalidSignature:
        yield f"the signature over {origin} at {size} is not that of the key"
    if base64.b64encode(_root([line["leaf_hash"] for line in lines[: int(size)]])).decode() != root:
        yield f"the root signed at {size} is not that of the lines"


def _root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash of RFC 6962, section 2.1, from its definition."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _root(leaves[:split]) + _root(leaves[split:])).digest()
