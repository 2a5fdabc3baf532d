"""Owns reading what is taken out of the catalog: a document `delete:` with the names of entries.

What is deleted stays on the topic as an entry that says so, since whoever reads it from its start has to learn it.
Goes to: `sources.catalogs`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from schemas.events import Entity
from sources.catalog_names import entity_ref, names_in
from sources.fields import literal
from sources.reading import Item, Record, refuse
from streams.redact import Json, json_text

_FIELD: Final = "delete"
_WHOLE: Final = re.compile(r"(?P<kind>[^/:\s]+):(?P<namespace>[^/:\s]+)/(?P<name>[^/:\s]+)")
_OWN: Final = re.compile(r"(?P<kind>rota|runbook):(?P<name>\S+)")
"""Names of our own kinds have no namespace."""


def recognises(entry: Mapping[str, Json]) -> bool:
    """A document that has nothing but names to delete."""
    return set(entry) == {_FIELD}


def read(entry: Mapping[str, Json], path: str) -> Iterator[Item]:
    """One Entity that says deleted for each name; `[kind:][namespace/]name` as in dependencies."""
    names = names_in(entry[_FIELD])
    if not names:
        yield refuse(
            "no_name", "delete needs the names of entries: [component:default/checkout]", dict(entry), path
        )
    for number, name in enumerate(names):
        yield _deletion(name, f"{path}/{_FIELD}/{number}")


def document(names: Iterable[str]) -> Json:
    """The document that takes these entries out."""
    return {_FIELD: [*names]}


def _deletion(name: str, path: str) -> Item:
    reference = name if _OWN.fullmatch(name) else entity_ref(name, "component", "default")
    found = _OWN.fullmatch(reference) or _WHOLE.fullmatch(reference)
    if found is None:
        return refuse("bad_name", f"{literal(name)} is no name of an entry", name, path)
    message = Entity(
        entity=reference,
        kind=found["kind"],
        name=found["name"],
        deleted=True,
        original=json_text({_FIELD: [name]}),
    )
    return Record("catalog", (reference,), message, path)
