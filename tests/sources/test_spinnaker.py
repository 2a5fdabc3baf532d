"""Spinnaker: of a whole execution, whether it deployed and what."""

from typing import Any

import orjson
import pytest

from schemas.events import Change
from schemas.times import parse_time
from sources.reading import Reading
from sources.spinnaker import read
from streams.redact import Json
from tests.sources.examples import SPINNAKER
from tests.sources.samples import AT


def event(**execution: Json) -> dict[str, Any]:
    """The end of a pipeline, with some fields of its execution replaced."""
    whole = {**SPINNAKER["content"]["execution"], **execution}
    return {**SPINNAKER, "content": {"execution": whole}}


def reading(body: Json) -> Reading:
    """What the adapter says."""
    return read(body, {}, AT)


def only(body: Json) -> Change:
    """The change of an event."""
    (record,) = reading(body).records
    assert isinstance(record.message, Change)
    return record.message


def test_a_pipeline_that_deployed_is_read_whole() -> None:
    """Every fact should be read; it takes effect with its end, the account names the environment."""
    (record,) = reading(SPINNAKER).records
    assert isinstance(record.message, Change)
    assert ("deploys", ("checkout",)) == (record.topic, record.key)
    assert {
        "kind": "deploy",
        "source": "spinnaker",
        "source_ref": "spinnaker:01F5KC59",
        "target": "service/checkout",
        "service": "checkout",
        "namespace": "shop",
        "environment": "production",
        "references": ("spinnaker.io/application:checkout", "service:checkout"),
        "title": "deploy of checkout v1.4.2 to production: Deploy SUCCEEDED",
        "after": "v1.4.2",
        "actor": "k.lam",
        "effective_at": parse_time("2026-02-03T08:01:09.412Z"),
        "notified_at": parse_time("2026-02-03T08:01:09.494Z"),
    } == record.message.model_dump(exclude={"original"}, exclude_defaults=True)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("SUCCEEDED", "succeeded"),
        ("RUNNING", "started"),
        ("TERMINAL", "failed"),
        ("CANCELED", "failed"),
        ("?", "unknown"),
    ],
)
def test_only_a_success_can_be_to_blame(state: str, status: str) -> None:
    """Other states should be kept, with the rule that clears them."""
    message = only(event(status=state))
    assert (status, status == "succeeded") == (message.status, message.suspectable)


def test_a_pipeline_that_deploys_nothing_is_no_deploy() -> None:
    """It should be kept and cleared."""
    message = only(event(stages=[{"type": "bake"}, {"type": "jenkins", "name": "Jenkins"}]))
    assert "none of the pipeline's stages deploys" == message.verdict


@pytest.mark.parametrize(
    "kind",
    [
        "deploy",
        "deployManifest",
        "rollbackCluster",
        "undoRolloutManifest",
        "cloneServerGroup",
        "patchManifest",
    ],
)
def test_every_stage_that_puts_something_into_use_deploys(kind: str) -> None:
    """Roll-backs are deploys, too."""
    assert only(event(stages=[{"type": kind}])).suspectable


@pytest.mark.parametrize(
    ("fields", "environment"),
    [
        ({"stages": [{"type": "deploy", "name": "deploy: prestaging"}]}, "prestaging"),
        ({"stages": [{"type": "deploy"}], "name": "to-staging"}, "staging"),
        ({"stages": [{"type": "deploy"}]}, None),
    ],
)
def test_a_stage_or_pipeline_may_name_the_environment(
    fields: dict[str, Json], environment: str | None
) -> None:
    """Only where its name ends with the word of one."""
    assert environment == only(event(**fields)).environment


def test_the_documents_that_an_execution_went_through_are_not_kept() -> None:
    """The original should hold what was deployed, not every manifest."""
    original = only(SPINNAKER).original
    assert "deployManifest" in original
    assert "manifests" not in original
    assert "allowedAccounts" not in original


def test_a_build_number_is_shown_where_no_artifact_has_a_version() -> None:
    """Builds that trigger a pipeline have a number."""
    assert "42" == only(event(trigger={"buildNumber": 42})).after


@pytest.mark.parametrize("kind", ["orca:stage:complete", "orca:task:starting", "orca:orchestration:complete"])
def test_stages_and_tasks_are_ignored_with_the_reason(kind: str) -> None:
    """The pipeline's own end says all."""
    assert ["other_event"] == [
        note.reason for note in reading({**SPINNAKER, "details": {"type": kind}}).ignored
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "not_an_event"),
        ({"payload": "wrapped"}, "not_an_event"),
        (event(id=None), "no_execution"),
        (
            {"details": {"type": "orca:pipeline:complete"}, "content": {"execution": {"id": "1"}}},
            "no_execution",
        ),
        (
            {
                "details": {"type": "orca:pipeline:complete"},
                "content": {"execution": {"id": "1", "application": "a", "endTime": "x"}},
            },
            "no_time",
        ),
    ],
)
def test_what_cannot_be_understood_is_refused(body: Json, reason: str) -> None:
    """The refusal should have a reason."""
    assert [reason] == [refused.reason for refused in reading(body).refused]


def test_the_original_is_json_of_what_spinnaker_wrote() -> None:
    """Values should be those of the event."""
    kept = orjson.loads(only(SPINNAKER).original)
    assert SPINNAKER["content"]["execution"]["endTime"] == kept["execution"]["endTime"]
