"""Owns the recorded incident examples/checkout/events.jsonl: who sent what, when, and when it arrived.

    python -m examples.make_checkout

writes the file anew; the same every time, since nothing here reads a clock or is left to chance. Everything in it
is invented. The story is told in examples/checkout/README.md. Goes to: the demo, and tests of the whole path.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from examples.senders import Delivery, Object, Rule, alerts, audited, config_map, deploy, flag

TARGET: Final = Path(__file__).resolve().parent / "checkout" / "events.jsonl"


def _labels(name: str, severity: str, **others: str) -> Object:
    return {"alertname": name, "severity": severity, "cluster": "fra-1", **others}


_SHOP: Final = {"namespace": "shop", "environment": "production"}
_PARCELS: Final = {"namespace": "parcels", "environment": "production"}

PAYMENTS: Final = Rule(
    _labels("HighErrorRate", "critical", service="payments", **_SHOP),
    "payments answers card captures with errors",
    "5xx 31 % of requests",
    "18:53:07.318442907",
    "19:02:37.318442907",
)
CHECKOUT: Final = Rule(
    _labels("HighErrorRate", "critical", service="checkout", **_SHOP),
    "checkout answers with errors",
    "5xx 12 % of requests",
    "18:53:37.318442907",
    "19:03:07.318442907",
)
MOBILE: Final = Rule(
    _labels("HighErrorRate", "critical", service="mobile-api", **_SHOP),
    "mobile-api answers with errors",
    "5xx 4 % of requests",
    "18:54:37.318442907",
    "19:03:07.318442907",
)
STOREFRONT: Final = Rule(
    _labels("LatencyP99High", "warning", destination_canonical_service="storefront", **_SHOP),
    "the slowest hundredth of page views takes too long",
    "p99 2.9 s, goal 0.8 s",
    "18:54:22.774108336",
    "19:03:22.774108336",
)
BACKLOG: Final = Rule(
    _labels("CaptureBacklogGrowing", "warning", service="payments", **_SHOP),
    "card captures are waiting for a retry",
    "1840 captures waiting",
    "18:55:52.090561733",
    "19:04:22.090561733",
)
ORDERS: Final = Rule(
    _labels("OrdersPerMinuteLow", "critical", service="checkout"),
    "far fewer orders than on other Tuesdays",
    "11 orders per minute, 46 expected",
    "18:59:04.550917246",
    "19:05:24.550917246",
)
FEED: Final = Rule(
    _labels("CarrierFeedStale", "warning", deployment="carrier-feed", **_PARCELS),
    "the carrier has sent nothing for a while",
    "last update 20 min ago",
    "18:55:01.602275419",
    "19:03:11.602275419",
)
TRACKER: Final = Rule(
    _labels("HighErrorRate", "warning", service="parcel-tracker", **_PARCELS),
    "parcel-tracker answers with errors",
    "5xx 7 % of requests",
    "18:56:31.318442907",
    "19:03:41.318442907",
)


_FLAGS: Final = {"instant-capture": "off", "typo-tolerance": "on", "winter-subject-lines": "off"}


_CLUSTER: Final = "system:serviceaccount:kube-system"


def evening() -> Iterator[Delivery]:
    """Twelve minutes of ordinary work before anything fails; none of it is to blame."""
    yield deploy("18:41:13.204117", "18:41:12", 5101, "search", "in_progress")
    yield deploy("18:42:47.731905", "18:42:46", 5101, "search", "success")
    name, words = "configmaps/shop/search-synonyms", {"boots": "boots, hiking shoes"}
    yield audited("18:43:07.119340", "18:43:05.882013", "get", name, "s.varga")
    yield audited(
        "18:43:41.560228", "18:43:40.207551", "update", name, "s.varga", config_map("search", words)
    )
    name, by = "endpointslices/shop/search-8w2vd", f"{_CLUSTER}:endpointslice-controller"
    yield audited("18:44:03.018846", "18:44:02.640129", "update", name, by, {"ports": [{"port": 8080}]})
    name = "horizontalpodautoscalers/shop/mobile-api"
    scale = {"spec": {"maxReplicas": 6, "scaleTargetRef": {"kind": "Deployment", "name": "mobile-api"}}}
    yield audited("18:44:19.907364", "18:44:18.455870", "patch", name, "j.lindqvist", scale)
    yield flag("18:45:11.376502", "18:45:10.842", "t.adeyemi", _FLAGS, winter_subject_lines="on")
    yield deploy("18:45:56.662390", "18:45:55", 7730, "payments", "success", to="staging")
    yield deploy("18:46:21.045713", "18:46:20", 2264, "parcel-tracker", "in_progress")
    yield deploy("18:47:32.880146", "18:47:31", 2264, "parcel-tracker", "failure")
    yield audited(
        "18:48:12.331577", "18:48:10.954208", "update", "secrets/letters/newsletter-smtp", "r.costa"
    )
    name, by = "deployments/letters/newsletter/status", f"{_CLUSTER}:deployment-controller"
    yield audited("18:48:31.709462", "18:48:31.120983", "update", name, by, {"status": {"replicas": 2}})
    yield deploy("18:49:01.457230", "18:49:00", 1187, "newsletter", "in_progress")
    yield deploy("18:50:06.128894", "18:50:05", 1187, "newsletter", "success")
    yield deploy("18:50:44.930271", "18:50:43", 6418, "checkout", "in_progress")
    name, paper = "configmaps/parcels/label-printer-settings", {"paper": "A6", "dpi": "300"}
    wrote = config_map("label-printer", paper)
    yield audited("18:51:21.993051", "18:51:20.418736", "update", name, "m.okafor", wrote)
    yield deploy("18:51:58.317722", "18:51:57", 6418, "checkout", "failure")
    name, by = "leases/parcels/carrier-feed-leader", f"{_CLUSTER}:leader-election-controller"
    yield audited("18:52:31.264408", "18:52:31.001725", "update", name, by, {"spec": {"leaseTransitions": 4}})


_LETTERS_ON: Final = {**_FLAGS, "winter-subject-lines": "on"}
_BOTH_ON: Final = {**_LETTERS_ON, "instant-capture": "on"}


def failing() -> Iterator[Delivery]:
    """The shop fails, and so, for another reason, do the parcels. The guilty flag arrives after the first alert."""
    yield from alerts("18:53:22.418805", [PAYMENTS], second="18:53:23.074419")
    yield flag("18:53:49.190267", "18:52:10.406", "h.nakamura", _LETTERS_ON, instant_capture="on")
    yield from alerts("18:53:52.503984", [PAYMENTS, CHECKOUT])
    yield from alerts("18:54:37.886130", [STOREFRONT])
    yield from alerts("18:54:52.617549", [PAYMENTS, CHECKOUT, MOBILE], second="18:54:54.008271")
    yield from alerts("18:55:16.340662", [FEED])
    yield from alerts("18:56:07.795318", [BACKLOG])
    yield from alerts("18:56:46.711093", [TRACKER], second="18:56:47.329880")
    name = "deployments/shop/payments/scale"
    by = f"{_CLUSTER}:horizontal-pod-autoscaler"
    yield audited("18:57:31.480759", "18:57:30.926114", "update", name, by, {"spec": {"replicas": 6}})
    yield deploy("18:57:58.235406", "18:57:57", 3342, "storefront", "in_progress")
    name = "deployments/shop/payments"
    yield audited("18:58:11.867021", "18:58:10.633497", "get", name, "h.nakamura")
    yield deploy("18:59:10.004652", "18:59:09", 3342, "storefront", "success")
    yield from alerts("18:59:21.552938", [ORDERS])


def mended() -> Iterator[Delivery]:
    """The flag is turned off again, the shop recovers; the carrier comes back on its own."""
    yield flag("19:00:41.075186", "19:00:40.118", "h.nakamura", _BOTH_ON, instant_capture="off")
    yield from alerts("19:02:52.601337", [CHECKOUT, MOBILE], [PAYMENTS], second="19:02:53.240915")
    yield from alerts("19:03:22.604418", [], [CHECKOUT, MOBILE])
    yield from alerts("19:03:26.339902", [], [FEED])
    yield from alerts("19:03:37.880555", [], [STOREFRONT], second="19:03:38.716204")
    yield from alerts("19:03:56.708841", [], [TRACKER])
    yield from alerts("19:04:37.792063", [], [BACKLOG])
    yield from alerts("19:05:39.549777", [], [ORDERS])


def recording(told: Iterable[Delivery]) -> str:
    """The whole file. Raises ValueError where two deliveries do not arrive one after the other."""
    ordered = sorted(told, key=lambda delivery: delivery.received)
    times = [delivery.received for delivery in ordered]
    if len(set(times)) != len(times):
        raise ValueError("two deliveries arrive at the same time")
    return "".join(delivery.line() for delivery in ordered)


def story() -> Iterator[Delivery]:
    """Everything that happens, in order."""
    yield from evening()
    yield from failing()
    yield from mended()


if __name__ == "__main__":
    TARGET.write_text(recording(story()), "utf-8")
