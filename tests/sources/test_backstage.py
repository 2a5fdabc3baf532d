"""Backstage catalogs: entities with full names, and bad documents that spoil nothing but themselves."""

import pytest

from schemas.events import Entity
from sources.catalog_names import entity_ref
from sources.catalogs import read
from streams.redact import Json
from tests.sources.samples import AT

COMPONENT = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: Checkout
  title: The checkout
  annotations:
    backstage.io/kubernetes-id: checkout
    backstage.io/kubernetes-namespace: shop
    github.com/project-slug: shop/checkout
    aws.amazon.com/xray-nodes: Checkout_Fargate | checkout_client
    acme.com/runbook-url: https://example.com/runbooks/checkout
  labels:
    app: checkout-web
  links:
    - {url: https://example.com/dash, title: Dashboard}
spec:
  type: service
  owner: group:default/Team-Orders
  system: shop
  lifecycle: production
  dependsOn: [component:cart, resource:storage/valkey, Component:Ops/Flagd, 5]
  consumesApis: [payments]
  providesApis: [orders]
"""


LAUGHS = """
a: &a [1,1,1,1,1,1,1,1,1]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b]
d: &d [*c,*c,*c,*c,*c,*c,*c,*c]
e: [*d,*d,*d,*d,*d,*d,*d,*d,*d]
f: [*d,*d,*d,*d]
"""
"""A few lines that stand for more than 50,000 values."""


def entity(text: Json) -> Entity:
    """The entity of a catalog with one document."""
    (record,) = read(text, {}, AT).records
    assert isinstance(record.message, Entity)
    return record.message


def test_a_component_is_read_whole() -> None:
    """Every fact should be read, with references in full and the owner short."""
    assert {
        "entity": "component:default/checkout",
        "kind": "component",
        "name": "Checkout",
        "title": "The checkout",
        "owner": "Team-Orders",
        "system": "shop",
        "lifecycle": "production",
        "depends_on": (
            "component:default/cart",
            "resource:storage/valkey",
            "component:ops/flagd",
            "component:default/5",
            "api:default/payments",
        ),
        "references": (
            "kubernetes:shop/checkout",
            "backstage.io/kubernetes-id:checkout",
            "backstage.io/kubernetes-namespace:shop",
            "github.com/project-slug:shop/checkout",
            "aws.amazon.com/xray-nodes:Checkout_Fargate | checkout_client",
            "aws.amazon.com/xray-nodes:Checkout_Fargate",
            "aws.amazon.com/xray-nodes:checkout_client",
            "acme.com/runbook-url:https://example.com/runbooks/checkout",
            "service:checkout-web",
            "api:default/orders",
        ),
        "runbook": "https://example.com/runbooks/checkout",
        "link": "https://example.com/dash",
    } == entity(COMPONENT).model_dump(exclude={"original"}, exclude_defaults=True)


@pytest.mark.parametrize(
    ("reference", "whole"),
    [
        ("cart", "component:default/cart"),
        ("resource:Cart", "resource:default/cart"),
        ("other/cart", "component:other/cart"),
        ("API:other/Cart", "api:other/cart"),
    ],
)
def test_a_reference_is_completed(reference: str, whole: str) -> None:
    """Kind and namespace should be filled in, everything in lower case."""
    assert whole == entity_ref(reference, "component", "default")


@pytest.mark.parametrize(
    "bad",
    [
        "a: [1",
        "a: b: c",
        "{{ values.name }}: 1",
        "a: !!python/object:os.system 1",
        "a: &a [*a]",
        "a: *nobody",
        "[" * 1000,
        "[" * 300_000,
        "a: 2026-13-45",
        "a: \x01",
        "\t- a",
        "&x [1,1,1,1,1,1,1,1,1,1]: 1",
        LAUGHS,
    ],
)
def test_a_bad_document_spoils_only_itself(bad: str) -> None:
    """The documents before and after it should be read, and the refusal should say which it was."""
    result = read(f"{COMPONENT}---\n{bad}\n---\nkind: System\nmetadata: {{name: shop}}\n", {}, AT)
    assert [("/0", "component:default/checkout"), ("/2", "system:default/shop")] == [
        (record.path, record.key[0]) for record in result.records
    ]
    assert [("/1", "not_yaml")] == [(refused.path, refused.reason) for refused in result.refused]
    assert f"from line {COMPONENT.count(chr(10)) + 1}:" in result.refused[0].detail


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("metadata: {name: x}", "no_name"),
        ("kind: Component", "no_name"),
        ("kind: Component\nmetadata: {name: {a: b}}", "no_name"),
        ("kind: Component\nmetadata: {name: 'a/b'}", "bad_name"),
        ("- a", "not_an_object"),
        ("just words", "not_an_object"),
    ],
)
def test_a_document_that_is_no_entry_is_refused(document: str, reason: str) -> None:
    """The refusal should have a reason and keep what was written."""
    (refused,) = read(document, {}, AT).refused
    assert reason == refused.reason
    assert refused.original


@pytest.mark.parametrize("kind", ["User", "Location", "Template"])
def test_kinds_that_say_nothing_about_services_are_ignored(kind: str) -> None:
    """People should not be kept, and pointers are no services."""
    assert [kind.lower()] == [
        note.reason for note in read({"kind": kind, "metadata": {"name": "x"}}, {}, AT).ignored
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "Component", "metadata": {"name": "a"}},
        [{"kind": "Component", "metadata": {"name": "a"}}],
        {"items": [{"kind": "Component", "metadata": {"name": "a"}}]},
        {"entities": [{"kind": "Component", "metadata": {"name": "a"}}]},
        '{"kind": "Component", "metadata": {"name": "a"}}',
        "%YAML 1.2\n---\nkind: Component\nmetadata:\n  name: a\n...\n---\n# nothing\n---\n",
        "\ufeffkind: Component\r\nmetadata:\r\n  name: a\r\n",
    ],
)
def test_a_catalog_may_come_in_several_forms(body: Json) -> None:
    """Each form should give the same entity."""
    assert entity(body).entity == "component:default/a"


@pytest.mark.parametrize("body", ["", "# nothing", "---\n---\n", [], {"items": []}])
def test_an_empty_catalog_is_ignored(body: Json) -> None:
    """Nothing in it, and it should be said so."""
    assert ["empty"] == [note.reason for note in read(body, {}, AT).ignored]


def test_odd_scalars_of_yaml_become_texts() -> None:
    """Dates, numbers and keys that are no texts should survive."""
    message = entity("kind: System\nmetadata: {name: 12, annotations: {since: 2026-01-02, 3: 1.5, on: yes}}")
    assert ("12", ("since:2026-01-02", "3:1.5")) == (message.name, message.references)


def test_secrets_in_a_catalog_are_masked() -> None:
    """No secret should be left in entry or refusal."""
    message = entity(
        {"kind": "Component", "metadata": {"name": "a", "annotations": {"x/api-token": "s3cr3t"}}}
    )
    assert "s3cr3t" not in message.model_dump_json()
    assert "s3cr3t" not in read("password: s3cr3t\na: [", {}, AT).refused[0].original
