"""Owns reading PagerDuty's change events: one deploy each, named by a hash, since they have neither id nor service.

Source: https://developer.pagerduty.com/docs/events-api-v2/send-change-events. What is known of the service stands
in the details, where the sender puts it, or in an address. Goes to: `sources.pagerduty`.
"""

import re
from collections.abc import Mapping
from typing import Final

from schemas.events import Change, ChangeStatus
from schemas.identity import digest
from sources.alert_labels import environment_of, namespace_of, service_of
from sources.effects import verdict_of
from sources.fields import Path, at, first_link, first_text, listing, literal, mapping, moment, text
from sources.reading import Item, Record, refuse
from streams.redact import Json, json_text, redact

_WHOLE: Final = ("payload", "links")
_DETAILS: Final = ("payload", "custom_details")
_STATUSES: Final[Mapping[str, ChangeStatus]] = {
    "": "succeeded",
    "success": "succeeded",
    "succeeded": "succeeded",
    "passed": "succeeded",
    "completed": "succeeded",
    "deployed": "succeeded",
    "started": "started",
    "running": "started",
    "in_progress": "started",
    "pending": "started",
    "failed": "failed",
    "failure": "failed",
    "error": "failed",
    "canceled": "failed",
    "cancelled": "failed",
}
"""A change event without a state tells of something that was done."""
_STATE: Final[tuple[Path, ...]] = ((*_DETAILS, "status"), (*_DETAILS, "state"), (*_DETAILS, "build_state"))
_VERSION: Final[tuple[Path, ...]] = tuple(
    (*_DETAILS, field) for field in ("version", "tag", "release", "commit", "sha", "revision", "build_number")
)
_ACTOR: Final[tuple[Path, ...]] = tuple(
    (*_DETAILS, field) for field in ("user", "actor", "author", "deployed_by", "triggered_by")
)
_REPOSITORY: Final[tuple[Path, ...]] = tuple(
    (*_DETAILS, field) for field in ("repository", "repo", "project", "repository_url")
)
_SLUG: Final = re.compile(
    r"(?:(?:https?://)?(?P<host>github\.com|gitlab\.com)/)?(?P<slug>[\w.-]+/[\w.-]+)(?:[/?#].*)?"
)


def change_event(body: Mapping[str, Json], received_at: int) -> Item:
    """One Change; without a time it took effect when it came. Read from the redacted event alone."""
    original = redact({field: body[field] for field in _WHOLE if field in body})
    summary = text(at(original, ("payload", "summary")))
    if summary is None:
        return refuse("no_summary", "payload.summary is missing: what has changed?", original)
    labels = {
        key: literal(value) for key, value in mapping(at(original, _DETAILS)).items() if value is not None
    }
    service, slugs = service_of(labels), _slugs(original)
    subject = service or (slugs[0].rpartition("/")[2] if slugs else None)
    subject = subject or text(at(original, ("payload", "source"))) or summary
    status = _STATUSES.get((first_text(original, _STATE) or "").lower(), "unknown")
    stated = moment(at(original, ("payload", "timestamp")))
    message = Change(
        kind="deploy",
        source="pagerduty",
        source_ref=f"pagerduty:event-{digest('pagerduty', json_text(original))}",
        status=status,
        suspectable=status == "succeeded",
        verdict=verdict_of(status),
        target=f"service/{subject}",
        service=service,
        namespace=namespace_of(labels),
        environment=environment_of(labels),
        references=(*((f"service:{service}",) if service else ()), *slugs),
        title=summary,
        after=first_text(original, _VERSION),
        actor=first_text(original, _ACTOR),
        effective_at=received_at if stated is None else stated,
        notified_at=stated,
        link=next((found for link in _links(original) if (found := first_link(link, (("href",),)))), None),
        original=json_text(original),
    )
    return Record("deploys", (subject,), message)


def _links(original: Json) -> list[Json]:
    return listing(at(original, ("links",)))


def _slugs(original: Json) -> tuple[str, ...]:
    """Repositories that the details or the links name, as catalogs name them."""
    named = [first_text(original, (path,)) for path in _REPOSITORY]
    linked = [link for one in _links(original) if (link := first_link(one, (("href",),)))]
    found = [_SLUG.fullmatch(one) for one in named if one]
    found += [match for one in linked if (match := _SLUG.fullmatch(one)) and match["host"]]
    return tuple(
        dict.fromkeys(f"{one['host'] or 'github.com'}/project-slug:{one['slug']}" for one in found if one)
    )
