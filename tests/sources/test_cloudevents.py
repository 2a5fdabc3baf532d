"""CloudEvents: every mode, dispatch by type, CDEvents, AWS's events inside."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.events import Alert, Change
from schemas.times import parse_time
from sources.cloudevents import read
from sources.reading import Reading
from sources.recording import deliveries
from streams.redact import Json
from tests.sources.aws_events import put_parameter
from tests.sources.samples import AT, flag_event

TIME = "2026-02-03T08:06:52.182Z"


def cdevent(kind: str, content: dict[str, Json] | None = None, subject: str = "checkout") -> dict[str, Any]:
    """A CDEvent, without an envelope."""
    return {
        "context": {
            "id": "271069a8",
            "source": "/ci/tekton",
            "type": f"dev.cdevents.{kind}.0.2.0",
            "timestamp": TIME,
        },
        "subject": {"id": subject, "source": "/ci/tekton", "content": content or {}},
    }


def cloudevent(data: Json, **attributes: Json) -> dict[str, Any]:
    """A CloudEvent in structured mode around the data."""
    context: dict[str, Json] = {"specversion": "1.0", "id": "391e5b21", "source": "aws.ssm", "type": "x"}
    return {**context, "time": TIME, "data": data, **attributes}


def reading(body: Json, **headers: str) -> Reading:
    """What the adapter says."""
    return read(body, headers, AT)


def only(body: Json) -> Change:
    """The change that an event reports."""
    (record,) = reading(body).records
    assert isinstance(record.message, Change)
    return record.message


DEPLOYED = cdevent(
    "service.deployed",
    {
        "environment": {"id": "production"},
        "artifactId": "pkg:oci/checkout@sha256%3A0b31",
        "uri": "https://ci/1",
    },
)


def test_a_deployed_service_is_a_deploy() -> None:
    """Every fact should be read, and the change be named by source and id of the CloudEvent."""
    (record,) = reading(cloudevent(DEPLOYED, source="/ci/tekton")).records
    assert isinstance(record.message, Change)
    assert ("deploys", ("checkout",)) == (record.topic, record.key)
    assert {
        "kind": "deploy",
        "source": "cloudevents",
        "source_ref": "cloudevents:/ci/tekton/391e5b21",
        "target": "service/checkout",
        "service": "checkout",
        "environment": "production",
        "references": ("service:checkout",),
        "title": "deploy of checkout sha256%3A0b31 to production: deployed",
        "after": "sha256%3A0b31",
        "effective_at": parse_time(TIME),
        "notified_at": parse_time(TIME),
        "link": "https://ci/1",
    } == record.message.model_dump(exclude={"original"}, exclude_defaults=True)


@pytest.mark.parametrize("predicate", ["deployed", "upgraded", "rolledback", "published", "removed"])
def test_every_event_about_a_service_in_use_is_a_suspect(predicate: str) -> None:
    """A roll-back is a change like any other."""
    assert only(cdevent(f"service.{predicate}")).suspectable


@pytest.mark.parametrize(
    ("kind", "content", "title", "status"),
    [
        ("build.finished", {"artifactId": "pkg:generic/shop@148"}, "build shop/148: finished", "succeeded"),
        ("build.started", {}, "build shop/148: started", "started"),
        ("pipelinerun.queued", {}, "pipelinerun shop/148: queued", "started"),
        ("pipelinerun.finished", {"outcome": "failure"}, "pipelinerun shop/148: failure", "failed"),
        ("taskrun.finished", {"outcome": "success"}, "taskrun shop/148: success", "succeeded"),
        ("artifact.packaged", {}, "artifact shop/148: packaged", "succeeded"),
    ],
)
def test_builds_and_runs_of_pipelines_are_kept_and_are_no_suspects(
    kind: str, content: dict[str, Json], title: str, status: str
) -> None:
    """They should be changes that cannot be to blame, with the rule that says so, and name no service."""
    message = only(cdevent(kind, content, subject="shop/148"))
    assert (title, status, False, None) == (
        message.title,
        message.status,
        message.suspectable,
        message.service,
    )
    assert "no deploy" in message.verdict


def test_a_build_refers_to_what_it_has_made() -> None:
    """The name in the package's address should lead to the service."""
    message = only(cdevent("build.finished", {"artifactId": "pkg:golang/git.com/org/myapp@234fd"}))
    assert (("service:myapp",), "234fd") == (message.references, message.after)


def test_a_changed_environment_is_a_config_change_of_it() -> None:
    """It should be the environment's own scope."""
    message = only(cdevent("environment.modified", subject="production"))
    assert ("config/environments//production", "production") == (message.target, message.environment)


@pytest.mark.parametrize(
    "kind", ["change.merged", "ticket.updated", "testcaserun.finished", "branch.created"]
)
def test_a_merge_is_no_deploy(kind: str) -> None:
    """Events about code, tests and tickets should be ignored with the reason."""
    assert ["other_event"] == [note.reason for note in reading(cdevent(kind)).ignored]


