"""Owns reading LaunchDarkly's audit log entries: changes of flags and of segments.

Source: https://launchdarkly.com/docs/api/audit-log. Webhooks send an entry as the API shows it; integrations
send it with `project`, `key` and `verbKind` beside. Both are read. An entry about anything else is ignored.
"""

import re
from collections.abc import Mapping
from typing import Final

from schemas.events import Change
from sources.effects import opposite
from sources.epochs import epoch
from sources.fields import Path, at, first_link, first_moment, first_text, listing, mapping, text
from sources.reading import Ignored, Item, Reading, Record, reading_of, refuse
from sources.telling import quoted
from streams.redact import Json, json_text, redact

_WHOLE: Final = (
    "_id",
    "kind",
    "name",
    "key",
    "date",
    "timestamp",
    "titleVerb",
    "verbKind",
    "accesses",
    "description",
    "comment",
    "project",
)
_KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "member": ("_id", "email", "displayName"),
    "_links": ("canonical", "site", "details"),
    "target": ("name", "resources"),
}
"""What the original keeps of the long parts that say nothing about the change."""
_SAID: Final = ("title", "details")
"""What stands there as plain text, Markdown and HTML; the plain text is kept."""
_WORDS_ONLY: Final = re.compile(
    r"(?:create|update|add|delete|remove)(?:Flag)?(?:Tag|Name|Description|Comment|Maintainer|CustomProperties|Link"
    r"|IncludeInSnippet|ClientSideFlagAvailability|Temporary|Followers?|GoalIds|Metrics?|Deprecated)\w*"
)
"""Verbs that change what is said about a flag, not what it serves."""
_NEW: Final = re.compile(r"(?:create|clone)(?:Flag|Segment)")
_SWITCH: Final = re.compile(r"\bturned (on|off)\b")
_STEP: Final = re.compile(r"from '([^'\n]{1,100})' to '([^'\n]{1,100})'")
_RESOURCE: Final = re.compile(r"proj/([^:;]+)(?::env/([^:;]+))?:(?:flag|segment)/([^:;]+)")
_CANONICAL: Final = re.compile(r".*/api/v2/(?:flags|segments)/[^/]+/(?:[^/]+/)?([^/?]+)")
_ALL: Final = frozenset(("~", "*", ""))
"""How an entry says that it holds for every environment."""
_ENVIRONMENT: Final[Path] = ("project", "environment", "key")
_TITLE: Final[tuple[Path, ...]] = (("title", "plainText"), ("title",))
_DETAILS: Final[tuple[Path, ...]] = (("details", "plainText"), ("description",))
_ACTOR: Final[tuple[Path, ...]] = (("member", "email"), ("member", "displayName"))
_TIME: Final[tuple[Path, ...]] = (("timestamp", "milliseconds"), ("date",))
_LINK: Final[tuple[Path, ...]] = (("_links", "site", "href"), ("_links", "details", "href"))


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Change for an entry about a flag or a segment."""
    return reading_of([_item(body)])


def _item(body: Json) -> Item:
    if not isinstance(body, dict):
        return refuse("not_an_object", "an audit log entry is a JSON object", body)
    kind = text(body.get("kind"))
    if kind is None or text(body.get("_id")) is None:
        return refuse("not_an_entry", "_id or kind is missing: is it LaunchDarkly's audit log?", body)
    if kind not in ("flag", "segment"):
        return Ignored("other_kind", f"an entry about a {quoted(kind)} changes nothing that is served")
    return _change(_original(body), kind)


def _original(body: Mapping[str, Json]) -> Json:
    kept: dict[str, Json] = {field: body[field] for field in _WHOLE if field in body}
    for field, inside in _KEPT.items():
        part = mapping(body.get(field))
        kept[field] = {name: part[name] for name in inside if name in part}
    for field in _SAID:
        said = body.get(field)
        kept[field] = {"plainText": said.get("plainText")} if isinstance(said, dict) else said
    return redact(kept)


def _change(original: Json, kind: str) -> Item:
    """Read from the redacted entry alone, so that whatever is claimed stands in it."""
    key, time = _key(original), _time(original)
    identity = text(at(original, ("_id",)))
    if key is None or identity is None:
        return refuse("no_key", "neither key nor a resource names the flag", original)
    if time is None:
        return refuse("no_time", "timestamp or date is missing", original)
    before, after = _sides(original)
    target = f"flag/{key}" if kind == "flag" else f"config/segments/{_project(original)}/{key}"
    verdict = _verdict(original)
    message = Change(
        kind="flag" if kind == "flag" else "config",
        source="launchdarkly",
        source_ref=f"launchdarkly:{identity}",
        suspectable=not verdict,
        verdict=verdict,
        target=target,
        environment=_environment(original),
        references=(
            f"{kind}:{key}",
            f"launchdarkly.com/{kind}:{_project(original)}/{key}",
            f"launchdarkly.com/project-key:{_project(original)}",
        ),
        title=_title(original, kind, key),
        before=before,
        after=after,
        actor=first_text(original, _ACTOR),
        effective_at=time,
        notified_at=time,
        link=first_link(original, _LINK),
        original=json_text(original),
    )
    topic, name = ("flags", key) if kind == "flag" else ("configs", target)
    return Record(topic, (name,), message)


def _verb(original: Json) -> str:
    """What was done, in LaunchDarkly's own word."""
    accesses = listing(at(original, ("accesses",)))
    return (
        text(at(original, ("verbKind",))) or (text(at(accesses[0], ("action",))) if accesses else None) or ""
    )


