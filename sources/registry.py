"""Owns serving the committed schemas read-only at the addresses of a Confluent schema registry.

So that any Confluent deserialiser can read our topics without a registry beside us. May not: register
anything. Goes to: the gateway's routes.
"""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from schemas.parsed import schema_text
from schemas.topics import TOPICS, Topic
from sources.answers import answer

_NO_SUBJECT: Final = (40401, "Subject not found.")
_NO_VERSION: Final = (40402, "Version not found.")
_NO_SCHEMA: Final = (40403, "Schema not found")
_SUBJECTS: Final = {topic.subject: topic for topic in TOPICS.values()}
_IDS: Final = {
    number: (topic, version) for topic in TOPICS.values() for version, number in topic.schema_ids.items()
}
_STRICTEST: Final = "FULL_TRANSITIVE"
_MEDIA_TYPE: Final = "application/vnd.schemaregistry.v1+json"


class _Missing(Exception):
    """There is no such thing: the registry's own error code and text."""

    def __init__(self, error: tuple[int, str]) -> None:
        super().__init__(error[1])
        self.code = error[0]


Answer = Callable[[Request], object]


def registry_routes() -> list[BaseRoute]:
    """The addresses that clients read; every other method is refused."""
    table: dict[str, Answer] = {
        "/schemas/types": lambda _: ["AVRO"],
        "/schemas/ids/{id}": _schema,
        "/schemas/ids/{id}/schema": lambda request: _text(*_by_id(request)),
        "/schemas/ids/{id}/subjects": lambda request: [_by_id(request)[0].subject],
        "/schemas/ids/{id}/versions": _places,
        "/subjects": lambda _: sorted(_SUBJECTS),
        "/subjects/{subject}/versions": lambda request: sorted(_topic(request).schema_ids),
        "/subjects/{subject}/versions/{version}": _registered,
        "/subjects/{subject}/versions/{version}/schema": lambda request: _text(*_by_version(request)),
        "/config": lambda _: {"compatibilityLevel": _STRICTEST},
        "/config/{subject}": lambda request: {"compatibilityLevel": _topic(request).compatibility},
        "/mode": lambda _: {"mode": "READONLY"},
        "/mode/{subject}": lambda request: {"mode": "READONLY", "subject": _topic(request).subject},
    }
    return [Route(path, _route(asked), methods=["GET"]) for path, asked in table.items()]


def _route(asked: Answer) -> Callable[[Request], Response]:
    def respond(request: Request) -> Response:
        try:
            content = asked(request)
        except _Missing as missing:
            return answer(404, {"error_code": missing.code, "message": str(missing)})
        if isinstance(content, str):
            return Response(content, media_type=_MEDIA_TYPE)
        return answer(200, content)

    return respond


def _schema(request: Request) -> object:
    return _whole(*_by_id(request))


def _places(request: Request) -> object:
    topic, version = _by_id(request)
    return [{"subject": topic.subject, "version": version}]


def _registered(request: Request) -> object:
    return _whole(*_by_version(request))


def _whole(topic: Topic, version: int) -> object:
    """With its id and subject in both answers: confluent's client keeps what it hears first."""
    return {
        "subject": topic.subject,
        "version": version,
        "id": topic.schema_ids[version],
        "schemaType": "AVRO",
        "schema": _text(topic, version),
    }


def _by_id(request: Request) -> tuple[Topic, int]:
    number = request.path_params["id"]
    found = _IDS.get(int(number)) if number.isdecimal() and len(number) < 10 else None  # noqa: PLR2004 - an int32
    if found is None:
        raise _Missing(_NO_SCHEMA)
    return found


def _topic(request: Request) -> Topic:
    topic = _SUBJECTS.get(request.path_params["subject"])
    if topic is None:
        raise _Missing(_NO_SUBJECT)
    return topic


def _by_version(request: Request) -> tuple[Topic, int]:
    topic, named = _topic(request), request.path_params["version"]
    version = topic.version if named in ("latest", "-1") else int(named) if named.isdecimal() else 0
    if version not in topic.schema_ids:
        raise _Missing(_NO_VERSION)
    return topic, version


def _text(topic: Topic, version: int) -> str:
    return schema_text(topic.name, version)
