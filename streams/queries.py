"""Which queries a packet gives rise to: a small table of templates, with names from the packet alone.

Nothing else is ever asked: a template's expression with a service's name quoted into it, or the query of one of the
packet's own checks in the one form that `streams.checks` writes. Pure. Goes to: `agents.querier`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from schemas.answers import AnswerFacts, Aspect
from schemas.identity import candidate_id, digest
from schemas.packets import Candidate, Packet
from schemas.querying import SERVICE, QuerierSettings, Template
from schemas.settings import micros
from schemas.times import SECOND
from streams.golden import Golden, golden_of
from streams.state import AlertKey

SOURCE: Final = "prometheus"
_SERVICES: Final = 4
"""Services that are asked about: the suspected root, and those that began to alert first."""
_POINTS: Final = 60
"""Steps in a window."""
_OLD: Final = f"{{service={SERVICE}}}"
_OTEL: Final = f"{{service_name={SERVICE}}}"
_OTEL_CALLS: Final = "http_server_request_duration_seconds"


def _share(failing: str, all_of_them: str) -> str:
    return f"sum(rate({failing}[5m])) / sum(rate({all_of_them}[5m]))"


def _p99(buckets: str) -> str:
    return f"histogram_quantile(0.99, sum by (le) (rate({buckets}[5m])))"


TEMPLATES: Final[Mapping[Aspect, Template]] = {
    "errors": Template(
        title="5xx share",
        unit="share",
        query=_share(f'http_requests_total{{service={SERVICE},code=~"5.."}}', f"http_requests_total{_OLD}")
        + " or "
        + _share(
            f'{_OTEL_CALLS}_count{{service_name={SERVICE},http_response_status_code=~"5.."}}',
            f"{_OTEL_CALLS}_count{_OTEL}",
        ),
    ),
    "latency": Template(
        title="p99 latency",
        unit="seconds",
        query=f"{_p99(f'http_request_duration_seconds_bucket{_OLD}')} or {_p99(f'{_OTEL_CALLS}_bucket{_OTEL}')}",
    ),
    "traffic": Template(
        title="requests",
        unit="per_second",
        query=f"sum(rate(http_requests_total{_OLD}[5m])) or sum(rate({_OTEL_CALLS}_count{_OTEL}[5m]))",
    ),
    "saturation": Template(
        title="processor cores in use",
        unit="count",
        query=f"sum(rate(process_cpu_seconds_total{_OLD}[5m]))",
    ),
}
"""The built-in queries: names of Prometheus's client libraries, and of OpenTelemetry's semantic conventions."""
_ASPECTS: Final[Mapping[Golden, Aspect]] = {
    "errors": "errors",
    "latency": "latency",
    "traffic": "traffic",
    "workload": "saturation",
}
_OF_ROOT: Final[tuple[Aspect, ...]] = ("errors", "latency", "traffic")
_OWN_CHECK: Final = re.compile(
    r'count_over_time\(ALERTS\{[a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="(?:[^"\\]|\\.)*")*\}\[1h\] @ \d{1,12}\)'
)


class Query(NamedTuple):
    """One read-only query about one candidate; `about` says all of it but what came."""

    tenant: str
    about: AnswerFacts
    step_s: int


def queries_of(packet: Packet, settings: QuerierSettings) -> list[Query]:
    """What is worth asking about a packet, the most telling first; bounded."""
    candidate = packet.candidate
    asked = dict.fromkeys((*_measurements(packet, settings), *_checks(packet)))
    return [_query(candidate, one, settings) for one in asked][: settings.most_queries]


class _Asked(NamedTuple):
    aspect: Aspect
    service: str
    title: str
    unit: str
    query: str


def _measurements(packet: Packet, settings: QuerierSettings) -> Iterator[_Asked]:
    """Of what fails, what it fails in; of the suspected root errors, latency and traffic."""
    templates = {**TEMPLATES, **settings.templates}
    lines = [line for line in packet.failing if line.service in packet.radius.services]
    services = list(dict.fromkeys((*packet.candidate.root_services[:1], *(line.service for line in lines))))
    wanted = [(line.service, _ASPECTS.get(golden_of(line.alert))) for line in lines]
    wanted += [(service, aspect) for service in services[:1] for aspect in _OF_ROOT]
    for service, aspect in wanted:
        if aspect in templates and service in services[:_SERVICES]:
            template = templates[aspect]
            query = template.query.replace(SERVICE, quoted(service))
            yield _Asked(aspect, service, template.title, template.unit, query)


def _checks(packet: Packet) -> Iterator[_Asked]:
    service = next(iter(packet.radius.services), "")
    for hypothesis in packet.hypotheses:
        check = hypothesis.check
        if check is not None and check.query and _OWN_CHECK.fullmatch(check.query):
            yield _Asked("check", service, check.question, "count", check.query)


def quoted(name: str) -> str:
    """A name as a string of PromQL, whatever is in it: no name ends the string early."""
    return json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")


def _query(candidate: Candidate, asked: _Asked, settings: QuerierSettings) -> Query:
    onset = min(candidate.opened_at, candidate.revision.at)
    later = micros(settings.again_s) if candidate.revision.at >= onset + micros(settings.again_s) else 0
    opens, closes = onset - micros(settings.before_s), onset + later
    starts_at, fingerprint = _first(candidate)
    about = AnswerFacts(
        answer_id="q-" + digest("query", candidate.candidate_id, SOURCE, asked.query, opens, closes),
        candidate_id=candidate.candidate_id,
        fingerprint=fingerprint,
        starts_at=starts_at,
        environment=candidate.environment,
        source=SOURCE,
        aspect=asked.aspect,
        service=asked.service[:200],
        title=asked.title[:200],
        unit=asked.unit,
        query=asked.query,
        opens=opens,
        closes=closes,
        outcome="empty",
        asked_at=0,
    )
    return Query(candidate.tenant, about, max(1, (closes - opens) // SECOND // _POINTS))


def _first(candidate: Candidate) -> AlertKey:
    """The alert that the candidate is named after."""
    keys = [(member.starts_at, member.fingerprint) for member in candidate.members]
    named = (key for key in keys if candidate_id(candidate.environment, *key) == candidate.candidate_id)
    return next(named, keys[0])
