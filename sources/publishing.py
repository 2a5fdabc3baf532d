"""Owns what `incidents publish` sends: what was given, and what the CI run knows besides, in our own plain form.

Pure. What would be refused is told before anything is sent. Goes to: `cli.publish`, and over HTTP to the gateway.
"""

from collections.abc import Mapping
from typing import Final

import orjson

from schemas.times import format_time
from sources import deletions
from sources.alert_labels import severity_of
from sources.catalogue import format_of
from sources.ci_environment import CiRun
from sources.published import SOURCE
from sources.reading import Reading
from streams.redact import Json

Fields = dict[str, Json]
_FLAG: Final = "flag"


class WrongUse(ValueError):
    """What was given cannot be published. The text is one line that says what to do."""


def event_of(kind: str, given: Mapping[str, Json], run: CiRun | None, now: int) -> Fields:
    """The object to send for an alert, deploy, flag or config; `now` in microseconds stands for a time not given.

    WrongUse names the first thing that the gateway would refuse.
    """
    fields: Fields = {name: value for name, value in given.items() if value not in (None, "", [], {})}
    fields = _alert(fields, run, now) if kind == "alert" else _change(kind, fields, run, now)
    event: Fields = {"kind": kind, **{name: value for name, value in fields.items() if value}}
    for refused in format_of(SOURCE).read(event, {}, now).refused:
        raise WrongUse(refused.detail)
    return event


def reading_of_catalog(text: str, now: int = 0) -> Reading:
    """What a catalog file says at `now` (microseconds); bad documents are refused one by one."""
    return format_of("catalog").read(text, {}, now)


def deletion_of(names: list[str]) -> bytes:
    """The catalog document that takes entries out; WrongUse names the first that is no name of an entry."""
    body = orjson.dumps(deletions.document(names))
    for refused in reading_of_catalog(body.decode()).refused:
        raise WrongUse(refused.detail)
    return body


def _alert(given: Fields, run: CiRun | None, now: int) -> Fields:
    said = given.get("severity")
    # The gateway takes any word, since rules have their own; a person at a terminal has mistyped one.
    if said and severity_of({"severity": str(said)}) == "unknown":
        raise WrongUse(f"--severity takes critical, error, warning or info, not {str(said)[:80]!r}")
    known = "ends_at" if given.get("status") == "resolved" else "starts_at"
    return {**_of_run(run), known: format_time(now), **given}


def _change(kind: str, given: Fields, run: CiRun | None, now: int) -> Fields:
    if _FLAG in given:
        given = {**given, "target": f"flag/{given[_FLAG]}"}
        del given[_FLAG]
    fields = {**_of_run(run), "effective_at": format_time(now), **given}
    if run is None:
        return fields
    target, environment = (
        fields.get("target") or f"service/{fields.get('service')}",
        fields.get("environment"),
    )
    said: Fields = {
        "actor": run.actor,
        "after": run.commit if kind == "deploy" else None,
        "source_ref": run.source_ref(str(target), str(environment) if environment else None),
    }
    return {**said, **fields}


def _of_run(run: CiRun | None) -> Fields:
    if run is None:
        return {}
    link = run.link if run.link and run.link.startswith(("http://", "https://")) else None
    return {
        "link": link,
        "environment": run.environment,
        "references": [run.reference] if run.reference else None,
    }
