"""What people say in the terminal: names looked up in the tables, words sent to the gateway, honest exit codes."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from cli import feedback, postmortem
from schemas.feedback import FeedbackKind
from sinks.proving import packet_rows, resolve
from sinks.store import create_tables, write
from sinks.tables import open_database
from tests.sinks.published import at_hand, cite, revise

PLACES, ORIGINALS = at_hand()


def _incident(name: str) -> Any:  # noqa: ANN401 - a packet
    return revise(cite(PLACES, name), name, 1)


ONE, OTHER = _incident("one").candidate, _incident("other").candidate


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings of tables with two incidents."""
    engine = open_database(f"sqlite:///{tmp_path}/incidents.db")
    create_tables(engine)
    packets = [_incident("one"), _incident("other")]
    rows = [
        row
        for packet in packets
        for row in packet_rows(packet, {e.id: resolve(e, ORIGINALS, {}) for e in packet.evidence}, 0)
    ]
    write(engine, rows, [packet.candidate for packet in packets], {}, {("context-packets", 0): 1})
    engine.dispose()
    path = tmp_path / "settings.toml"
    path.write_text(f'[sink]\ndatabase = "sqlite:///{tmp_path}/incidents.db"\n')
    return path


def _run(settings: Path, *words: str) -> Result:
    app = typer.Typer()
    feedback.register(app)
    postmortem.register(app)
    return CliRunner().invoke(app, [*words, "--settings", str(settings)], env={"COLUMNS": "200"})


def _rehearsed(settings: Path, *words: str) -> dict[str, Any]:
    result = _run(settings, "feedback", *words, "--dry-run")
    assert 0 == result.exit_code, result.output
    said: dict[str, Any] = json.loads(result.stdout)
    assert "/t/default/v1/feedback" == said["post"]
    return dict(said["body"])


@pytest.mark.parametrize(
    ("words", "kind", "says"),
    [
        (("confirm", ONE.short_id), "confirm", {"source_ref": "flagd:season-prices@2026-11-02T09:40:31Z"}),
        (("reject", ONE.short_id, "3"), "reject", {"source_ref": "github:deployment/88214"}),
        (("reject", ONE.short_id, "none"), "reject", {}),
        (("merge", ONE.short_id, OTHER.short_id), "merge", {"into": OTHER.candidate_id}),
        (("false-page", ONE.short_id, "--note", "a test"), "false_page", {"note": "a test"}),
        (("misroute", ONE.short_id), "misroute", {}),
        (("misroute", ONE.short_id, "team-a"), "misroute", {"team": "team-a"}),
        (("hand-over", ONE.short_id, "team-a"), "hand_over", {"team": "team-a"}),
        (("update-sent", ONE.candidate_id), "update_sent", {}),
        (("close", ONE.short_id, "a bad flag"), "close", {"cause": "a bad flag"}),
        (("reopen", ONE.short_id), "reopen", {}),
        (("undo", ONE.short_id, "f-3d1b"), "undo", {"undoes": "f-3d1b5e0a94c7f2868e15a0b7c9d24f60"}),
    ],
)
def test_each_kind_says_what_it_means(
    settings: Path, words: tuple[str, ...], kind: FeedbackKind, says: dict[str, str]
) -> None:
    """A person types names; what is sent names the candidate in full."""
    body = _rehearsed(settings, *words)
    common = {"kind": kind, "candidate_id": ONE.candidate_id, "environment": "production"}
    assert {**common, **says} == {name: value for name, value in body.items() if name != "id"}


def test_a_split_takes_numbers_and_fingerprints(settings: Path) -> None:
    """And says who stays."""
    first, second = ONE.members
    for name in ("2", second.fingerprint):
        body = _rehearsed(settings, "split", ONE.short_id, name)
        assert ([second.fingerprint], [first.fingerprint]) == (
            [one["fingerprint"] for one in body["alerts"]],
            [one["fingerprint"] for one in body["kept"]],
        )


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("confirm", "INC-NOSUCH"), 1, "no candidate"),
        (("reject", ONE.short_id, "9"), 2, "explanations"),
        (("split", ONE.short_id, "9"), 2, "it has 1 to 2"),
        (("split", ONE.short_id, "1", "2"), 2, "leave at least one"),
        (("merge", ONE.short_id, ONE.short_id), 2, "the same incident"),
        (("undo", ONE.short_id, "f-0"), 2, "names no feedback"),
        (("false-page", ONE.short_id, "--token", ""), 2, "who are you"),
        (("close", ONE.short_id), 2, ""),
    ],
)
def test_wrong_use_is_one_line_and_its_code(
    settings: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    """Nothing is sent."""
    result = _run(settings, "feedback", *words)
    assert code == result.exit_code, result.output
    assert told in result.output


class _Gateway(BaseHTTPRequestHandler):
    """A gateway that remembers what it was told, and takes only anna's word."""

    told: list[tuple[str, dict[str, Any]]]

    def do_POST(self) -> None:
        """Takes one feedback, or refuses it."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        known = self.headers["authorization"] == "Bearer anna's"
        self.told.append((self.path, body))
        answer = (
            {"published": [{"topic": "feedback", "name": body["kind"]}]}
            if known
            else {"detail": "no person's"}
        )
        self.send_response(202 if known else 403)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
        """Says nothing."""


@pytest.fixture
def gateway() -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """Its address, and what it was told."""
    told: list[tuple[str, dict[str, Any]]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Remembering", (_Gateway,), {"told": told}))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", told
    server.shutdown()
    server.server_close()


def test_the_exit_code_says_what_became_of_it(
    settings: Path, gateway: tuple[str, list[tuple[str, dict[str, Any]]]]
) -> None:
    """0 taken, 1 refused for good, 75 not delivered; as JSON on request."""
    url, told = gateway
    say = ("feedback", "false-page", ONE.short_id, "--gateway", url, "--json")
    taken = _run(settings, *say, "--token", "anna's")
    assert (0, 0) == (taken.exit_code, json.loads(taken.stdout)["exit"])
    assert ("/t/default/v1/feedback", "false_page") == (told[0][0], told[0][1]["kind"])
    refused = _run(settings, *say, "--token", "another's")
    assert (1, True) == (refused.exit_code, "no person's" in refused.output)
    nobody = ("--gateway", "http://127.0.0.1:9", "--timeout", "0.2", "--token", "x")
    assert 75 == _run(settings, "feedback", "reopen", ONE.short_id, *nobody).exit_code


def test_the_postmortem_is_printed_or_written(settings: Path, tmp_path: Path) -> None:
    """The same text; a folder that is not there is one line."""
    printed = _run(settings, "postmortem", ONE.short_id)
    assert printed.stdout.startswith(f"# {ONE.short_id}: ")
    file = tmp_path / "it.md"
    assert 0 == _run(settings, "postmortem", ONE.short_id, "--output", str(file)).exit_code
    assert printed.stdout == file.read_text("utf-8")
    assert (
        printed.stdout == json.loads(_run(settings, "postmortem", ONE.short_id, "--json").stdout)["markdown"]
    )
    missing = _run(settings, "postmortem", ONE.short_id, "--output", str(tmp_path / "no" / "it.md"))
    assert (1, True) == (missing.exit_code, "there is no folder" in missing.output)