def _verdict(original: Json) -> str:
    verb = _verb(original)
    if _NEW.fullmatch(verb):
        return "what is new is served to nobody until it is turned on"
    return "only what is said about it changed, not what it serves" if _WORDS_ONLY.fullmatch(verb) else ""


def _sides(original: Json) -> tuple[str | None, str | None]:
    """On and off as the verb says, else the first step that the details name: from '50%' to '43%'."""
    switched = _SWITCH.search(first_text(original, (("titleVerb",), *_TITLE)) or "")
    if switched:
        return opposite(switched[1]), switched[1]
    step = _STEP.search(first_text(original, _DETAILS) or "")
    return (step[1].strip() or None, step[2].strip() or None) if step else (None, None)


def _title(original: Json, kind: str, key: str) -> str:
    """What was done; an update says little, so the first line of its details stands beside."""
    verb = text(at(original, ("titleVerb",))) or _verb(original) or "changed"
    lines = (first_text(original, _DETAILS) or "").splitlines()
    done = f"{kind} {key}: {verb.removesuffix(f' the {kind}')}"
    return f"{done}: {lines[0].strip()}" if lines and not _SWITCH.search(verb) else done


def _resource(original: Json) -> re.Match[str] | None:
    """`proj/default:env/production:flag/key`, the name that policies use."""
    named = [*listing(at(original, ("target", "resources")))]
    named += [at(access, ("resource",)) for access in listing(at(original, ("accesses",)))]
    return next((found for one in named if (found := _RESOURCE.match(text(one) or ""))), None)


def _key(original: Json) -> str | None:
    found = _resource(original) or _CANONICAL.fullmatch(
        text(at(original, ("_links", "canonical", "href"))) or ""
    )
    return text(at(original, ("key",))) or (found[found.re.groups] if found else None)


def _project(original: Json) -> str:
    found = _resource(original)
    return text(at(original, ("project", "key"))) or (found[1] if found else "")


def _environment(original: Json) -> str | None:
    found = _resource(original)
    named = text(at(original, _ENVIRONMENT)) or (found[2] if found else None) or ""
    return None if named in _ALL else named


def _time(original: Json) -> int | None:
    exact = next((found for path in _TIME if (found := epoch(at(original, path))) is not None), None)
    return exact if exact is not None else first_moment(original, (("timestamp", "rfc3339"),))
