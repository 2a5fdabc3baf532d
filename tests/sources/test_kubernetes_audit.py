"""Kubernetes audit events: who changed what, and which requests cannot be to blame."""

import pytest

from schemas.events import Change
from schemas.times import parse_time
from sources.kubernetes_audit import read
from streams.redact import Json
from tests.sources.samples import AT


def event(**fields: Json) -> dict[str, Json]:
    """A completed patch by a person, with some fields replaced; None leaves one out."""
    whole: dict[str, Json] = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Request",
        "auditID": "e6271144-157b-4e0d-ae52-fa55eedeaf3e",
        "stage": "ResponseComplete",
        "requestURI": "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/payment",
        "verb": "patch",
        "user": {"username": "k.lam", "groups": ["system:authenticated"]},
        "objectRef": {"resource": "horizontalpodautoscalers", "namespace": "shop", "name": "payment"},
        "responseStatus": {"code": 200},
        "requestReceivedTimestamp": "2026-02-03T07:36:56.293040Z",
        "stageTimestamp": "2026-02-03T07:36:56.316918Z",
        "requestObject": {"spec": {"maxReplicas": 6}},
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def only(**fields: Json) -> Change:
    """The change that an event reports."""
    (record,) = read(event(**fields), {}, AT).records
    assert isinstance(record.message, Change)
    return record.message


def test_a_write_by_a_person_is_a_change() -> None:
    """Every fact should be read; it took effect when the response was complete."""
    (record,) = read(event(), {}, AT).records
    assert isinstance(record.message, Change)
    assert ("configs", ("config/horizontalpodautoscalers/shop/payment",)) == (record.topic, record.key)
    assert {
        "kind": "config",
        "source": "kubernetes-audit",
        "source_ref": "k8s-audit:e6271144-157b-4e0d-ae52-fa55eedeaf3e",
        "target": "config/horizontalpodautoscalers/shop/payment",
        "namespace": "shop",
        "references": ("kubernetes:shop/payment", "backstage.io/kubernetes-id:payment"),
        "operation": "update",
        "title": "patch horizontalpodautoscalers/payment in shop",
        "after": '{"maxReplicas":6}',
        "actor": "k.lam",
        "effective_at": parse_time("2026-02-03T07:36:56.316918Z"),
        "notified_at": parse_time("2026-02-03T07:36:56.316918Z"),
    } == record.message.model_dump(exclude={"original"}, exclude_defaults=True)


def _user(name: str) -> dict[str, Json]:
    return {"user": {"username": name}}


def _object(resource: str, **fields: Json) -> dict[str, Json]:
    return {"objectRef": {"resource": resource, "namespace": "shop", "name": "x", **fields}}


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"verb": "get"}, "a read (get) changes nothing"),
        ({"verb": "watch"}, "a read (watch) changes nothing"),
        ({"responseStatus": {"code": 403}}, "the API server refused it with 403"),
        ({"requestURI": "/api/v1/x?dryRun=All&a=b"}, "a dry run changes nothing"),
        (_object("leases"), "leases are the cluster's own bookkeeping"),
        (_object("endpoints"), "endpoints are the cluster's own bookkeeping"),
        (_object("events"), "events are the cluster's own bookkeeping"),
        (_object("subjectaccessreviews"), "subjectaccessreviews are the cluster's own bookkeeping"),
        (_object("deployments", subresource="status"), "a status says what is, and changes nothing"),
        (_object("pods", subresource="exec"), "exec changes no object"),
        (_user("system:node:worker-1"), "written by a part of the cluster, system:node:worker-1"),
        (
            _user("system:kube-controller-manager"),
            "written by a part of the cluster, system:kube-controller-manager",
        ),
        (
            _user("system:serviceaccount:kube-system:deployment-controller"),
            "written by a part of the cluster, system:serviceaccount:kube-system:deployment-controller",
        ),
        (
            _user("system:serviceaccount:redis:redis-operator"),
            "written by a part of the cluster, system:serviceaccount:redis:redis-operator",
        ),
    ],
)
def test_what_cannot_be_to_blame_is_kept_with_the_rule(fields: dict[str, Json], verdict: str) -> None:
    """The change should be there, not suspectable, with the rule in words."""
    message = only(**fields)
    assert (False, verdict) == (message.suspectable, message.verdict)


