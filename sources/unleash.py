"""Owns reading Unleash's events, as its webhook integration posts them without a body template.

Source: https://docs.getunleash.io/concepts/events. Turning a flag on or off in an environment, and its strategies,
variants and segments, change what is served; names, tags and requests for changes do not.
"""

from collections.abc import Mapping
from typing import Final

from schemas.events import Change
from sources.effects import opposite
from sources.fields import Path, at, first_text, literal, moment, text
from sources.reading import Ignored, Item, Reading, Record, reading_of, refuse
from streams.redact import Json, json_text, redact

_SWITCHES: Final[Mapping[str, str]] = {
    "feature-environment-enabled": "on",
    "feature-environment-disabled": "off",
}
_SERVED: Final = (
    "feature-environment-",
    "feature-strategy-",
    "feature-variants-",
    "feature-variant-",
    "feature-archived",
    "feature-revived",
    "feature-deleted",
    "feature-dependenc",
    "release-plan-",
    "milestone-",
    "strategy-order-changed",
    "segment-updated",
    "segment-deleted",
    "features-imported",
)
"""How types begin that change what is served."""
_ABOUT_FLAGS: Final = ("feature", "strategy-order", "segment", "release-plan", "milestone")
_SEGMENT: Final = "segment-"
_SET: Final = ("parameters", "variants", "strategies")
_NAME: Final[tuple[Path, ...]] = (
    ("featureName",),
    ("data", "name"),
    ("preData", "name"),
    ("data", "featureName"),
)


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Change for an event about a flag or a segment; other events are ignored with the reason."""
    return reading_of([_item(redact(body))])


def _item(original: Json) -> Item:
    """Read from the redacted event alone, so that whatever is claimed stands in it."""
    if not isinstance(original, dict):
        return refuse("not_an_object", "an event of Unleash is a JSON object", original)
    kind, identity = text(original.get("type")), text(original.get("id"))
    if kind is None or identity is None:
        detail = "type or id is missing: leave the body template of the integration empty"
        return refuse("not_an_event", detail, original)
    if not kind.startswith(_ABOUT_FLAGS):
        return Ignored("other_event", f"{kind} changes nothing that is served")
    time, name = moment(original.get("createdAt")), first_text(original, _NAME)
    if name is None:
        return refuse("no_name", "featureName is missing", original)
    if time is None:
        return refuse("no_time", "createdAt is no time of RFC 3339", original)
    return _change(original, kind, name, time)


def _change(original: Mapping[str, Json], kind: str, name: str, time: int) -> Item:
    is_segment = kind.startswith(_SEGMENT)
    environment = text(original.get("environment"))
    before, after = _sides(original, kind)
    verdict = "" if kind.startswith(_SERVED) else "only what is said about it changed, not what it serves"
    target = f"config/segments//{name}" if is_segment else f"flag/{name}"
    message = Change(
        kind="config" if is_segment else "flag",
        source="unleash",
        source_ref=f"unleash:{text(original.get('id'))}",
        suspectable=not verdict,
        verdict=verdict,
        target=target,
        environment=environment,
        references=(f"{'segment' if is_segment else 'flag'}:{name}",),
        title=f"{'segment' if is_segment else 'flag'} {name}: {kind}"
        + (f" in {environment}" if environment else ""),
        before=before,
        after=after,
        actor=text(original.get("createdBy")),
        effective_at=time,
        notified_at=time,
        original=json_text(dict(original)),
    )
    return Record("configs" if is_segment else "flags", (target if is_segment else name,), message)


def _sides(original: Mapping[str, Json], kind: str) -> tuple[str | None, str | None]:
    """On and off as the type says; else what both sides are set to."""
    if kind in _SWITCHES:
        return opposite(_SWITCHES[kind]), _SWITCHES[kind]
    before, after = (_set(original.get(side)) for side in ("preData", "data"))
    return before, after


def _set(side: Json) -> str | None:
    """What a strategy or the variants are set to."""
    found = next((value for field in _SET if (value := at(side, (field,)))), None)
    return None if found is None else literal(found)
