"""The service catalog as a graph: which names mean which entity, and who needs whom."""

import pytest

from schemas.events import Entity
from streams.topology import Topology
from tests.streams.pieces import topology
from tests.streams.world import SHOP, alert, entity


def _known_as(*references: str, name: str = "payment") -> Entity:
    return entity(name).model_copy(update={"references": references})


def _in(namespace: str, name: str, kind: str = "component") -> Entity:
    return entity(name).model_copy(update={"entity": f"{kind}:{namespace}/{name}", "kind": kind})


def _found(graph: Topology, *references: str, service: str | None = None) -> str | None:
    return graph.resolve(service, references)


def test_a_service_is_known_by_its_short_name_in_any_case() -> None:
    """Senders spell it as they like."""
    assert "payment" == _found(topology(), service="Payment")


def test_a_service_is_known_by_its_whole_name() -> None:
    """Kind, namespace and name."""
    assert "payment" == _found(topology(), "component:default/payment")


@pytest.mark.parametrize(
    "reference",
    [
        "github.com/project-slug:shop/payment-service",
        "kubernetes:shop/payment-api",
        "backstage.io/kubernetes-id:payment-api",
        "flag:express",
        "GITHUB.com/project-slug:Shop/Payment-Service",
    ],
)
def test_a_service_is_known_by_what_its_annotations_say(reference: str) -> None:
    """Repository, cluster object, flag: each is an alias."""
    known = _known_as(
        "github.com/project-slug:shop/payment-service",
        "kubernetes:shop/payment-api",
        "backstage.io/kubernetes-id:payment-api",
        "flag:express",
    )
    assert "payment" == _found(topology(known), reference)


def test_the_best_reference_wins_over_the_service_as_it_was_named() -> None:
    """References are sorted by trust; the bare name is the last resort."""
    graph = topology(_known_as("kubernetes:shop/gateway"), entity("gateway"))
    assert "payment" == _found(graph, "kubernetes:shop/gateway", service="gateway")


def test_an_unknown_reference_is_passed_over() -> None:
    """The next one is tried."""
    assert "payment" == _found(topology(), "kubernetes:shop/nobody", "component:default/payment")


def test_a_name_that_nothing_knows_is_nobody() -> None:
    """No guessing."""
    assert None is _found(topology(), "kubernetes:shop/pay", service="pay")


@pytest.mark.parametrize(
    "pod",
    ["payment-7c9d8f6b5c-x2x4k", "payment-x2x4k", "payment-0", "payment", "shop/payment-7c9d8f6b5c-x2x4k"],
)
def test_a_pod_is_its_workload(pod: str) -> None:
    """Whatever controllers append, and with or without a namespace."""
    assert "payment" == _found(topology(), f"pod:{pod}")


def test_a_pod_belongs_to_the_longest_name_that_is_known() -> None:
    """payment-db-0 is the database's, not the service's."""
    graph = topology(entity("payment"), entity("payment-db"))
    assert "payment-db" == _found(graph, "pod:payment-db-0")


def test_a_pod_of_an_unknown_workload_is_nobody() -> None:
    """A shared beginning without a dash is no match."""
    assert None is _found(topology(), "pod:payments-7c9d8f6b5c-x2x4k")


def test_a_deleted_entity_is_gone_with_its_names_and_edges() -> None:
    """Neither found, nor needed, nor needing."""
    gone = entity("payment").model_copy(update={"deleted": True})
    graph = topology(entity("checkout", "payment"), gone)
    assert (None, {"checkout": 0}) == (_found(graph, service="payment"), graph.upstream("checkout"))


def test_of_two_entities_with_one_short_name_the_component_has_it() -> None:
    """The system of the same name is called by its whole name."""
    graph = topology(_in("default", "payment", "system"), _in("default", "payment"))
    assert {"payment", "system:default/payment"} == set(graph.entities)
    assert "component" == graph.entities["payment"].facts.kind


def test_of_two_components_with_one_short_name_the_first_by_namespace_has_it() -> None:
    """The other is still found, by its whole name."""
    graph = topology(_in("eu", "payment"), _in("us", "payment"))
    assert {"payment", "component:us/payment"} == set(graph.entities)
    assert "component:us/payment" == _found(graph, "component:us/payment")


def test_a_group_or_a_system_is_never_what_an_alert_is_about() -> None:
    """A team called payment is no service."""
    assert None is _found(topology(_in("default", "payment", "group")), service="payment")


def test_a_resource_can_be_needed_and_found() -> None:
    """A database is part of the graph."""
    db = _in("default", "payment-db", "resource")
    needing = entity("payment").model_copy(update={"depends_on": ("resource:default/payment-db",)})
    graph = topology(db, needing)
    assert {"payment": 0, "payment-db": 1} == graph.upstream("payment")


def test_what_is_needed_and_not_in_the_catalog_is_left_out() -> None:
    """An edge needs two ends."""
    assert {"checkout": 0} == topology(entity("checkout", "nobody")).upstream("checkout")


def test_a_service_that_needs_itself_gains_nothing() -> None:
    """The edge is dropped."""
    assert frozenset() == topology(entity("payment", "payment")).needs["payment"]


def test_a_circle_of_needs_ends() -> None:
    """Each is upstream of the other, at its distance."""
    graph = topology(entity("a", "b"), entity("b", "c"), entity("c", "a"))
    assert {"a": 0, "b": 1, "c": 2} == graph.upstream("a")


def test_the_way_upstream_ends_after_three_hops() -> None:
    """A chain of five: the last is not seen from the first."""
    graph = topology(entity("a", "b"), entity("b", "c"), entity("c", "d"), entity("d", "e"), entity("e"))
    assert {"a": 0, "b": 1, "c": 2, "d": 3} == graph.upstream("a")


def test_what_is_upstream_of_one_is_downstream_of_the_other() -> None:
    """At the same distance."""
    graph = topology()
    for one in graph.entities:
        for other, hops in graph.upstream(one).items():
            assert hops == graph.downstream(other)[one]


def test_services_with_a_path_between_them_are_of_one_system() -> None:
    """The shop is one, billing with its ledger another; what needs nothing and is needed by nothing is of none."""
    systems = topology(*SHOP, entity("alone")).systems
    assert systems["frontend"] == systems["payment"] != systems["billing"] == systems["ledger"]
    assert "alone" not in systems


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("paymentFailure", "payment"),
        ("new_product_catalog_search", "product-catalog"),
        ("catalogSearch", "catalog"),
        ("email-service-secret", "email-service"),
        ("emailFooter", "email-service"),
        ("repayments", None),
        ("service", None),
        ("", None),
    ],
)
def test_a_service_is_found_in_a_text_by_its_words(text: str, service: str | None) -> None:
    """Whole words only; the longest name counts; `service` says nothing by itself."""
    graph = topology(*(entity(name) for name in ("payment", "catalog", "product-catalog", "email-service")))
    assert service == graph.named_in(text)


def test_an_alert_that_names_no_service_is_found_by_its_pod() -> None:
    """The references that the adapter found lead to the entry."""
    made = alert(None, start=0).model_copy(update={"references": ("pod:shop/payment-7c9d8f6b5c-x2x4k",)})
    assert "payment" == topology().resolve(made.service, made.references)
