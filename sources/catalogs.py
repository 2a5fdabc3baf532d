"""Owns which catalog format each document is in: Backstage's, Datadog's, OpsLevel's, a rota, an index of runbooks.

A bad document never stops its neighbours: each is read by itself, and refused under its own place. Goes to:
`sources.catalogue`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from sources import backstage, datadog, deletions, opslevel, rotas, runbooks
from sources.documents import Document, documents
from sources.fields import mapping
from sources.reading import Ignored, Item, Reading, Refused, reading_of, refuse
from streams.redact import Json, redact

Reader = Callable[[Mapping[str, Json], str], Iterator[Item]]
"""What a redacted document says; the text is its place in the delivery."""
_FORMATS: Final[tuple[tuple[Callable[[Mapping[str, Json]], bool], Reader], ...]] = (
    (deletions.recognises, deletions.read),
    (datadog.recognises, datadog.read),
    (opslevel.recognises, opslevel.read),
    (runbooks.recognises, runbooks.read),
)
"""How each format is told from the others; what is none of them is read as Backstage's."""


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """Entities by document. `body` is YAML as a text, a JSON list, one object, or a list under `items`."""
    items = [item for document in documents(body) for item in _items(document, received_at)]
    return (
        reading_of(items) if items else Reading(ignored=(Ignored("empty", "the catalog holds no document"),))
    )


def _items(document: Document, now: int) -> Iterator[Item]:
    path = document.path
    if document.wrong is not None:
        yield Refused("not_yaml", f"not YAML: {document.wrong}", path, document.text)
    elif not isinstance(document.value, dict):
        detail = "a catalog entry is an object; docs/sources.md says of which formats"
        yield refuse("not_an_object", detail, document.value, path)
    else:
        entry = mapping(redact(document.value))
        if rotas.recognises(entry):
            yield from rotas.read(entry, path, now)
            return
        fitting = (reader for recognises, reader in _FORMATS if recognises(entry))
        yield from next(fitting, backstage.read)(entry, path)
