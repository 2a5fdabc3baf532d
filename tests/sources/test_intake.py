"""What becomes of a delivery: records with keys and headers, dead letters for the rest."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from schemas.audit import AuditEntry, DeadLetter, Position
from schemas.codec import decode
from schemas.events import Alert
from sources.catalogue import FORMATS, UnknownSource
from sources.intake import take
from sources.letters import MAX_ORIGINAL, Arrival, Raw, letter_record, raw_letter, refusal_record
from tests.sources.samples import AT
from tests.sources.test_alertmanager import alert, group

if TYPE_CHECKING:
    from streams.redact import Json

HEADERS = (("tenant", b"shop"), ("ingested-at", str(AT).encode()), ("source", b"alertmanager"))


def test_a_good_item_becomes_a_record_with_tenant_and_ingest_time() -> None:
    """Key and headers should carry what the value does not."""
    (taken,) = take("alertmanager", group(alert()), {}, AT, "shop").published
    record = taken.record
    assert ("alerts", b"shop/checkout", HEADERS, None) == (
        record.topic,
        record.key,
        record.headers,
        record.partition,
    )
    assert ("/alerts/0", "alertmanager:f3ed2778fc2c8a24@2026-02-03T08:06:22.984747741Z") == (
        taken.path,
        taken.name,
    )
    message = decode("alerts", record.value)
    assert isinstance(message, Alert)
    assert message.service == "checkout"


def test_a_bad_item_becomes_a_redacted_dead_letter() -> None:
    """The letter should keep what was refused, masked, with hash and size of what it shows."""
    intake = take(
        "alertmanager", group(alert(startsAt="x", labels={"password": "s3cr3t"}), alert()), {}, AT, "shop"
    )
    (rejected,) = intake.rejected
    letter = decode("dead-letters", rejected.record.value)
    assert isinstance(letter, DeadLetter)
    assert ("shop", "alertmanager", "no_start", AT, False) == (
        letter.tenant, letter.source, letter.reason, letter.received_at, letter.restricted,
    )  # fmt: skip
    assert letter.detail.startswith("/alerts/0: startsAt is no time")
    assert b"s3cr3t" not in letter.original
    assert len(letter.original) == letter.original_size
    assert (b"shop/alertmanager", HEADERS) == (rejected.record.key, rejected.record.headers)
    assert ["alerts", "dead-letters"] == [record.topic for record in intake.records]


def test_header_names_count_in_any_case() -> None:
    """GitHub's event should be found however its header is spelt."""
    assert ["ping"] == [
        note.reason for note in take("github", {}, {"X-GitHub-Event": "ping"}, AT, "shop").ignored
    ]


def test_the_same_delivery_gives_the_same_records() -> None:
    """Nothing should depend on anything but the arguments."""
    body = group(alert(), "broken")
    assert take("alertmanager", body, {}, AT, "shop") == take("alertmanager", body, {}, AT, "shop")


def test_an_unknown_source_names_those_that_exist() -> None:
    """The error should say what could be meant."""
    known = ", ".join(sorted(FORMATS))
    with pytest.raises(UnknownSource, match=f"unknown source 'pager': known are {known}"):
        take("pager", {}, {}, AT, "shop")


def test_an_item_too_large_for_a_record_is_refused() -> None:
    """It should be kept in its beginning, and the others should be published."""
    huge = alert(annotations={"summary": "x" * 1_000_000})
    intake = take("alertmanager", group(huge, alert()), {}, AT, "shop")
    assert (1, ["too_large"]) == (len(intake.published), [one.refused.reason for one in intake.rejected])
    assert len(intake.rejected[0].letter.original) == MAX_ORIGINAL


def test_an_adapter_that_fails_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of ours should refuse the delivery as a whole, not drop it."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(FORMATS, "broken", _format(broken))
    body: Json = {"token": "s3cr3t", "a": 1}
    (rejected,) = take("broken", body, {}, AT, "shop").rejected
    assert ("adapter_failed", b'{"a":1,"token":"[redacted]"}') == (
        rejected.refused.reason,
        rejected.letter.original,
    )


def _format(read: object) -> object:
    return replace(FORMATS["alertmanager"], read=read)  # type: ignore[arg-type] # broken on purpose


def test_what_is_no_json_is_kept_restricted_in_its_beginning() -> None:
    """Hash and size should be those of all that arrived."""
    arrival = Arrival("shop", "github", AT)
    letter = raw_letter("not_json", "no JSON", Raw(b"x" * 100_000, "ab" * 32, 5_000_000), arrival)
    assert letter == decode("dead-letters", letter_record(letter, arrival).value)
    assert (MAX_ORIGINAL, 5_000_000, True) == (len(letter.original), letter.original_size, letter.restricted)


def test_a_refusal_is_a_decision_at_the_place_of_its_letter() -> None:
    """The audit entry should name letter, reason and position."""
    (rejected,) = take("alertmanager", group("broken"), {}, AT, "shop").rejected
    position = Position(topic="dead-letters", partition=2, offset=17)
    record = refusal_record(rejected.letter, position, "build", "hash")
    entry = decode("audit-entries", record.value)
    assert isinstance(entry, AuditEntry)
    assert ("audit-entries", b"shop/alertmanager") == (record.topic, record.key)
    assert ("refused", "gateway", AT, position) == (entry.decision, entry.actor, entry.at, entry.position)
    assert rejected.letter.letter_id == entry.details["letter"]
