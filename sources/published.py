"""Owns reading our own plain form: one object or a list of them, fields named as in schemas/events.py.

What `incidents publish` sends, and what any script can send with curl. A field with another name or another
kind of value is refused by its name, so that a typing error is never lost in silence. Goes to: `sources.catalogue`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, get_args

from schemas.events import Alert, Change, ChangeKind, ChangeStatus
from schemas.identity import digest
from schemas.times import EARLIEST, HOUR
from sources.alert_labels import environment_of, namespace_of, references_of, service_of, severity_of
from sources.effects import verdict_of
from sources.fields import listing, literal, mapping, moment, text
from sources.reading import Item, Reading, Record, reading_of, refuse
from streams.redact import Json, json_text, redact

SOURCE: Final = "publish"
"""Name of the route, and what messages name as their source."""
_YEAR_TWO: Final = EARLIEST + 366 * 24 * HOUR
"""Times before are the zero of a programming language, not a time."""
_STATUSES: Final = get_args(ChangeStatus)


class _Kind(NamedTuple):
    """How a value is read (None: it is not of this kind), and what it should be, in words."""

    read: Callable[[Json], Any]
    wanted: str


class Wrong(ValueError):
    """What keeps an item from being read: a code, and what to do in one line."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def _time(value: Json) -> int | None:
    found = moment(value)
    return None if found is None or found < _YEAR_TWO else found


def _web(value: Json) -> str | None:
    found = text(value)
    return found if found and found.startswith(("http://", "https://")) else None


def _texts(value: Json) -> dict[str, str] | None:
    if not isinstance(value, dict):
        return None
    return {key: literal(item) for key, item in value.items() if item is not None}


def _names(value: Json) -> tuple[str, ...] | None:
    names = [text(item) for item in listing(value)]
    return tuple(name for name in names if name) if isinstance(value, list) and all(names) else None


def _one_of(*words: str) -> _Kind:
    return _Kind(lambda value: value if value in words else None, f"one of {', '.join(words)}")


_TEXT: Final = _Kind(text, "a text")
_TIME: Final = _Kind(_time, "a time of RFC 3339")
_LINK: Final = _Kind(_web, "a web address")
_COMMON: Final[Mapping[str, _Kind]] = {
    **dict.fromkeys(("kind", "source_ref", "service", "namespace", "environment"), _TEXT),
    "references": _Kind(_names, "a list of texts"),
    "notified_at": _TIME,
    "link": _LINK,
}
_ALERT: Final[Mapping[str, _Kind]] = {
    **_COMMON,
    **dict.fromkeys(("name", "fingerprint", "severity", "summary", "value"), _TEXT),
    **dict.fromkeys(("starts_at", "ends_at"), _TIME),
    **dict.fromkeys(("labels", "annotations"), _Kind(_texts, "an object of texts")),
    "status": _one_of("firing", "resolved"),
}
_CHANGE: Final[Mapping[str, _Kind]] = {
    **_COMMON,
    **dict.fromkeys(("target", "title", "before", "after", "actor"), _TEXT),
    "effective_at": _TIME,
    "status": _one_of(*_STATUSES),
}
_TARGETS: Final[Mapping[ChangeKind, tuple[str, ...]]] = {
    "deploy": ("service/",),
    "flag": ("flag/",),
    "config": ("config/", "ssm:"),
}
"""What the name of a changed thing begins with, by the kind of change."""
_TITLES: Final[Mapping[ChangeKind, str]] = {
    "deploy": "deploy of {subject}",
    "flag": "flag {subject}",
    "config": "config {subject}",
}
_KINDS: Final = ("alert", *_TARGETS)


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Alert or Change for each object; those that cannot be read are refused one by one."""
    if isinstance(body, list) and body:
        return reading_of([_item(item, f"/{number}", received_at) for number, item in enumerate(body)])
    return reading_of([_item(body, "", received_at)])


def _item(item: Json, path: str, received_at: int) -> Item:
    if not isinstance(item, dict):
        return refuse("not_an_object", "what is published is a JSON object, or a list of them", item, path)
    try:
        return _event(mapping(redact(item)), path, received_at)
    except Wrong as wrong:
        return refuse(wrong.reason, str(wrong), item, path)


def _event(said: Mapping[str, Json], path: str, received_at: int) -> Record:
    kind = text(said.get("kind"))
    if kind == "alert":
        return _alert(said, path)
    for change in _TARGETS:
        if change == kind:
            return _change(change, said, path, received_at)
    raise Wrong("no_kind", f"kind is one of {', '.join(_KINDS)}")


def _fields(said: Mapping[str, Json], known: Mapping[str, _Kind]) -> dict[str, Any]:
    """The fields that are given, read as what they should be; blank texts count as not given. Raises Wrong."""
    strange = sorted(set(said) - set(known))
    if strange:
        raise Wrong("unknown_field", f"{literal(strange[0])} is no field here; known are {', '.join(known)}")
    fields: dict[str, Any] = {}
    for name, value in said.items():
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        fields[name] = known[name].read(value)
        if fields[name] is None:
            raise Wrong("wrong_value", f"{name} is not {known[name].wanted}: {literal(value)}")
    return fields


def _needs(fields: Mapping[str, Any], name: str, reason: str, why: str) -> Any:  # noqa: ANN401 - a field's value
    if name not in fields:
        raise Wrong(reason, f"{name} is missing: {why}")
    return fields[name]


def _alert(said: Mapping[str, Json], path: str) -> Record:
    fields = _fields(said, _ALERT)
    name = _needs(fields, "name", "no_name", "the alert needs the name of its rule")
    began = "starts_at" if fields.get("status") != "resolved" or "starts_at" in fields else "ends_at"
    why = "it tells this alert from the next one of the same rule; a resolved one may give ends_at alone"
    starts_at = _needs(fields, began, "no_start", why)
    labels = fields.get("labels", {})
    summary = fields.get("summary", "")
    where = {
        "service": fields.get("service") or service_of(labels),
        "namespace": fields.get("namespace") or namespace_of(labels),
        "environment": fields.get("environment") or environment_of(labels),
    }
    fingerprint = fields.get("fingerprint") or _fingerprint(name, where, labels)
    named = {**labels, **{key: value for key, value in where.items() if value}}
    severity = severity_of({**labels, **_some(severity=fields.get("severity"))})
    found = references_of(named, (summary, *fields.get("annotations", {}).values()))
    message = Alert.model_validate(
        {
            "source": SOURCE,
            "source_ref": f"{SOURCE}:{fingerprint}@{text(said[began])}",
            "status": "firing",
            "starts_at": starts_at,
            "start_known": began == "starts_at",
            **{key: value for key, value in fields.items() if key != "kind"},
            **where,
            "fingerprint": fingerprint,
            "severity": severity,
            "references": tuple(dict.fromkeys((*fields.get("references", ()), *found))),
            "original": json_text(dict(said)),
        }
    )
    return Record("alerts", (message.service or name,), message, path)


def _some(**given: str | None) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}


def _fingerprint(name: str, where: Mapping[str, str | None], labels: Mapping[str, str]) -> str:
    """16 hexadecimal digits over what tells the alert's rule and place, for senders that give none."""
    placed = (f"{key}={where[key] or ''}" for key in sorted(where))
    return digest("published", name, *placed, *(f"{key}={labels[key]}" for key in sorted(labels)))[:16]


