"""The auditor at each of its steps: killed, failing and delayed there, it leaves the log of one without a fault."""

from pathlib import Path

import pytest

from schemas.audit import AuditEntry, Position
from schemas.codec import encode
from schemas.settings import Settings
from streams.merkle import root_of
from streams.notes import open_note, read_keys
from tests.agents.audited import audit_all, checkpoints_of, lines_of, send
from tests.facts import eventually
from tests.failpoints.running import Stage
from tests.failpoints.steps import AUDITOR, FAULTS, Step
from tests.schemas.examples import example

_PATIENCE_S = 40.0
_PARTITION = 1
_SOURCE = 77


@pytest.mark.parametrize("step", AUDITOR, ids=lambda step: step.name.replace(" ", "-"))
def test_a_fault_at_any_step_of_the_auditor_leaves_the_log_of_one_without(
    step: Step, configured: Settings, folder: Path
) -> None:
    """After a kill, an error and a delay at the step every entry should be one line, in order, and signed."""
    stage = Stage("auditor", configured, folder)
    audit_all(configured)  # what other tests have left
    sent: list[bytes] = []
    for fault in FAULTS:
        mark = f"auditor-{AUDITOR.index(step)}-{fault}"
        first = 100 * AUDITOR.index(step) + len(sent)
        news = [_entry(offset, mark) for offset in range(first, first + 3)]
        send(configured.kafka, _PARTITION, [*news, *sent[-1:]])
        sent += news
        with stage.faulty(step, fault, mark.encode()):
            if fault == FAULTS[-1]:
                eventually(lambda: _signed(configured, sent[-1]), _PATIENCE_S, "all is signed")  # noqa: B023
    _check_log(configured, sent)


def _entry(offset: int, mark: str) -> bytes:
    """A decision from a source that no other test writes for."""
    one = example("audit-entries")
    assert isinstance(one, AuditEntry)
    position = Position(topic="signals", partition=_SOURCE, offset=offset)
    return encode("audit-entries", one.model_copy(update={"subject": mark, "position": position}))


def _signed(settings: Settings, last: bytes) -> bool:
    lines, signed = lines_of(settings.kafka, _PARTITION), checkpoints_of(settings.kafka, _PARTITION)
    return any(line.entry == last for line in lines) and signed[-1].next_sequence == len(lines)


def _check_log(settings: Settings, sent: list[bytes]) -> None:
    lines = lines_of(settings.kafka, _PARTITION)
    assert list(range(len(lines))) == [line.sequence for line in lines]
    assert sent == [line.entry for line in lines if line.position.partition == _SOURCE][-len(sent) :]
    assert len({line.entry for line in lines}) == len(lines)
    leaves = [line.leaf_hash for line in lines]
    keys = read_keys(Path(settings.audit.public_file).read_text("utf-8"))
    for one in checkpoints_of(settings.kafka, _PARTITION):
        note = open_note(one.note, keys)
        assert root_of(leaves[: note.size]) == note.root