@pytest.mark.parametrize(
    "fields",
    [
        _user("system:serviceaccount:argocd:argocd-application-controller"),
        _user("system:serviceaccount:flux-system:kustomize-controller"),
        _user("system:serviceaccount:ci:deployer"),
        _user("kubernetes-admin"),
        _object("deployments", subresource="scale"),
        _object("secrets"),
        _object("nodes"),
    ],
)
def test_what_people_do_through_tools_stays_suspectable(fields: dict[str, Json]) -> None:
    """Deployers carry out what people merged."""
    assert only(**fields).suspectable


@pytest.mark.parametrize(
    ("code", "status"), [(201, "succeeded"), (409, "failed"), (None, "unknown"), ("200", "unknown")]
)
def test_the_answer_decides_the_status(code: Json, status: str) -> None:
    """Only a stated success should count as one."""
    assert status == only(responseStatus={"code": code}).status


@pytest.mark.parametrize("resource", ["secrets"])
def test_the_body_of_a_secret_is_never_kept(resource: str) -> None:
    """No value of a Secret should be left, its name should stay."""
    message = only(
        **_object(resource),
        requestObject={"kind": "Secret", "metadata": {"name": "x"}, "data": {"user": "czNjcjN0LTE="}},
        responseObject={"stringData": {"user": "czNjcjN0LTI="}},
    )
    assert "czNjcjN0" not in message.model_dump_json()
    assert message.target == f"config/{resource}/shop/x"


def test_a_password_in_a_config_map_is_masked() -> None:
    """What is no secret should stay readable beside it."""
    message = only(
        **_object("configmaps"), requestObject={"data": {"a.properties": "password = s3cr3t\ncolor=purple\n"}}
    )
    assert message.after == '{"a.properties":"password = [redacted]\\ncolor=purple\\n"}'


@pytest.mark.parametrize(
    ("request_object", "references"),
    [
        ({"metadata": {"labels": {"app.kubernetes.io/name": "cart"}}}, "backstage.io/kubernetes-id:cart"),
        ({"spec": {"podSelector": {"matchLabels": {"app": "cart"}}}}, "kubernetes:shop/cart"),
        ({"spec": {"scaleTargetRef": {"name": "cart"}}}, "kubernetes:shop/cart"),
        (
            {
                "spec": {
                    "stressChaos": {"selector": {"labelSelectors": {"app": "cart"}, "namespaces": ["otel"]}}
                }
            },
            "kubernetes:otel/cart",
        ),
    ],
)
def test_the_object_says_which_service_it_belongs_to(request_object: Json, references: str) -> None:
    """Labels, selectors and scale targets should become references."""
    assert references in only(**_object("x"), requestObject=request_object).references


def test_an_image_is_shown_where_a_request_sets_one() -> None:
    """The version that was rolled out should be what it is after."""
    containers: Json = {
        "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "shop/cart:1.4.2"}]}}}
    }
    assert only(**_object("deployments"), requestObject=containers).after == "shop/cart:1.4.2"


def test_a_deletion_leaves_nothing_after_it() -> None:
    """The options of a deletion are no value."""
    assert (
        only(verb="delete", requestObject={"kind": "DeleteOptions", "propagationPolicy": "Background"}).after
        is None
    )


def test_a_cluster_wide_object_has_an_empty_namespace() -> None:
    """The target should keep its four parts."""
    assert only(objectRef={"resource": "nodes", "name": "worker-3"}).target == "config/nodes//worker-3"


def test_a_name_that_the_server_made_up_is_found_in_its_answer() -> None:
    """An object made with generateName should not be left without a name."""
    message = only(
        objectRef={"resource": "jobs", "namespace": "shop"},
        responseObject={"metadata": {"name": "run-x7k2p"}},
    )
    assert message.target == "config/jobs/shop/run-x7k2p"


def test_a_list_is_read_event_by_event() -> None:
    """A good event, another stage and a bad one should each be in their place."""
    items: list[Json] = [event(), event(stage="RequestReceived"), {"kind": "Pod"}, event(objectRef=None)]
    result = read({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": items}, {}, AT)
    assert ["/items/0"] == [record.path for record in result.records]
    assert [("other_stage", "/items/1"), ("no_object", "/items/3")] == [
        (i.reason, i.path) for i in result.ignored
    ]
    assert [("not_an_audit_event", "/items/2")] == [(r.reason, r.path) for r in result.refused]


def test_an_event_without_a_time_is_refused() -> None:
    """It cannot be placed, so it should be refused."""
    result = read(event(stageTimestamp=None, requestReceivedTimestamp=None), {}, AT)
    assert ["no_time"] == [refused.reason for refused in result.refused]


def test_an_empty_list_is_ignored() -> None:
    """Nothing happened, and it should be said so."""
    assert ["empty"] == [note.reason for note in read({"items": []}, {}, AT).ignored]
