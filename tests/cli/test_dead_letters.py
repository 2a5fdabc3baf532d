"""The commands for dead letters on a real broker: listed, shown inert, sent again once, and only on record."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from confluent_kafka import Producer
from typer.testing import CliRunner, Result

from agents.auditor import Auditor
from cli import dead_letters
from local.system import settings_toml
from schemas.audit import AuditEntry, DeadLetter
from schemas.codec import decode, encode
from schemas.settings import AuditSettings, Settings, TenantSettings
from sources.bodies import raw_of
from sources.intake import take
from sources.letters import Arrival, raw_letter
from tests.agents.audited import lines_of
from tests.brokers import laid_out
from tests.sources.test_alertmanager import alert, group
from wire.tail import read_confirmed

AT = 1_793_612_580_000_000
HOSTILE = "\x1b[2Jlook\u202eaway"


@dataclass(frozen=True)
class Letters:
    """A broker with letters, and the commands over it."""

    settings: Settings
    folder: Path

    def run(self, *words: str) -> Result:
        """One command of `incidents dead-letters`."""
        app = typer.Typer()
        dead_letters.register(app)
        file = self.folder / "settings.toml"
        file.write_text(settings_toml(self.settings), "utf-8")
        return CliRunner().invoke(app, ["dead-letters", *words, "--settings", str(file)])

    def listed(self, *words: str) -> Any:  # noqa: ANN401 - JSON
        """What the list says."""
        return json.loads(self.run("list", "--json", *words).stdout)

    def audited(self, *words: str) -> Result:
        """One command while an auditor is at work."""
        auditor = Auditor(self.settings, "test")
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(self.run, *words)
            while not running.done():
                auditor.step()
        auditor.close()
        return running.result()

    def values(self, topic: str) -> list[bytes | None]:
        """Every value of a topic."""
        return [
            each.value() for n in range(2) for each in read_confirmed(self.settings.kafka.bootstrap, topic, n)
        ]


def _letters() -> Iterator[tuple[str, bytes, DeadLetter]]:
    """A refused item, bytes that are no JSON, and a record of a tenant that was declared later."""
    bad = {**alert(), "startsAt": HOSTILE}
    for rejected in take("alertmanager", group(alert(), bad), {}, AT, "default").rejected:
        yield "dead-letters", b"k", rejected.letter
    yield (
        "dead-letters",
        b"k",
        raw_letter("not_json", HOSTILE, raw_of(b"pass word\x1b[2J"), Arrival("default", "github", AT + 1)),
    )


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Letters]:
    """A broker with three letters and no auditor."""
    folder = tmp_path_factory.mktemp("letters")
    with laid_out(folder, 2) as kafka:
        producer = Producer({"bootstrap.servers": kafka.bootstrap})
        good = take("alertmanager", group(alert()), {}, AT, "later").records[0]
        placed: list[tuple[int, int]] = []
        producer.produce(
            "alerts",
            good.value,
            good.key,
            partition=1,
            headers=[("tenant", b"later")],
            on_delivery=lambda _, message: placed.append((message.partition() or 0, message.offset() or 0)),
        )
        assert 0 == producer.flush(60)
        for topic, key, letter in _letters():
            producer.produce(topic, encode(topic, letter), key)
        ((partition, offset),) = placed
        stranger = DeadLetter(
            letter_id="d-" + "ab" * 16,
            tenant="later",
            source="alerts",
            reason="unknown_tenant",
            detail="tenant 'later' is not declared",
            topic="alerts",
            partition=partition,
            offset=offset,
            received_at=AT + 2,
            original=good.value,
            original_hash="",
            original_size=len(good.value),
            restricted=True,
        )
        for _ in range(2):  # a router that was killed writes its letters again
            producer.produce("dead-letters", encode("dead-letters", stranger), b"alerts")
        assert 0 == producer.flush(60)
        tenants = (TenantSettings(name="default"), TenantSettings(name="later"))
        key_file = AuditSettings(key_file=str(folder / "audit.key"))
        yield Letters(Settings(kafka=kafka, audit=key_file, tenants=tenants), folder)


def test_letters_are_listed_latest_first_each_once(there: Letters) -> None:
    """Reason, tenant and source should be told, and choose; repeats should not show."""
    assert ["unknown_tenant", "not_json", "no_start"] == [one["reason"] for one in there.listed()]
    assert ["no_start"] == [one["reason"] for one in there.listed("--source", "alertmanager")]
    assert ["unknown_tenant"] == [one["reason"] for one in there.listed("--tenant", "later", "--limit", "1")]
    assert [] == there.listed("--reason", "other")


@pytest.mark.parametrize("words", [("list",), ("show", "abab"), ("show", "ababab"), ("show", "nothing")])
def test_hostile_text_is_inert_and_short_names_are_told(there: Letters, words: tuple[str, ...]) -> None:
    """No escape sequence or direction mark should reach a terminal from a letter."""
    result = there.run(*words)
    assert (0 if words in {("list",), ("show", "ababab")} else 1) == result.exit_code
    assert not {"\x1b", "\u202e"} & set(result.output)


def test_what_could_not_be_redacted_is_shown_only_when_asked_for(there: Letters) -> None:
    """Bytes that may hold a secret should need a word more."""
    (letter,) = there.listed("--reason", "not_json")
    assert "pass word" not in there.run("show", letter["letter_id"]).output
    shown = there.run("show", letter["letter_id"], "--restricted").output
    assert "pass word" in shown
    assert "\x1b" not in shown


def _unsent(there: Letters, work: Callable[[], Result]) -> Result:
    before = there.values("alerts")
    result = work()
    assert before == there.values("alerts")
    return result


def test_nothing_is_sent_again_without_saying_what(there: Letters) -> None:
    """No ids, ids and --all, and a dry run should send nothing."""
    for words in (("replay",), ("replay", "ababab", "--all")):
        result = _unsent(there, lambda words=words: there.run(*words))  # type: ignore[misc]
        assert (2, True) == (result.exit_code, "name the letters" in result.output)
    dry = _unsent(there, lambda: there.run("replay", "--all", "--dry-run"))
    assert "would become 1 record(s) of alerts" in dry.output
    assert (1, 2) == (dry.exit_code, dry.output.count("not sent: "))


def test_without_the_auditor_nothing_is_sent_again(there: Letters, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sending again should wait for its line in the audit log, and not happen without."""
    monkeypatch.setattr("wire.recorded.WAIT_S", 5.0)
    result = _unsent(there, lambda: there.run("replay", "ababab"))
    assert (1, True) == (result.exit_code, "nothing was done" in result.output)


def test_a_letter_whose_tenant_is_declared_now_goes_through_on_record(there: Letters) -> None:
    """The record should be what stood in the topic, between two entries that name who did it."""
    result = there.audited("replay", "ababab", "--as", "maria", "--json")
    assert 0 == result.exit_code, result.output
    first, again = there.values("alerts")
    assert first == again
    entries = [
        decode("audit-entries", line.entry) for n in range(2) for line in lines_of(there.settings.kafka, n)
    ]
    told = [(e.decision, e.actor, e.tenant, e.details) for e in entries if isinstance(e, AuditEntry)]
    details = {"letters": "d-" + "ab" * 16, "records": "1"}
    assert [
        ("replaying", "person maria", "later", details),
        ("replayed", "person maria", "later", details),
    ] == [one for one in told if one[1] == "person maria"]
