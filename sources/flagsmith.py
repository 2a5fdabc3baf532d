"""Owns reading Flagsmith's webhooks: flags of an environment that changed, entries of the audit log.

Source: https://docs.flagsmith.com/system-administration/webhooks. No body has an id: a change is named by its flag
and its time as published. Values may hold secrets and are shown redacted.
"""

import re
from collections.abc import Mapping
from typing import Final

from schemas.events import Change
from sources.fields import Path, at, first_text, literal, mapping, moment, text
from sources.reading import Ignored, Item, Reading, Record, reading_of, refuse
from streams.redact import Json, json_text, redact

_EVENTS: Final = frozenset(("FLAG_UPDATED", "FLAG_DELETED"))
_NEW: Final[Path] = ("data", "new_state")
_OLD: Final[Path] = ("data", "previous_state")
_NAME: Final[tuple[Path, ...]] = ((*_NEW, "feature", "name"), (*_OLD, "feature", "name"))
_ENVIRONMENT: Final[tuple[Path, ...]] = ((*_NEW, "environment", "name"), (*_OLD, "environment", "name"))
_TELLING: Final = ("enabled", "feature_state_value", "multivariate_feature_state_values", "feature_segment")
"""What decides what a flag serves, the most telling first."""
_AUDITED: Final = frozenset(("FEATURE", "FEATURE_STATE", "EF_VERSION"))
_LOGGED: Final = re.compile(r".*?\b(?:feature|created|updated|deleted|state)\b.*?: (\S.*)", re.IGNORECASE)
"""`Flag state / Remote Config value updated for feature: my_feature`."""
_WORDS_ONLY: Final = "FEATURE"


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Change for a flag's change; other entries of the audit log are ignored with the reason."""
    return reading_of([_item(redact(body))])


def _item(original: Json) -> Item:
    """Read from the redacted body alone, so that whatever is claimed stands in it."""
    if not isinstance(original, dict):
        return refuse("not_an_object", "a webhook of Flagsmith is a JSON object", original)
    if "log" in original:
        return _audit_entry(original)
    kind = text(original.get("event_type"))
    if kind is None:
        return refuse(
            "no_event_type", "event_type is missing: is this a webhook of an environment?", original
        )
    if kind not in _EVENTS:
        return Ignored("other_event", f"{kind} is no change of a flag")
    return _flag(original, is_deleted=kind == "FLAG_DELETED")


def _flag(original: Json, *, is_deleted: bool) -> Item:
    name, stamp = first_text(original, _NAME), text(at(original, ("data", "timestamp")))
    time = moment(stamp)
    if name is None:
        return refuse("no_name", "data.new_state.feature.name is missing", original)
    if time is None:
        return refuse("no_time", "data.timestamp is no time of RFC 3339", original)
    aspect = _aspect(original)
    before, after = (
        None if at(original, path) is None else _said(at(original, (*path, aspect))) for path in (_OLD, _NEW)
    )
    verdict = _verdict(original, is_deleted=is_deleted)
    said = "deleted" if is_deleted else f"{aspect} {before or 'none'} -> {after or 'none'}"
    message = Change(
        kind="flag",
        source="flagsmith",
        source_ref=f"flagsmith:{name}@{stamp}",
        suspectable=not verdict,
        verdict=verdict,
        target=f"flag/{name}",
        environment=first_text(original, _ENVIRONMENT),
        references=(f"flag:{name}",),
        title=f"flag {name}: {said}",
        before=before,
        after=None if is_deleted else after,
        actor=text(at(original, ("data", "changed_by"))),
        effective_at=time,
        notified_at=time,
        original=json_text(original),
    )
    return Record("flags", (name,), message)


def _aspect(original: Json) -> str:
    """The most telling field that differs."""
    old, new = mapping(at(original, _OLD)), mapping(at(original, _NEW))
    differing = (field for field in _TELLING if literal(old.get(field)) != literal(new.get(field)))
    return next(differing, _TELLING[0])


def _said(value: Json) -> str | None:
    return None if value is None else literal(value)


def _verdict(original: Json, *, is_deleted: bool) -> str:
    sides = [mapping(at(original, path)) for path in (_NEW, _OLD)]
    if any(text(side.get("identity_identifier")) for side in sides):
        return "it holds for a single identity only"
    old, new = sides[1], sides[0]
    differs = any(literal(old.get(field)) != literal(new.get(field)) for field in _TELLING)
    return "" if differs or is_deleted or not old else "nothing that it serves differs"


def _audit_entry(original: Mapping[str, Json]) -> Item:
    about = text(original.get("related_object_type")) or "an unknown object"
    if about not in _AUDITED:
        return Ignored("other_entry", f"an entry about {about} changes nothing that is served")
    said, stamp = text(original.get("log")) or "", text(original.get("created_date"))
    found, time = _LOGGED.fullmatch(said), moment(stamp)
    if found is None:
        return refuse("no_name", f"log names no flag: {said[:80]}", dict(original))
    if time is None:
        return refuse("no_time", "created_date is no time of RFC 3339", dict(original))
    name = found[1].strip()
    verdict = (
        "what is new or renamed is served by its state in an environment" if about == _WORDS_ONLY else ""
    )
    message = Change(
        kind="flag",
        source="flagsmith",
        source_ref=f"flagsmith:{name}@{stamp}",
        suspectable=not verdict,
        verdict=verdict,
        target=f"flag/{name}",
        environment=first_text(dict(original), (("environment", "name"),)),
        references=(f"flag:{name}",),
        title=said,
        actor=first_text(dict(original), (("author", "email"),)),
        effective_at=time,
        notified_at=time,
        original=json_text(dict(original)),
    )
    return Record("flags", (name,), message)
