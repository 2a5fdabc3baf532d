"""Owns reading a service catalog in Backstage's format: one Entity a document, bad ones refused one by one.

Source: https://backstage.io/docs/features/software-catalog/descriptor-format. Names of entities are
`kind:namespace/name` in lower case, as Backstage compares them; owners are short team names.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from schemas.events import Entity
from sources.documents import Document, documents
from sources.fields import at, first_link, first_text, listing, literal, mapping, text
from sources.reading import Ignored, Item, Reading, Record, Refused, reading_of, refuse
from streams.redact import Json, json_text, redact

_NO_SERVICE: Final[Mapping[str, str]] = {
    "user": "people are not kept; teams own services",
    "location": "a pointer to other catalog files",
    "template": "makes new services, is none",
}
_NAMED_IN: Final[Mapping[str, str]] = {"dependsOn": "component", "consumesApis": "api"}
"""What an entity needs, and the kind that a reference without one means."""
_PROVIDED: Final = "providesApis"
_OTHER_NAMES: Final = ("app.kubernetes.io/name", "app", "k8s-app")
"""Labels by which other tools know it."""
_KUBERNETES_ID: Final = "backstage.io/kubernetes-id"
_KUBERNETES_NAMESPACE: Final = "backstage.io/kubernetes-namespace"
_LONGEST_NAME: Final = 200


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Entity a document. `body` is YAML as a text, a JSON list, one object, or a list under `items`."""
    items = [_item(document) for document in documents(body)]
    return (
        reading_of(items) if items else Reading(ignored=(Ignored("empty", "the catalog holds no document"),))
    )


def _item(document: Document) -> Item:
    path = document.path
    if document.wrong is not None:
        return Refused("not_yaml", f"not YAML: {document.wrong}", path, document.text)
    if not isinstance(document.value, dict):
        return refuse(
            "not_an_object", "a catalog entry is an object with kind and metadata", document.value, path
        )
    entry = mapping(redact(document.value))
    kind, name = text(entry.get("kind")), first_text(dict(entry), (("metadata", "name"),))
    if kind is None or name is None:
        missing = "kind" if kind is None else "metadata.name"
        return refuse("no_name", f"{missing} is missing, so the entry has no name", document.value, path)
    if len(kind) + len(name) > _LONGEST_NAME or set("/: \n\t") & set(kind + name):
        return refuse(
            "bad_name",
            f"{literal(kind)} {literal(name)} cannot be the name of an entry",
            document.value,
            path,
        )
    if kind.lower() in _NO_SERVICE:
        return Ignored(kind.lower(), f"{name}: {_NO_SERVICE[kind.lower()]}", path)
    message = _entity(entry, kind.lower(), name)
    return Record("catalog", (message.entity,), message, path)


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
        depends_on=tuple(dict.fromkeys(_needed(spec, namespace))),
        references=tuple(dict.fromkeys(_references(entry, namespace))),
        runbook=_runbook(entry),
        link=_link(entry),
        original=json_text(dict(entry)),
    )


def entity_ref(reference: str, kind: str, namespace: str) -> str:
    """`[kind:][namespace/]name` in full and in lower case; `kind` and `namespace` fill in what is left out."""
    stated_kind, _, rest = reference.rpartition(":")
    stated_namespace, _, name = rest.rpartition("/")
    return f"{stated_kind or kind}:{stated_namespace or namespace}/{name}".lower()


def _short(reference: str | None) -> str | None:
    """The name at the end of a reference, as it is spelt."""
    return reference.rpartition(":")[2].rpartition("/")[2] or None if reference else None


def _needed(spec: Json, namespace: str) -> Iterator[str]:
    for field, kind in _NAMED_IN.items():
        for reference in listing(at(spec, (field,))):
            named = text(reference)
            if named:
                yield entity_ref(named, kind, namespace)


def _references(entry: Mapping[str, Json], namespace: str) -> Iterator[str]:
    """Every annotation as `key:value`, the object in its cluster, other names, and the APIs that it provides."""
    annotations = {
        key: text(value) for key, value in mapping(at(dict(entry), ("metadata", "annotations"))).items()
    }
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
