"""Direct producers: each example, run as its page says, reaches a candidate, and nothing of it a dead letter."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from confluent_kafka import Producer

from schemas.audit import DeadLetter
from schemas.packets import Candidate
from schemas.times import parse_time
from schemas.topics import INPUT_TOPICS
from tests.endtoend.whole import Whole
from tests.facts import eventually

_EXAMPLES = Path(__file__).parents[2] / "examples" / "producers"
_TENANT = "default"
_SEEN_S = 60.0
_BUILT_S = 280
CODECS = {"none": [], "gzip": ["--json"], "snappy": [], "lz4": ["--json"], "zstd": []}
"""Every codec, and JSON with some."""


def ran(command: Sequence[str | Path], folder: Path) -> None:
    """The example, which should end well."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=_BUILT_S)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def candidates(whole: Whole, *environments: str) -> dict[str, Candidate]:
    """The newest revision of the live tenant's candidates by environment, once these environments have one."""

    def look() -> dict[str, Candidate] | None:
        seen = whole.messages("incident-candidates", _TENANT)
        found = {one.environment: one for one in seen if isinstance(one, Candidate)}
        return found if found.keys() >= set(environments) else None

    return eventually(look, _SEEN_S, f"candidates in {environments}")


def reached(whole: Whole, *services: str) -> None:
    """Each service has its candidate, in an environment of its own, which blames the deploy."""
    found = candidates(whole, *services)
    for service in services:
        assert {service} == {member.service for member in found[service].members}
        top = found[service].suspects[0].source_ref or ""
        assert top.startswith(f"own-deployer:{service}/"), found[service].suspects
        _proven(whole, found[service])
    letters = whole.messages("dead-letters", _TENANT)
    assert [] == [one for one in letters if isinstance(one, DeadLetter) and one.source in INPUT_TOPICS]


def _proven(whole: Whole, candidate: Candidate) -> None:
    """Every claim of its stored packets stands in an original that was found again, Avro or JSON."""
    of_it = "from claims where tenant = ? and candidate_id = ?"
    where = (candidate.tenant, candidate.candidate_id)
    eventually(lambda: whole.rows(f"select 1 {of_it}", *where), _SEEN_S, "its claims are stored")
    assert whole.rows(f"select text, unproven {of_it} and not proven", *where) == []


def test_the_python_example_with_every_codec_in_avro_and_json(whole: Whole) -> None:
    """Five runs, each a transaction with null keys: five candidates, no dead letter."""
    now = whole.status
    where = ("--bootstrap", now.bootstrap, "--registry", now.gateway)
    for codec, more in CODECS.items():
        name = f"python-{codec}"
        command = [sys.executable, "produce.py", *where, "--service", name, "--environment", name, *more]
        ran([*command, "--compression", codec], _EXAMPLES / "python")
    reached(whole, *(f"python-{codec}" for codec in CODECS))


def test_the_go_example(whole: Whole, tmp_path: Path) -> None:
    """franz-go with its own registry client."""
    if shutil.which("go") is None:
        pytest.skip("the Go toolchain is missing")
    now = whole.status
    where = ("-bootstrap", now.bootstrap, "-registry", now.gateway)
    folder = shutil.copytree(_EXAMPLES / "go", tmp_path / "go")
    ran(["go", "run", ".", *where, "-service", "go-example", "-environment", "go-example"], folder)
    reached(whole, "go-example")


def test_the_java_example(whole: Whole, tmp_path: Path) -> None:
    """kafka-clients and Avro, by Maven."""
    if shutil.which("mvn") is None or shutil.which("javac") is None:
        pytest.skip("the Java toolchain is missing")
    now = whole.status
    given = f"{now.bootstrap} {now.gateway} {_TENANT} java-example java-example lz4"
    folder = shutil.copytree(_EXAMPLES / "java", tmp_path / "java", ignore=shutil.ignore_patterns("target"))
    ran(["mvn", "-q", "-B", "compile", "exec:java", f"-Dexec.args={given}"], folder)
    reached(whole, "java-example")


def test_what_a_transaction_takes_back_was_never_there(whole: Whole) -> None:
    """An aborted alert should be in no candidate of its scope; the one after it should, with the broker's time."""
    producer = Producer({"bootstrap.servers": whole.status.bootstrap, "transactional.id": "takes-back"})
    producer.init_transactions(30)
    for name, end in (("taken-back", producer.abort_transaction), ("kept", producer.commit_transaction)):
        producer.begin_transaction()
        producer.produce("alerts", _alert(name), partition=0, headers=[("tenant", _TENANT), _JSON])
        producer.flush(30)
        end(30)
    candidate = candidates(whole, "transactions")["transactions"]
    _proven(whole, candidate)
    (member,) = candidate.members
    assert ("kept", True) == (member.fingerprint, member.starts_at > parse_time("2026-01-01T00:00:00Z"))


_JSON = ("content-type", "application/json")


def _alert(name: str) -> bytes:
    """An alert in JSON that leaves its start to the broker."""
    where = {"service": "a", "environment": "transactions"}
    fields = {"source": "own", "source_ref": f"own:{name}", "fingerprint": name, "name": "Errors"}
    return json.dumps({**fields, **where, "status": "firing"}).encode()
