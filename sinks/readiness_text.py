"""Owns readiness as text for a terminal: 80 columns, foreign text inert. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from schemas.times import date_text
from sinks.columns import plain, wrapped
from streams.readiness import Criterion, Readiness, ServiceReadiness
from streams.survey import Check

_BARS: Final = "▁▂▃▄▅▆▇█"
_MARKS: Final = {True: "ok", False: "--"}


def doctor_text(found: Readiness, scores: Sequence[tuple[int, int]], *, whole: bool = False) -> str:
    """Score, criteria, what the tenant and each service lack, and how to mend it; `whole`: also what is there."""
    left = (
        "Level 0 is left: context can be computed"
        if found.ready
        else "Level 0: context cannot be computed yet"
    )
    lines = [
        f"{found.score} of 100  {plain(found.tenant, 60)}  {left}",
        *_over_time(scores),
        "",
        "WHAT LEADS OUT OF LEVEL 0",
        *(line for criterion in found.criteria for line in _criterion(criterion)),
        "",
        "THE TENANT",
        *_checks(found.checks, whole=whole),
        "",
        "SERVICES, THE LEAST READY FIRST",
    ]
    return "\n".join([*lines, *services_text(found.services, whole=whole).splitlines()]) + "\n"


def services_text(services: Sequence[ServiceReadiness], *, whole: bool = False) -> str:
    """Each service with its score, what came from it, what it lacks and how to mend that."""
    lines = [line for service in services for line in ("", *_service(service, whole=whole))]
    if not services:
        lines = ["", *wrapped("  ", "none: neither a catalog nor an alert nor a deploy names one yet", 2)]
    return "\n".join(lines[1:]) + "\n"


def _over_time(scores: Sequence[tuple[int, int]]) -> Iterator[str]:
    if len(scores) > 1:
        bars = "".join(_BARS[min(score * len(_BARS) // 101, len(_BARS) - 1)] for _, score in scores)
        yield f"{bars}  from {scores[0][1]} on {date_text(scores[0][0])}, by day"


def _criterion(criterion: Criterion) -> list[str]:
    return wrapped(f"  {_MARKS[criterion.met]} {criterion.share:>5.0%}  ", criterion.title, 12)


def _service(service: ServiceReadiness, *, whole: bool) -> Iterator[str]:
    owner = plain(service.owner, 40) if service.owner else "nobody"
    seen = (
        ("alert", service.alerts),
        ("deploy", service.deploys),
        ("flag", service.flags),
        ("config", service.configs),
    )
    counted = ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for what, count in seen)
    yield f"{service.score:>3} of 100  {plain(service.service, 60)}"
    yield from wrapped("  ", f"{counted}; owner: {owner}", 2)
    yield from _checks(service.checks, whole=whole)


def _checks(checks: Sequence[Check], *, whole: bool) -> Iterator[str]:
    shown = [check for check in checks if whole or not check.passed]
    if not shown:
        yield "  ok nothing is missing"
    for check in shown:
        yield from wrapped(f"  {_MARKS[check.passed]} ", plain(check.text, 300), 5)
        for line in [] if check.passed else check.mend.splitlines():
            indent = len(line) - len(line.lstrip())
            yield f"       {' ' * indent}{plain(line, 200)}"
