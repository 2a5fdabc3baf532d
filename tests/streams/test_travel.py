"""How far trouble travels: frontend -> checkout -> payment, frontend and checkout -> cart."""

import pytest

from streams.golden import Golden
from streams.travel import FAR, Travel, touched_from
from tests.streams.pieces import topology
from tests.streams.world import entity


def test_errors_come_from_what_is_needed_and_never_from_a_caller() -> None:
    """A dependency costs one."""
    costs = Travel(topology()).costs(("checkout", "errors"))
    assert ({"checkout": 0.0, "payment": 1.0, "cart": 1.0}, FAR) == (costs, costs.get("frontend", FAR))


def test_missing_traffic_comes_from_a_caller_rather_than_from_what_is_needed() -> None:
    """Half a dependency more downward, two against the direction."""
    costs = Travel(topology()).costs(("checkout", "traffic"))
    assert (1.5, 3.0) == (costs["frontend"], costs["payment"])


def test_what_has_no_path_to_the_other_has_no_common_source() -> None:
    """Billing stands apart from payment."""
    assert Travel(topology()).common(("billing", "errors"), ("payment", "errors")) == FAR


def test_missing_traffic_comes_from_what_the_caller_lacks_besides() -> None:
    """Checkout needs payment and cart: without payment it does not call the cart any more."""
    costs = Travel(topology()).costs(("cart", "traffic"))
    assert (1.5, 2.5) == (costs["checkout"], costs["payment"])


def test_missing_traffic_of_what_nobody_is_known_to_call_may_come_from_anywhere_in_its_system() -> None:
    """What reads from a queue is called by nobody; who writes to the queue does not stand in the catalog."""
    graph = topology(
        entity("kafka"), entity("accounting", "kafka"), entity("checkout", "kafka"), entity("apart")
    )
    costs = Travel(graph).costs(("accounting", "traffic"))
    assert (3.0, None) == (costs["checkout"], costs.get("apart"))


@pytest.mark.parametrize("golden", ["errors", "latency", "traffic", "workload"])
def test_every_alert_that_a_service_may_cause_is_touched_from_it(golden: Golden) -> None:
    """Else a candidate would not be thought of anew when a change arrives: behind a queue, too."""
    graph = topology(
        entity("kafka"),
        entity("payment"),
        entity("accounting", "kafka"),
        entity("checkout", "kafka", "payment"),
        entity("apart"),
    )
    travel = Travel(graph)
    for service in graph.entities:
        caused = {alerting for alerting in graph.entities if service in travel.causes((alerting, golden))}
        assert caused <= touched_from(service, graph)
