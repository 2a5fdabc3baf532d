"""Owns reading Datadog's software catalog: service definitions of version 2, 2.1 and 2.2, entities of version 3.

Source: the schemas of https://github.com/DataDog/schema/tree/main/service-catalog. A service becomes a component, so
that an entry has one name whichever catalog it comes from. Goes to: `sources.catalogs`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from schemas.events import Entity
from sources.catalog_names import entity_ref, name_problem, pager_service, repository, ties
from sources.fields import Path, at, first_link, first_text, listing, mapping, text
from sources.reading import Item, Record, refuse
from streams.redact import Json, json_text

_VERSION: Final = "schema-version"
_KINDS: Final[Mapping[str, str]] = {
    "service": "component",
    "library": "component",
    "datastore": "resource",
    "queue": "resource",
    "application": "system",
}
"""Datadog's kinds that have another name here; the others keep theirs."""
_NAMED_BY_TAG: Final = ("service", "app", "kube_deployment")
_PAGERDUTY: Final[tuple[Path, ...]] = (
    ("integrations", "pagerduty", "serviceURL"),
    ("integrations", "pagerduty", "service-url"),
    ("integrations", "pagerduty"),
)
_SCM: Final = ("links", "repos", "codeLocations")


def recognises(entry: Mapping[str, Json]) -> bool:
    """By the version that every document of Datadog names."""
    return _VERSION in entry or "dd-service" in entry or text(entry.get("apiVersion")) == "v3"


def read(entry: Mapping[str, Json], path: str) -> Iterator[Item]:
    """One Entity, or why not."""
    is_old = _VERSION in entry or "dd-service" in entry
    yield _version_2(entry, path) if is_old else _version_3(entry, path)


def _version_2(entry: Mapping[str, Json], path: str) -> Item:
    name = text(entry.get("dd-service"))
    if name is None:
        return refuse("no_name", "dd-service is missing, so the entry has no name", dict(entry), path)
    message = Entity(
        entity=entity_ref(name, "component", "default"),
        kind="component",
        name=name,
        owner=text(entry.get("team")) or text(entry.get("dd-team")),
        system=text(entry.get("application")),
        lifecycle=text(entry.get("lifecycle")),
        references=tuple(dict.fromkeys(_references(entry, ()))),
        runbook=_link(entry, runbook=True),
        link=_link(entry, runbook=False),
        original=json_text(dict(entry)),
    )
    return name_problem("component", name, dict(entry), path) or Record(
        "catalog", (message.entity,), message, path
    )


def _version_3(entry: Mapping[str, Json], path: str) -> Item:
    stated, name = text(entry.get("kind")), first_text(dict(entry), (("metadata", "name"),))
    if stated is None or name is None:
        missing = "kind" if stated is None else "metadata.name"
        return refuse("no_name", f"{missing} is missing, so the entry has no name", dict(entry), path)
    namespace = first_text(dict(entry), (("metadata", "namespace"),)) or "default"
    kind, metadata, spec = _kind(stated), mapping(entry.get("metadata")), entry.get("spec")
    message = Entity(
        entity=f"{kind}:{namespace}/{name}".lower(),
        kind=kind,
        name=name,
        title=text(metadata.get("displayName")),
        owner=_short(text(metadata.get("owner"))),
        system=next(_systems(spec), None),
        lifecycle=text(at(spec, ("lifecycle",))),
        depends_on=tuple(_named(spec, "dependsOn", namespace)),
        needed_by=tuple(_named(spec, "dependencyOf", namespace)),
        references=tuple(dict.fromkeys(_references({**entry, **metadata}, _SCM))),
        runbook=_link(metadata, runbook=True),
        link=_link(metadata, runbook=False),
        original=json_text(dict(entry)),
    )
    return name_problem(kind, name, dict(entry), path) or Record("catalog", (message.entity,), message, path)


def _kind(stated: str) -> str:
    return _KINDS.get(stated.lower(), stated.lower())


def _short(reference: str | None) -> str | None:
    return reference.rpartition(":")[2].rpartition("/")[2] or None if reference else None


def _named(spec: Json, field: str, namespace: str) -> Iterator[str]:
    """Entities in full, with the kinds that are used here."""
    for one in listing(at(spec, (field,))):
        kind, _, rest = (text(one) or "").rpartition(":")
        if rest:
            yield entity_ref(f"{_kind(kind or 'service')}:{rest}", "component", namespace)


def _systems(spec: Json) -> Iterator[str]:
    for one in listing(at(spec, ("componentOf",))):
        kind, _, name = (text(one) or "").partition(":")
        if _kind(kind) == "system" and name:
            yield name


def _references(entry: Mapping[str, Json], places: Iterable[str]) -> Iterator[str]:
    """What people tie to it under `extensions`, its repositories, its service in PagerDuty, its names by tags."""
    yield from ties(mapping(entry.get("extensions")))
    datadog = mapping(entry.get("datadog"))
    for place in places or _SCM:
        for link in listing(entry.get(place)) or listing(datadog.get(place)):
            found = repository(first_text(link, (("url",), ("repositoryURL",))))
            if found:
                yield found
    pager = pager_service(first_link(dict(entry), _PAGERDUTY))
    if pager:
        yield pager
    for tag in listing(entry.get("tags")):
        key, _, value = (text(tag) or "").partition(":")
        if key in _NAMED_BY_TAG and value:
            yield f"service:{value}"


def _link(entry: Mapping[str, Json], *, runbook: bool) -> str | None:
    """The first link, or the first that is called a runbook."""
    several = [*listing(entry.get("links")), *listing(entry.get("docs"))]
    called = [
        link
        for link in several
        if not runbook or "runbook" in f"{at(link, ('name',))} {at(link, ('type',))}".lower()
    ]
    return next((url for link in called if (url := first_link(link, (("url",),)))), None)
