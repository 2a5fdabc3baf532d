"""Our own plain form: what it needs, what it fills in, and that no field is lost in silence."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import decode, encode
from schemas.events import Alert, Change
from schemas.times import parse_time
from sources.published import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources.samples import AT

STARTED = "2026-02-03T08:01:09Z"
ALERT: dict[str, Any] = {"kind": "alert", "name": "SmokeTestFailed", "starts_at": STARTED}
DEPLOY: dict[str, Any] = {"kind": "deploy", "service": "checkout", "effective_at": STARTED}


def reading(body: Json) -> Reading:
    """What the adapter says."""
    return read(body, {}, AT)


def alert(**fields: Json) -> Alert:
    """The alert that a good object becomes."""
    (record,) = reading({**ALERT, **fields}).records
    assert isinstance(record.message, Alert)
    return record.message


def change(**fields: Json) -> Change:
    """The change that a good object becomes."""
    (record,) = reading({**DEPLOY, **fields}).records
    assert isinstance(record.message, Change)
    return record.message


def reason(body: Json) -> str:
    """Why the only item is refused."""
    (refused,) = reading(body).refused
    return refused.reason


def test_a_deploy_needs_a_service_and_a_time() -> None:
    """The rest should be filled in: target, name, status, title."""
    made = change()
    assert ("deploy", "service/checkout", "succeeded", True) == (
        made.kind,
        made.target,
        made.status,
        made.suspectable,
    )
    assert parse_time(STARTED) == made.effective_at
    assert f"publish:service/checkout@{STARTED}" == made.source_ref
    assert ("deploy of checkout", ("service:checkout",)) == (made.title, made.references)


def test_every_field_of_a_change_is_taken_over() -> None:
    """As it was given."""
    given_fields: dict[str, Json] = {
        "source_ref": "github-actions:shop/checkout/9241",
        "namespace": "shop",
        "environment": "production",
        "title": "checkout to v2",
        "before": "v1",
        "after": "v2",
        "actor": "k.lam",
        "link": "https://ci.example/9241",
        "references": ["github.com/project-slug:shop/checkout"],
        "notified_at": "2026-02-03T08:02:00Z",
    }
    made = change(**given_fields).model_dump()
    times = {"notified_at": parse_time("2026-02-03T08:02:00Z")}
    references = ("service:checkout", "github.com/project-slug:shop/checkout")
    assert {**given_fields, **times, "references": references}.items() <= made.items()


def test_a_name_makes_the_time_optional() -> None:
    """It took effect when it came in; sent again it is the same change."""
    without: Json = {"kind": "deploy", "service": "checkout", "source_ref": "jenkins:checkout/42"}
    (record,) = reading(without).records
    assert isinstance(record.message, Change)
    assert (AT, "jenkins:checkout/42") == (record.message.effective_at, record.message.source_ref)


@pytest.mark.parametrize(
    ("kind", "target", "key"),
    [
        ("flag", "flag/express", "express"),
        ("config", "config/configmap/shop/checkout", "configmap/shop/checkout"),
        ("config", "ssm:/shop/limit", "/shop/limit"),
    ],
)
def test_flags_and_configs_name_their_target(kind: str, target: str, key: str) -> None:
    """It should be taken as given, and be the key without its beginning."""
    body: dict[str, Json] = {"kind": kind, "target": target, "effective_at": STARTED, "after": True}
    assert "wrong_value" == reason(body)
    (record,) = reading({**body, "after": "on", "environment": "production"}).records
    assert (f"{kind}s", (key,)) == (record.topic, record.key)
    assert isinstance(record.message, Change)
    assert (target, f"{kind} {key} set to on in production") == (record.message.target, record.message.title)


def test_numbers_in_texts_stand_as_in_json() -> None:
    """Versions and limits are often numbers."""
    assert ("7", "deploy of checkout 7") == (change(after=7).after, change(after=7).title)


@pytest.mark.parametrize("status", ["started", "failed", "unknown"])
def test_only_what_took_effect_can_be_to_blame(status: str) -> None:
    """The verdict should say why not, and the title too."""
    made = change(status=status)
    assert (False, True) == (made.suspectable, bool(made.verdict))
    assert made.title.endswith(f": {status}")


def test_an_alert_needs_a_name_and_a_start() -> None:
    """The rest should be filled in."""
    made = alert()
    assert ("firing", "unknown", parse_time(STARTED)) == (made.status, made.severity, made.starts_at)
    assert f"publish:{made.fingerprint}@{STARTED}" == made.source_ref


def test_an_alert_that_resolves_is_the_same_alert() -> None:
    """Its fingerprint should not depend on status, summary or value."""
    resolved = alert(status="resolved", ends_at="2026-02-03T08:09:00Z", summary="fine again", value="1%")
    assert (alert().fingerprint, alert().source_ref) == (resolved.fingerprint, resolved.source_ref)
    assert parse_time("2026-02-03T08:09:00Z") == resolved.ends_at


def test_an_alert_that_resolves_may_leave_its_start_out() -> None:
    """It then ends what is open under its fingerprint; without either time nothing says when."""
    ended = "2026-02-03T08:09:00Z"
    resolved = alert(status="resolved", starts_at=None, ends_at=ended)
    assert (True, parse_time(ended), alert().fingerprint) == (
        resolved.is_bare_end,
        resolved.ends_at,
        resolved.fingerprint,
    )
    assert "no_start" == reason({**ALERT, "status": "resolved", "starts_at": None})


def test_alerts_of_two_services_are_two() -> None:
    """Of two environments as well."""
    made = [alert(), alert(service="a"), alert(service="b"), alert(environment="staging")]
    assert 4 == len({one.fingerprint for one in made})


def test_labels_say_what_is_not_given() -> None:
    """Service, namespace, environment and severity, with the words that rules use."""
    made = alert(labels={"service": "checkout", "namespace": "shop", "env": "prod", "severity": "page"})
    assert ("checkout", "shop", "prod", "critical") == (
        made.service,
        made.namespace,
        made.environment,
        made.severity,
    )
    assert "warning" == alert(severity="warn", labels={"severity": "page"}).severity
    assert "service:checkout" in made.references


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([], "not_an_object"),
        ("deploy", "not_an_object"),
        ({}, "no_kind"),
        ({**DEPLOY, "kind": "deployment"}, "no_kind"),
        ({**DEPLOY, "kind": ["deploy"]}, "no_kind"),
        ({**DEPLOY, "enviroment": "production"}, "unknown_field"),
        ({**DEPLOY, "starts_at": STARTED}, "unknown_field"),
        ({**DEPLOY, "status": "success"}, "wrong_value"),
        ({**DEPLOY, "status": ["succeeded"]}, "wrong_value"),
        ({**DEPLOY, "effective_at": "yesterday"}, "wrong_value"),
        ({**DEPLOY, "effective_at": "0001-01-01T00:00:00Z"}, "wrong_value"),
        ({**DEPLOY, "service": ["checkout"]}, "wrong_value"),
        ({**DEPLOY, "link": "javascript:alert(1)"}, "wrong_value"),
        ({**DEPLOY, "references": ["a:b", 7, None]}, "wrong_value"),
        ({**DEPLOY, "service": " "}, "no_target"),
        ({**DEPLOY, "target": "flag/x"}, "no_target"),
        ({**DEPLOY, "effective_at": None}, "no_id"),
        ({"kind": "flag", "target": "flag/", "effective_at": STARTED}, "no_target"),
        ({**ALERT, "name": ""}, "no_name"),
        ({**ALERT, "starts_at": ""}, "no_start"),
        ({**ALERT, "labels": []}, "wrong_value"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(body: Json, expected: str) -> None:
    """And the detail should name the field."""
    assert expected == reason(body)


def test_a_list_is_read_item_by_item() -> None:
    """A bad one should not spoil its neighbours."""
    found = reading([DEPLOY, {"kind": "deploy"}, ALERT])
    assert (["/0", "/2"], ["/1"]) == ([r.path for r in found.records], [r.path for r in found.refused])


def test_secrets_are_redacted_before_anything_is_read() -> None:
    """In the facts and in the original."""
    made = alert(annotations={"password": "hunter2"}, labels={"api_key": "hunter2"})
    assert "hunter2" not in made.model_dump_json()


_VALUES: st.SearchStrategy[Json] = st.one_of(
    st.sampled_from(
        (
            "alert",
            "deploy",
            "flag",
            "config",
            "flag/a",
            "service/b",
            "ssm:c",
            "firing",
            "started",
            "critical",
            " ",
        )
    ),
    st.sampled_from(
        (STARTED, "2026-02-03 07:45:47 +0000", "https://a.example", "9999-12-31T23:59:59.999999Z")
    ),
    st.text(max_size=6),
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(
        st.sampled_from(("service", "env", "severity", "pod", "job", "x")), st.text(max_size=6), max_size=3
    ),
)
_NAMES = (
    "kind name starts_at ends_at status severity service namespace environment labels annotations fingerprint"  # noqa: SIM905 - words
    " source_ref target effective_at after before actor link title references notified_at summary value".split()
)


@given(st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=8), st.sampled_from((ALERT, DEPLOY, {})))
def test_whatever_the_fields_it_is_read_or_refused(fields: dict[str, Json], base: dict[str, Any]) -> None:
    """No error, exactly one outcome; what is read can be written to its topic and read back, equal."""
    found = reading({**base, **fields})
    assert [""] == list(found.paths)
    for record in found.records:
        assert record.message == decode(record.topic, encode(record.topic, record.message))
