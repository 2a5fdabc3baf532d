"""Owns the losses, repeats and edits that are planted in evidence, to see whether the verifier finds each, and says so.

Every sentence of the verifier has one that it must be told of. Goes to: the tests of the verifier, with evidence of one
process and with evidence that came through Kafka.
"""

import copy
import hashlib
import json
from collections.abc import Callable
from typing import Final, NamedTuple

from tests.chaos.seen import Fields, Seen


class Plant(NamedTuple):
    """What is done to evidence, and the words in which the verifier has to say so."""

    do: Callable[[Seen], None]
    told: str

    @property
    def name(self) -> str:
        """In words."""
        return self.do.__name__.strip("_").replace("_", " ")


def _lose_candidate(seen: Seen) -> None:
    gone = seen.candidates[-1]["candidate_id"]
    seen.candidates = [one for one in seen.candidates if one["candidate_id"] != gone]


def _lose_notification(seen: Seen) -> None:
    seen.candidates[-1]["repeats"] -= 1


def _lose_published(seen: Seen) -> None:
    del seen.published[next(iter(seen.published))]


def _lose_line(seen: Seen) -> None:
    _log(seen).pop(0)


def _lose_last_line(seen: Seen) -> None:
    _log(seen).pop()


def _lose_letter(seen: Seen) -> None:
    gone = seen.letters[-1]["letter_id"]
    seen.letters = [one for one in seen.letters if one["letter_id"] != gone]


def _lose_refusal(seen: Seen) -> None:
    for number, lines in seen.lines.items():
        seen.lines[number] = [line for line in lines if b"refused" not in line["entry"]]


def _lose_line_of_table(seen: Seen) -> None:
    seen.rows -= 1


def _lose_signature(seen: Seen) -> None:
    for number in seen.checkpoints:
        seen.checkpoints[number] = []


def _lose_row(seen: Seen) -> None:
    seen.shown.popitem()


def _lose_packet(seen: Seen) -> None:
    seen.packets.pop()


def _repeat_line(seen: Seen) -> None:
    _log(seen).append(_log(seen)[0])


def _repeat_member(seen: Seen) -> None:
    one = seen.candidates[-1]
    one["members"] = [*one["members"], one["members"][0]]


def _repeat_letter(seen: Seen) -> None:
    once = {one["letter_id"]: one for one in seen.letters}
    seen.letters = [*once.values(), *once.values(), *once.values(), *seen.letters]


def _repeat_decision(seen: Seen) -> None:
    """The same decision, made again from another place of the log."""
    lines, line = next((ls, one) for ls in seen.lines.values() for one in ls if b"correlator" in one["entry"])
    lines.append({**line, "sequence": len(lines)})


def _repeat_candidate(seen: Seen) -> None:
    """The alerts of one, under a name that no alert of the recording gives."""
    seen.candidates.append({**seen.candidates[-1], "candidate_id": "c-0"})


def _repeat_row(seen: Seen) -> None:
    seen.shown["c-0"] = next(iter(seen.shown.values()))


def _repeat_alert(seen: Seen) -> None:
    seen.published[next(iter(seen.published))] += 1_000


def _edit_entry(seen: Seen) -> None:
    line = next(one for lines in seen.lines.values() for one in lines if b"replay-" in one["entry"])
    line["entry"] = line["entry"].replace(b"replay-", b"replaY-")


def _edit_candidate(seen: Seen) -> None:
    seen.candidates[-1]["owner"] = "somebody"


def _edit_revision(seen: Seen) -> None:
    changed = copy.deepcopy(seen.candidates[0])
    changed["title"] = "another"
    seen.candidates.insert(0, changed)


def _edit_note(seen: Seen) -> None:
    one = next(iter(seen.checkpoints.values()))[-1]
    one["note"] = one["note"].replace("incidents/audit", "incidents/other", 1)


def _edit_leaf(seen: Seen) -> None:
    """An entry and its leaf, so that only what was signed tells."""
    line = _log(seen)[0]
    line["entry"] += b"\0"
    line["leaf_hash"] = hashlib.sha256(b"\0" + line["entry"]).digest()


def _edit_row(seen: Seen) -> None:
    name, body = next(iter(seen.shown.items()))
    seen.shown[name] = json.dumps({**json.loads(body), "members": []})


def _log(seen: Seen) -> list[Fields]:
    """The lines of the first partition that has some."""
    return next(lines for lines in seen.lines.values() if lines)


LOSSES: Final = (
    Plant(_lose_candidate, "lost: candidate"),
    Plant(_lose_notification, "notifications where"),
    Plant(_lose_published, "lost before Kafka"),
    Plant(_lose_line, "has holes or repeats"),
    Plant(_lose_last_line, "has no line"),
    Plant(_lose_letter, "no dead letter holds"),
    Plant(_lose_refusal, "is not on record"),
    Plant(_lose_row, "do not show the last revision"),
    Plant(_lose_packet, "lack the packet"),
    Plant(_lose_line_of_table, "lines of the audit log"),
    Plant(_lose_signature, "is not signed to its end"),
)
REPEATS: Final = (
    Plant(_repeat_line, "has 2 lines"),
    Plant(_repeat_member, "candidates: ("),
    Plant(_repeat_letter, "stands there"),
    Plant(_repeat_alert, "published more often than posted"),
    Plant(_repeat_decision, "is on record 2 times"),
    Plant(_repeat_candidate, "not of the recording"),
    Plant(_repeat_row, "in the tables alone"),
)
EDITS: Final = (
    Plant(_edit_entry, "the leaf is not that of the bytes"),
    Plant(_edit_entry, "has no entry"),
    Plant(_edit_leaf, "is not that of the lines"),
    Plant(_edit_candidate, "the export differs"),
    Plant(_edit_revision, "has 2 contents"),
    Plant(_edit_note, "is not that of the key"),
    Plant(_edit_row, "show other members"),
)
PLANTS: Final = (*LOSSES, *REPEATS, *EDITS)


def planted(plant: Plant, seen: Seen) -> Seen:
    """A copy of the evidence with one thing wrong in it."""
    changed = copy.deepcopy(seen)
    plant.do(changed)
    return changed
