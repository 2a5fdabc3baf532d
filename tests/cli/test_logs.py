"""What processes log: a JSON line for each revision with its candidate where that is asked for, and none otherwise."""

import json

import pytest

from agents.correlator import told
from cli.logs import LogLevel, log_from
from schemas.packets import Candidate
from streams.cause import Output
from tests.schemas.examples import example


def _candidate() -> Candidate:
    candidate = example("incident-candidates")
    assert isinstance(candidate, Candidate)
    return candidate


def _lines(capsys: pytest.CaptureFixture[str], level: LogLevel) -> list[dict[str, object]]:
    log_from(level)
    told(Output("incident-candidates", "default/c-1", _candidate()))
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_each_revision_is_a_line_that_names_its_candidate(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever follows one incident through the logs should find it by the id of the tables, or as people say it."""
    candidate = _candidate()
    [line] = _lines(capsys, LogLevel.DEBUG)
    expected = {
        "event": "correlator.revision",
        "level": "debug",
        "tenant": candidate.tenant,
        "candidate_id": candidate.candidate_id,
        "candidate": candidate.short_id,
        "revision": candidate.revision.number,
        "state": candidate.state,
        "phase": candidate.phase,
    }
    assert expected == {name: line[name] for name in expected}


@pytest.mark.parametrize("level", [LogLevel.INFO, LogLevel.WARNING, LogLevel.ERROR])
def test_nobody_who_did_not_ask_gets_them(capsys: pytest.CaptureFixture[str], level: LogLevel) -> None:
    """In a storm there are many."""
    assert [] == _lines(capsys, level)