def _change(kind: ChangeKind, said: Mapping[str, Json], path: str, received_at: int) -> Record:
    fields = _fields(said, _CHANGE)
    target = _target(kind, fields)
    if "source_ref" not in fields:
        why = "give it, or source_ref, so that sending it again makes no second change"
        _needs(fields, "effective_at", "no_id", why)
        fields["source_ref"] = f"{SOURCE}:{target}@{text(said['effective_at'])}"
    status: ChangeStatus = fields.get("status", "succeeded")
    message = Change.model_validate(
        {
            "source": SOURCE,
            "title": _title(kind, target, fields, status),
            "effective_at": received_at,
            **fields,
            "target": target,
            "suspectable": status == "succeeded",
            "verdict": verdict_of(status),
            "references": _change_references(fields),
            "original": json_text(dict(said)),
        }
    )
    return Record(f"{kind}s", (_subject(kind, target),), message, path)


def _target(kind: ChangeKind, fields: Mapping[str, Any]) -> str:
    """What was changed; a deploy's is its service where nothing else is given. Raises Wrong."""
    starts = _TARGETS[kind]
    named = fields.get("target") or (f"service/{fields.get('service', '')}" if kind == "deploy" else "")
    target = str(named)
    if any(target.startswith(start) and len(target) > len(start) for start in starts):
        return target
    needed = "service, or target" if kind == "deploy" else "target"
    raise Wrong("no_target", f"a {kind} needs {needed}, which begins with {' or '.join(starts)}")


def _subject(kind: ChangeKind, target: str) -> str:
    """The target without what all of its kind begin with."""
    return next(target.removeprefix(start) for start in _TARGETS[kind] if target.startswith(start))


def _change_references(fields: Mapping[str, Any]) -> tuple[str, ...]:
    named = (f"service:{fields['service']}",) if "service" in fields else ()
    return tuple(dict.fromkeys((*named, *fields.get("references", ()))))


def _title(kind: ChangeKind, target: str, fields: Mapping[str, Any], status: ChangeStatus) -> str:
    """What was done, in one line, for those who give no title."""
    parts = [_TITLES[kind].format(subject=_subject(kind, target))]
    if "after" in fields:
        parts.append(str(fields["after"]) if kind == "deploy" else f"set to {fields['after']}")
    if "environment" in fields:
        parts.append(f"{'to' if kind == 'deploy' else 'in'} {fields['environment']}")
    return " ".join(parts) + ("" if status == "succeeded" else f": {status}")
