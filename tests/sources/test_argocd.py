"""Argo CD: the body is a template, the one that we publish."""

from typing import Any

import pytest

from schemas.events import Change
from schemas.times import parse_time
from sources.argocd import read
from sources.reading import Reading
from streams.redact import Json
from tests.sources.examples import ARGOCD
from tests.sources.samples import AT


def reading(**fields: Json) -> Reading:
    """What the adapter says about a notification with some fields replaced."""
    return read({**ARGOCD, **fields}, {}, AT)


def only(**fields: Json) -> Change:
    """The change of a notification with some fields replaced."""
    (record,) = reading(**fields).records
    assert isinstance(record.message, Change)
    return record.message


def result(**fields: Json) -> dict[str, Any]:
    """The result of a sync with some fields replaced."""
    return {**ARGOCD["syncResult"], **fields}


def resource(message: str, kind: str = "Deployment") -> dict[str, Json]:
    """One object of a sync."""
    return {"kind": kind, "namespace": "shop", "name": "web", "message": message}


def test_a_finished_sync_is_a_deploy() -> None:
    """Every fact should be read; the folder names the environment, the objects lead to the service."""
    (record,) = reading().records
    assert isinstance(record.message, Change)
    assert ("deploys", ("checkout",)) == (record.topic, record.key)
    assert {
        "kind": "deploy",
        "source": "argocd",
        "source_ref": "argocd:checkout@95164aac92ce282a60f8f1dff24d4a2a40b8aa10",
        "target": "service/checkout",
        "service": "checkout",
        "namespace": "shop",
        "environment": "production",
        "references": (
            "argocd/app-name:checkout",
            "kubernetes:shop/checkout-web",
            "backstage.io/kubernetes-id:checkout-web",
            "github.com/project-slug:shop/manifests",
        ),
        "title": "deploy of checkout 95164aa to production: Succeeded",
        "after": "95164aa",
        "actor": "k.lam",
        "effective_at": parse_time("2026-02-03T10:02:05Z"),
        "link": "https://argocd.example.com/applications/checkout",
    } == record.message.model_dump(exclude={"original"}, exclude_defaults=True)


@pytest.mark.parametrize(
    ("phase", "status"),
    [
        ("Succeeded", "succeeded"),
        ("Running", "started"),
        ("Failed", "failed"),
        ("Error", "failed"),
        ("Terminating", "started"),
        ("?", "unknown"),
    ],
)
def test_only_a_sync_that_succeeded_can_be_to_blame(phase: str, status: str) -> None:
    """Other phases should be kept, with the rule that clears them."""
    message = only(phase=phase)
    assert (status, status == "succeeded") == (message.status, message.suspectable)
    assert bool(message.verdict) != message.suspectable


def test_a_running_sync_has_no_end_yet() -> None:
    """Its start should count, where the template shows it."""
    message = only(phase="Running", finishedAt=None, startedAt="2026-02-03T10:00:00Z")
    assert message.effective_at == parse_time("2026-02-03T10:00:00Z")


def test_a_sync_that_wrote_nothing_cannot_be_to_blame() -> None:
    """Kubectl says `unchanged` of every object; one that was configured is enough to be a suspect."""
    idle, busy = resource("deployment.apps/web unchanged"), resource("service/web configured", "Service")
    assert "nothing changed" in only(syncResult=result(resources=[idle])).verdict
    assert only(syncResult=result(resources=[idle, busy])).suspectable
    assert only(syncResult=result(resources=[])).suspectable


@pytest.mark.parametrize(
    ("fields", "environment"),
    [
        ({"environment": "blue"}, "blue"),
        ({"labels": {"env": "staging"}}, "staging"),
        ({"syncResult": result(source={"path": "apps/checkout", "targetRevision": "prod"})}, "prod"),
        ({"syncResult": result(source=None), "app": "checkout-staging"}, "staging"),
        ({"syncResult": result(source={"path": "apps/checkout", "targetRevision": "main"})}, None),
    ],
)
def test_the_environment_is_the_one_that_the_application_names(
    fields: dict[str, Json], environment: str | None
) -> None:
    """A field or label should go before folder, branch and name; none should be made up."""
    assert environment == only(**fields).environment


def test_an_application_with_several_sources_has_several_revisions() -> None:
    """The first should name the sync."""
    message = only(syncResult={"revisions": ["1.2.3", "95164aac"]})
    assert ("argocd:checkout@1.2.3", "1.2.3") == (message.source_ref, message.after)


def test_a_label_may_name_the_service() -> None:
    """Then the application's name should remain in the reference alone."""
    message = only(labels={"service": "cart"})
    assert ("cart", "service/cart") == (message.service, message.target)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("deployed", "not_an_object"),
        ({**ARGOCD, "app": None}, "no_name"),
        ({**ARGOCD, "syncResult": None}, "no_name"),
        ({**ARGOCD, "app": "{{.app.metadata.name}}"}, "not_rendered"),
        ({**ARGOCD, "app": "<no value>"}, "not_rendered"),
        ({**ARGOCD, "finishedAt": ""}, "no_time"),
    ],
)
def test_another_template_is_refused_and_told_of_ours(body: Json, reason: str) -> None:
    """The refusal should have a reason; a template that was not rendered is told apart."""
    assert [reason] == [refused.reason for refused in read(body, {}, AT).refused]
