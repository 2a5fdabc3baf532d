"""OpsLevel's catalog as code: a whole entry, a file as teams keep it, names for people, and edges from both sides."""

from tests.sources.test_catalogs import OPSLEVEL, entity, reading
from tests.streams.pieces import topology


def test_a_service_of_opslevel_is_read_whole() -> None:
    """A name for people becomes a title; the first alias is the name, and every one is known."""
    assert {
        "entity": "component:default/orders",
        "kind": "component",
        "name": "orders",
        "title": "Order Processor",
        "owner": "orders_team",
        "system": "Shop",
        "lifecycle": "generally_available",
        "depends_on": ("service:payment_service", "service:mail"),
        "needed_by": ("service:frontend",),
        "references": (
            "target:flag/new-cart",
            "github.com/project-slug:shop/orders",
            "service:Order Processor",
            "service:order_processor",
            "service:orders",
            "service:order-srv",
        ),
        "runbook": "https://example.com/steps",
        "link": "https://example.com/graphs",
    } == entity(OPSLEVEL).model_dump(exclude={"original"}, exclude_defaults=True)


def test_a_file_of_opslevel_as_teams_keep_it_is_read() -> None:
    """With empty fields, fields taken over from an anchor, and a service in PagerDuty by its id or by its address."""
    text = """
---
version: 1
DEFAULT: &DEFAULT
  owner: order_management_team
  framework: Akka
service:
  <<: *DEFAULT
  name: Order Workflow Service
  lifecycle:
  product: Order Pipeline
  system: orders
  aliases:
  tags:
  - key: pd_id
    value: PDFGCAK
  tools:
  - name: PagerDuty
    category: incidents
    url: https://shop.pagerduty.com/services/PVC123
    environment:
  dependencies:
  - alias: fraud_detection_service
    notes: Looks for stolen cards
  alert_sources:
  - type: pagerduty
    external_id: PDFGCAK
  - type: datadog
    external_id: 1234567
  properties:
    vpc_enabled:
"""
    assert {
        "entity": "component:default/order_workflow_service",
        "kind": "component",
        "name": "order_workflow_service",
        "title": "Order Workflow Service",
        "owner": "order_management_team",
        "system": "orders",
        "depends_on": ("service:fraud_detection_service",),
        "references": (
            "pagerduty.com/service-id:PDFGCAK",
            "pagerduty.com/service-id:PVC123",
            "service:Order Workflow Service",
            "service:order_workflow_service",
        ),
        "link": "https://shop.pagerduty.com/services/PVC123",
    } == entity(text).model_dump(exclude={"original"}, exclude_defaults=True)


def test_a_repository_of_opslevel_is_no_service() -> None:
    """It should be ignored, and say so, with its empty fields too."""
    (ignored,) = reading("---\nversion: 1\nrepository:\n  owner: dx_tools\n  tags:\n").ignored
    assert ("repository", "/0") == (ignored.reason, ignored.path)


def test_a_component_of_opslevel_may_be_named_by_its_name_alone() -> None:
    """One that can be a key stays as it is; one that cannot becomes the alias that OpsLevel makes."""
    plain, spaced = (
        entity({"version": 1, "component": {"name": name}}) for name in ("cart", "Shopping Cart")
    )
    assert ("component:default/cart", None) == (plain.entity, plain.title)
    assert ("component:default/shopping_cart", "Shopping Cart") == (spaced.entity, spaced.title)


def test_dependencies_by_alias_and_from_the_other_side_are_edges() -> None:
    """Whichever of the two says it, under whatever name."""
    payment = entity({"version": 1, "service": {"name": "payment", "aliases": ["payment_service"]}})
    frontend = entity({"schema-version": "v2", "dd-service": "frontend"})
    graph = topology(entity(OPSLEVEL), payment, frontend)
    assert (frozenset({"payment"}), frozenset({"orders"})) == (graph.needs["orders"], graph.needs["frontend"])
    assert frozenset({"frontend"}) == graph.needed_by["orders"]