def test_an_incident_that_monitoring_detected_is_an_alert(shared_folder: Path) -> None:
    """The published sample should give service, environment, value and severity, and resolve the same alert."""
    folder = shared_folder / "samples" / "payloads" / "deploys" / "cdevents"
    found = []
    for name in ("incident_detected", "incident_reported", "incident_resolved"):
        (record,) = reading(orjson.loads((folder / f"{name}.json").read_bytes())).records
        assert isinstance(record.message, Alert)
        assert ("alerts", "myApp", "prod1") == (
            record.topic,
            record.message.service,
            record.message.environment,
        )
        assert record.message.is_bare_end == (name == "incident_resolved")
        found.append((record.message.status, record.message.severity, record.message.value))
        assert record.message.fingerprint == "/monitoring/prod1/incident-123"
    assert [
        ("firing", "unknown", "200ms"),
        ("firing", "warning", None),
        ("resolved", "unknown", "70ms"),
    ] == found


def test_an_event_of_aws_keeps_the_name_of_its_cloudevent() -> None:
    """The parameter's change should be named by source and id of the CloudEvent, and sent at its time."""
    message = only(cloudevent(put_parameter(), type="aws.cloudtrail.api_call"))
    assert "cloudevents:aws.ssm/391e5b21" == message.source_ref
    assert ("ssm:/shop/search-delay", parse_time(TIME)) == (message.target, message.notified_at)
    assert message.effective_at == parse_time("2026-02-03T20:54:08Z")


def test_a_flag_document_of_flagd_is_read_as_flagds() -> None:
    """The change should be the same as by flagd's own address, in a batch under its place there."""
    flags = flag_event(
        {"flags": {"a": {"defaultVariant": "off"}}}, {"flags": {"a": {"defaultVariant": "on"}}}
    )
    (record,) = reading([cloudevent(DEPLOYED), flags]).records[1:]
    assert isinstance(record.message, Change)
    assert ("flag/a", "/1/data/after/flags/a") == (record.message.target, record.path)


@pytest.mark.parametrize(
    "body",
    [
        cloudevent(DEPLOYED),
        cloudevent(orjson.dumps(DEPLOYED).decode()),
        {**cloudevent(None), "data_base64": b64encode(orjson.dumps(DEPLOYED)).decode()},
        [cloudevent(DEPLOYED)],
    ],
)
def test_structured_and_batched_mode_are_read_with_data_in_any_form(body: Json) -> None:
    """JSON as it is, in a text or in base 64 should give the same change."""
    message = only(body)
    assert ("cloudevents:aws.ssm/391e5b21", "service/checkout") == (message.source_ref, message.target)


def test_binary_mode_has_its_attributes_in_the_headers() -> None:
    """The same event with the attributes as headers should give the same change."""
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "391e5b21",
        "ce-source": "aws.ssm",
        "ce-type": "x",
        "ce-time": TIME,
    }
    (record,) = read(DEPLOYED, headers, AT).records
    assert record.message == reading(cloudevent(DEPLOYED)).records[0].message


def test_a_percent_sign_in_a_header_is_decoded() -> None:
    """Attributes are percent-encoded in binary mode."""
    headers = {"ce-id": "a%20b", "ce-source": "s", "ce-type": "x", "ce-time": TIME}
    (record,) = read(DEPLOYED, headers, AT).records
    assert isinstance(record.message, Change)
    assert "cloudevents:s/a b" == record.message.source_ref


def test_a_cdevent_without_an_envelope_is_named_by_its_own_context() -> None:
    """Some tools post the data alone."""
    assert "cloudevents:/ci/tekton/271069a8" == only(DEPLOYED).source_ref


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (1, "not_an_object"),
        (cloudevent({}, type="com.example.other"), "other_type"),
        (cloudevent(DEPLOYED, id=None), None),
        (cloudevent({}, id=None), "no_name"),
        (put_parameter(), "eventbridge"),
        (cloudevent({**DEPLOYED, "context": {"type": "dev.cdevents.x"}}), "no_type"),
        (cloudevent({**DEPLOYED, "subject": {}}), "no_id"),
        (
            cloudevent({**DEPLOYED, "context": {"type": "dev.cdevents.service.deployed"}}, time=None),
            "no_time",
        ),
    ],
)
def test_what_cannot_be_understood_is_refused(body: Json, reason: str | None) -> None:
    """The refusal should have a reason; an unknown type might have been a change, so it is kept."""
    assert ([reason] if reason else []) == [refused.reason for refused in reading(body).refused]


def test_an_empty_batch_is_ignored() -> None:
    """There is nothing to read in it."""
    assert ["empty"] == [note.reason for note in reading([]).ignored]


def test_of_the_recorded_events_only_deploys_and_parameters_are_suspects(shared_folder: Path) -> None:
    """329 builds should be cleared, 34 deployments and 129 parameters not."""
    counts: dict[tuple[str, bool], int] = {}
    for path in sorted((shared_folder / "evaluation" / "dev").glob("*/events.jsonl")):
        for delivery in deliveries(path):
            if delivery.source == "cloudevents":
                message = only(delivery.body)
                key = (message.kind, message.suspectable)
                counts[key] = counts.get(key, 0) + 1
    assert {("deploy", False): 329, ("deploy", True): 34, ("config", True): 129} == counts
