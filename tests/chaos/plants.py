"""Owns the losses, repeats and edits that are planted in evidence, to see whether the verifier finds each.

Goes to: the tests of the verifier, with evidence of one process and with evidence that came through Kafka.
"""

import copy
from collections.abc import Callable
from typing import Final

from tests.chaos.seen import Fields, Seen

Plant = Callable[[Seen], None]


def _lose_candidate(seen: Seen) -> None:
    gone = seen.candidates[-1]["candidate_id"]
    seen.candidates = [one for one in seen.candidates if one["candidate_id"] != gone]


def _lose_notification(seen: Seen) -> None:
    seen.candidates[-1]["repeats"] -= 1


def _lose_line(seen: Seen) -> None:
    _log(seen).pop(0)


def _lose_last_line(seen: Seen) -> None:
    _log(seen).pop()


def _lose_letter(seen: Seen) -> None:
    gone = seen.letters[-1]["letter_id"]
    seen.letters = [one for one in seen.letters if one["letter_id"] != gone]


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


def _repeat_alert(seen: Seen) -> None:
    seen.published.append(seen.published[0])


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


def _log(seen: Seen) -> list[Fields]:
    """The lines of the first partition that has some."""
    return next(lines for lines in seen.lines.values() if lines)


LOSSES: Final[tuple[Plant, ...]] = (
    _lose_candidate,
    _lose_notification,
    _lose_line,
    _lose_last_line,
    _lose_letter,
    _lose_row,
    _lose_packet,
)
REPEATS: Final[tuple[Plant, ...]] = (_repeat_line, _repeat_member, _repeat_letter, _repeat_alert)
EDITS: Final[tuple[Plant, ...]] = (_edit_entry, _edit_candidate, _edit_revision, _edit_note)
PLANTS: Final[tuple[Plant, ...]] = (*LOSSES, *REPEATS, *EDITS)


def planted(plant: Plant, seen: Seen) -> Seen:
    """A copy of the evidence with one thing wrong in it."""
    changed = copy.deepcopy(seen)
    plant(changed)
    return changed
