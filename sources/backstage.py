"""Owns reading a service catalog in Backstage's format: one Entity a document.

Source: https://backstage.io/docs/features/software-catalog/descriptor-format. Names of entities are
`kind:namespace/name` in lower case, as Backstage compares them; owners are short team names. Goes to:
`sources.catalogs`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from schemas.events import Entity
from sources.catalog_names import entity_ref, name_problem, ties
from sources.fields import at, first_link, first_text, listing, mapping, text
from sources.reading import Ignored, Item, Record, refuse
from streams.redact import Json, json_text

_NO_SERVICE: Final[Mapping[str, str]] = {
    "user": "people are not kept; teams own services",
    "location": "a pointer to other catalog files",
    "template": "makes new services, is none",
}
_NAMED_IN: Final[Mapping[str, str]] = {"dependsOn": "component", "consumesApis": "api"}
"""What an entity needs, and the kind that a reference without one means."""
_NAMED_BY: Final[Mapping[str, str]] = {"dependencyOf": "component"}
"""What needs the entity."""
_PROVIDED: Final = "providesApis"
_OTHER_NAMES: Final = ("app.kubernetes.io/name", "app", "k8s-app")
"""Labels by which other tools know it."""
_KUBERNETES_ID: Final = "backstage.io/kubernetes-id"
_KUBERNETES_NAMESPACE: Final = "backstage.io/kubernetes-namespace"


def read(entry: Mapping[str, Json], path: str) -> Iterator[Item]:
    """One Entity, or why not."""
    kind, name = text(entry.get("kind")), first_text(dict(entry), (("metadata", "name"),))
    if kind is None or name is None:
        missing = "kind" if kind is None else "metadata.name"
        yield refuse("no_name", f"{missing} is missing, so the entry has no name", dict(entry), path)
        return
    problem = name_problem(kind, name, dict(entry), path)
    if problem:
        yield problem
    elif kind.lower() in _NO_SERVICE:
        yield Ignored(kind.lower(), f"{name}: {_NO_SERVICE[kind.lower()]}", path)
    else:
        message = _entity(entry, kind.lower(), name)
        yield Record("catalog", (message.entity,), message, path)


def _entity(entry: Mapping[str, Json], kind: str, name: str) -> Entity:
    namespace = (first_text(dict(entry), (("metadata", "namespace"),)) or "default").lower()
    spec = entry.get("spec")
    return Entity(
        entity=f"{kind}:{namespace}/{name.lower()}",
        kind=kind,
        name=name,
        title=first_text(dict(entry), (("metadata", "title"),)),
        owner=_short(text(at(spec, ("owner",)))),
        system=_short(text(at(spec, ("system",)))),
        lifecycle=text(at(spec, ("lifecycle",))),
        depends_on=tuple(dict.fromkeys(_needed(spec, namespace, _NAMED_IN))),
        needed_by=tuple(dict.fromkeys(_needed(spec, namespace, _NAMED_BY))),
        references=tuple(dict.fromkeys(_references(entry, namespace))),
        runbook=_runbook(entry),
        link=_link(entry),
        original=json_text(dict(entry)),
    )


def _short(reference: str | None) -> str | None:
    """The name at the end of a reference, as it is spelt."""
    return reference.rpartition(":")[2].rpartition("/")[2] or None if reference else None


def _needed(spec: Json, namespace: str, fields: Mapping[str, str]) -> Iterator[str]:
    for field, kind in fields.items():
        for reference in listing(at(spec, (field,))):
            named = text(reference)
            if named:
                yield entity_ref(named, kind, namespace)


def _references(entry: Mapping[str, Json], namespace: str) -> Iterator[str]:
    """Every annotation as `key:value`, the object in its cluster, other names, and the APIs that it provides."""
    annotations = {
        key: text(value) for key, value in mapping(at(dict(entry), ("metadata", "annotations"))).items()
    }
    yield from ties(dict(annotations))
    identity, cluster = annotations.get(_KUBERNETES_ID), annotations.get(_KUBERNETES_NAMESPACE)
    if identity and cluster:
        yield f"kubernetes:{cluster}/{identity}"
    for key, value in annotations.items():
        yield from (f"{key}:{part}" for part in _parts(value))
    for label in _OTHER_NAMES:
        name = text(at(dict(entry), ("metadata", "labels", label)))
        if name:
            yield f"service:{name}"
    for reference in listing(at(entry.get("spec"), (_PROVIDED,))):
        named = text(reference)
        if named:
            yield entity_ref(named, "api", namespace)


def _parts(value: str | None) -> list[str]:
    """An annotation's value; several names in one are taken apart at ` | `, and stand together as well."""
    if value is None:
        return []
    several = [part.strip() for part in value.split(" | ") if part.strip()]
    return [value, *several] if len(several) > 1 else [value]


def _runbook(entry: Mapping[str, Json]) -> str | None:
    """The address of an annotation or of a link that is called a runbook."""
    annotations = mapping(at(dict(entry), ("metadata", "annotations")))
    named = first_link(dict(annotations), [(key,) for key in annotations if "runbook" in key.lower()])
    links = listing(at(dict(entry), ("metadata", "links")))
    called = [link for link in links if "runbook" in f"{at(link, ('title',))} {at(link, ('type',))}".lower()]
    return named or next((url for link in called if (url := first_link(link, (("url",),)))), None)


def _link(entry: Mapping[str, Json]) -> str | None:
    links = listing(at(dict(entry), ("metadata", "links")))
    shown = first_link(dict(entry), (("metadata", "annotations", "backstage.io/view-url"),))
    return shown or next((url for link in links if (url := first_link(link, (("url",),)))), None)
