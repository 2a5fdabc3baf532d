"""Catalogs of Datadog and OpsLevel beside Backstage's, what ties flags and objects to services, and deletions."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.events import Entity
from sources.catalog_names import repository
from sources.catalogs import read
from sources.reading import Reading
from streams.redact import Json
from streams.topology import service_of
from tests.sources.samples import AT
from tests.streams.pieces import topology
from tests.streams.world import change

SERVICE_V2: dict[str, Any] = {
    "schema-version": "v2.2",
    "dd-service": "checkout-api",
    "team": "team-orders",
    "application": "shop",
    "lifecycle": "production",
    "links": [
        {"name": "Source", "type": "repo", "url": "https://github.com/shop/checkout.git"},
        {"name": "What to do", "type": "runbook", "url": "https://example.com/runbooks/checkout"},
    ],
    "tags": ["app:checkout-web", "tier:1", 5],
    "integrations": {"pagerduty": {"service-url": "https://shop.pagerduty.com/service-directory/PA2P440"}},
    "extensions": {"incidents/flags": "new-cart, express"},
}
SERVICE_V3: dict[str, Any] = {
    "apiVersion": "v3",
    "kind": "service",
    "metadata": {
        "name": "Checkout",
        "namespace": "eu",
        "displayName": "The checkout",
        "owner": "group:default/team-orders",
        "links": [{"name": "Runbook", "type": "doc", "url": "https://example.com/runbooks/checkout"}],
        "tags": ["service:checkout-web"],
    },
    "spec": {
        "lifecycle": "production",
        "dependsOn": ["service:payment", "datastore:orders-db", "queue:default/orders", 5],
        "dependencyOf": ["service:frontend"],
        "componentOf": ["service:frontend", "system:shop"],
    },
    "datadog": {"codeLocations": [{"repositoryURL": "https://gitlab.com/shop/eu/checkout"}]},
    "integrations": {"pagerduty": {"serviceURL": "https://shop.pagerduty.com/service-directory/PA2P440"}},
}
OPSLEVEL: dict[str, Any] = {
    "version": 1,
    "service": {
        "name": "Order Processor",
        "owner": "orders_team",
        "product": "Shop",
        "lifecycle": "generally_available",
        "aliases": ["orders", "order-srv"],
        "tags": [{"key": "incidents/flags", "value": "new-cart"}, {"key": "db", "value": "mysql"}],
        "tools": [
            {"name": "Graphs", "category": "metrics", "url": "https://example.com/graphs"},
            {"name": "Steps", "category": "runbooks", "url": "https://example.com/steps"},
        ],
        "repositories": [{"name": "shop/orders", "provider": "github"}],
        "dependencies": [{"alias": "payment_service", "notes": "takes money"}, "mail"],
        "dependents": [{"alias": "frontend"}],
    },
}


def reading(body: Json) -> Reading:
    """What the catalog says."""
    return read(body, {}, AT)


def entity(body: Json) -> Entity:
    """The entity of a catalog with one document."""
    (record,) = reading(body).records
    assert isinstance(record.message, Entity)
    assert record.key == (record.message.entity,)
    return record.message


def test_a_service_of_datadogs_second_version_is_read_whole() -> None:
    """It is a component, as everywhere else, known by repository, pager, tags and flags."""
    assert {
        "entity": "component:default/checkout-api",
        "kind": "component",
        "name": "checkout-api",
        "owner": "team-orders",
        "system": "shop",
        "lifecycle": "production",
        "references": (
            "target:flag/new-cart",
            "target:flag/express",
            "github.com/project-slug:shop/checkout",
            "pagerduty.com/service-id:PA2P440",
            "service:checkout-web",
        ),
        "runbook": "https://example.com/runbooks/checkout",
        "link": "https://github.com/shop/checkout.git",
    } == entity(SERVICE_V2).model_dump(exclude={"original"}, exclude_defaults=True)


def test_an_entity_of_datadogs_third_version_is_read_whole() -> None:
    """Kinds are those of the rest of the catalog; both directions of dependencies are read."""
    assert {
        "entity": "component:eu/checkout",
        "kind": "component",
        "name": "Checkout",
        "title": "The checkout",
        "owner": "team-orders",
        "system": "shop",
        "lifecycle": "production",
        "depends_on": (
            "component:eu/payment",
            "resource:eu/orders-db",
            "resource:default/orders",
            "component:eu/5",
        ),
        "needed_by": ("component:eu/frontend",),
        "references": (
            "gitlab.com/project-slug:shop/eu/checkout",
            "pagerduty.com/service-id:PA2P440",
            "service:checkout-web",
        ),
        "runbook": "https://example.com/runbooks/checkout",
        "link": "https://example.com/runbooks/checkout",
    } == entity(SERVICE_V3).model_dump(exclude={"original"}, exclude_defaults=True)


@pytest.mark.parametrize(
    ("body", "reason", "path"),
    [
        ({"schema-version": "v2.1"}, "no_name", ""),
        ({"schema-version": "v2.1", "dd-service": "a b"}, "bad_name", ""),
        ({"apiVersion": "v3", "metadata": {"name": "x"}}, "no_name", ""),
        ({"apiVersion": "v3", "kind": "service"}, "no_name", ""),
        ({"apiVersion": "v3", "kind": "service", "metadata": {"name": "a/b"}}, "bad_name", ""),
        ({"version": 1, "service": {}}, "no_name", "/service"),
        ({"version": 1, "service": {"name": "x" * 201}}, "bad_name", "/service"),
        ({"delete": []}, "no_name", ""),
        ({"delete": ["a b"]}, "bad_name", "/delete/0"),
    ],
)
def test_what_has_no_name_is_refused_with_its_place(body: Json, reason: str, path: str) -> None:
    """A code, what to do, and where."""
    (refused,) = reading(body).refused
    assert (reason, path) == (refused.reason, refused.path)


def test_each_document_is_read_by_its_own_format() -> None:
    """Also where a bad one of each stands between them."""
    backstage: Json = {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {"name": "cart"},
    }
    bad: list[Json] = [{"dd-service": ""}, {"service": {"name": 0.5, "owner": []}}, {"kind": "Component"}, 7]
    documents: list[Json] = [
        backstage,
        SERVICE_V2,
        SERVICE_V3,
        OPSLEVEL,
        *bad,
        {"repository": {"owner": "x"}},
    ]
    told = reading("\n---\n".join(yaml.safe_dump(one) for one in documents))
    assert ["/0", "/1", "/2", "/3/service"] == [record.path for record in told.records][:4]
    assert ["/4", "/6", "/7"] == [one.path for one in told.refused]
    assert ["/8"] == [one.path for one in told.ignored]


def test_a_deletion_names_entries_as_dependencies_do() -> None:
    """In full, or short for a component; our own kinds have no namespace."""
    named: list[Json] = ["checkout", "resource:default/db", "API:eu/orders", "runbook:x"]
    keys = [record.key[0] for record in reading({"delete": named}).records]
    assert ["component:default/checkout", "resource:default/db", "api:eu/orders", "runbook:x"] == keys
    entities = [record.message for record in reading({"delete": "checkout, rota:payments"}).records]
    assert [("component:default/checkout", "checkout", True), ("rota:payments", "payments", True)] == [
        (one.entity, one.name, one.deleted) for one in entities if isinstance(one, Entity)
    ]


TIED: dict[str, Json] = {
    "incidents/flags": "new-cart, express",
    "incidents/parameters": "/shop/checkout/timeout",
    "incidents/objects": "configmaps/shop/checkout-env",
    "incidents/aliases": "checkout-web",
    "launchdarkly.com/project-key": "checkout",
}
CHECKOUT: dict[str, Any] = {"kind": "Component", "metadata": {"name": "checkout", "annotations": TIED}}


@pytest.mark.parametrize(
    "target",
    ["flag/new-cart", "flag/express", "ssm:/shop/checkout/timeout", "config/configmaps/shop/checkout-env"],
)
def test_what_is_tied_to_a_service_is_found_by_the_name_of_the_changed_thing(target: str) -> None:
    """Whoever sends the change, and whatever service it names."""
    made = change("flag", "x", when=0, service="somebody").model_copy(update={"target": target})
    assert "checkout" == service_of(made, topology(entity(CHECKOUT)))


def test_other_names_and_projects_are_known_too() -> None:
    """A project of one service is that service's; one that two claim is nobody's."""
    alone = entity(CHECKOUT)
    other = entity({"kind": "Component", "metadata": {"name": "cart", "annotations": TIED}})
    flag = change("flag", "x", when=0).model_copy(
        update={"references": ("launchdarkly.com/project-key:checkout",)}
    )
    assert "checkout" == service_of(flag, topology(alone))
    assert service_of(flag, topology(alone, other)) is None
    assert "checkout" == topology(alone).resolve("checkout-web", ())


@pytest.mark.parametrize(
    ("url", "reference"),
    [
        ("https://github.com/shop/checkout", "github.com/project-slug:shop/checkout"),
        ("https://github.com/shop/checkout.git/", "github.com/project-slug:shop/checkout"),
        ("https://gitlab.com/shop/eu/checkout", "gitlab.com/project-slug:shop/eu/checkout"),
        ("https://example.com/shop/checkout", None),
        ("https://github.com/shop", None),
        (None, None),
    ],
)
def test_a_repository_is_known_by_its_address(url: str | None, reference: str | None) -> None:
    """As the senders of that host name it."""
    assert reference == repository(url)


def test_every_sample_of_datadog_is_read(shared_folder: Path) -> None:
    """Each document should be one entry with its owner."""
    files = sorted((shared_folder / "samples" / "catalogs" / "datadog").glob("*.yaml"))
    read_from = {path.name: reading(path.read_text("utf-8")) for path in files}
    assert all(not told.refused and not told.ignored for told in read_from.values())
    entities = [record.message for told in read_from.values() for record in told.records]
    assert {
        "datadog-cluster-agent": "container-platform",
        "datadog-agent-ci": "agent-supply-chain",
        "pass-api": "datadog-demo-team",
        "pass-summary-api": "datadog-demo-team",
    } == {one.name: one.owner for one in entities if isinstance(one, Entity)}
