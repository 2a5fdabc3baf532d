"""Owns reading OpsLevel's catalog as code: one service or component a document.

Source: https://docs.opslevel.com/docs/opslevel-yml, and files of that name in public repositories. Names there are for
people and may hold spaces; what others name a service by are its aliases. Goes to: `sources.catalogs`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from schemas.events import Entity
from sources.catalog_names import name_problem, names_in, pager_service, repository, ties
from sources.fields import at, first_link, first_text, listing, mapping, text
from sources.reading import Ignored, Item, Record, refuse
from streams.redact import Json, json_text

_ENTRIES: Final = ("component", "service")
_NO_NAME: Final = re.compile(r"[^a-z0-9]+")
"""What OpsLevel puts a `_` in place of when it makes an alias of a name."""


def recognises(entry: Mapping[str, Json]) -> bool:
    """By an object under `service`, `component` or `repository`, beside no kind."""
    return "kind" not in entry and any(
        isinstance(entry.get(name), dict) for name in (*_ENTRIES, "repository")
    )


def read(entry: Mapping[str, Json], path: str) -> Iterator[Item]:
    """One Entity, or why not."""
    for field in _ENTRIES:
        if isinstance(entry.get(field), dict):
            yield _service(mapping(entry[field]), f"{path}/{field}")
            return
    yield Ignored("repository", "a repository is no service", path)


def _service(service: Mapping[str, Json], path: str) -> Item:
    stated = text(service.get("name"))
    if stated is None:
        return refuse("no_name", "name is missing, so the entry has no name", dict(service), path)
    aliases, tags = names_in(service.get("aliases")), _tags(service)
    name = stated if name_problem("component", stated, None, path) is None else _alias(stated, aliases)
    known = dict.fromkeys((stated, _NO_NAME.sub("_", stated.lower()).strip("_"), *aliases))
    message = Entity(
        entity=f"component:default/{name.lower()}",
        kind="component",
        name=name,
        title=stated if stated != name else None,
        owner=text(service.get("owner")),
        system=text(service.get("system")) or text(service.get("product")),
        lifecycle=text(service.get("lifecycle")),
        depends_on=tuple(_named(service, "dependencies")),
        needed_by=tuple(_named(service, "dependents")),
        references=tuple(
            dict.fromkeys(
                (
                    *ties(tags),
                    *_repositories(service),
                    *_pagers(service),
                    *(f"service:{one}" for one in known),
                )
            )
        ),
        runbook=_tool(service, "runbook"),
        link=_tool(service, ""),
        original=json_text(dict(service)),
    )
    return name_problem("component", name, dict(service), path) or Record(
        "catalog", (message.entity,), message, path
    )


def _alias(stated: str, aliases: list[str]) -> str:
    """A name that can be a key: the first alias, else the one that OpsLevel makes."""
    return aliases[0] if aliases else _NO_NAME.sub("_", stated.lower()).strip("_")


def _tags(service: Mapping[str, Json]) -> dict[str, Json]:
    keyed = ((text(at(tag, ("key",))), at(tag, ("value",))) for tag in listing(service.get("tags")))
    return {key: value for key, value in keyed if key}


def _named(service: Mapping[str, Json], field: str) -> Iterator[str]:
    """Services by their aliases, of which only the catalog as a whole knows whose they are."""
    for one in listing(service.get(field)):
        alias = text(one) if isinstance(one, str) else first_text(one, (("alias",), ("name",)))
        if alias:
            yield f"service:{alias}".lower()


def _repositories(service: Mapping[str, Json]) -> Iterator[str]:
    """`github.com/` and `gitlab.com/` repositories, by their slug."""
    for one in listing(service.get("repositories")):
        name, provider = first_text(one, (("name",),)), first_text(one, (("provider",),)) or "github"
        found = repository(f"https://{provider.lower()}.com/{name}")
        if name and found:
            yield found


def _pagers(service: Mapping[str, Json]) -> Iterator[str]:
    """The service in PagerDuty, by its id under `alert_sources` or in the address of a tool."""
    for one in listing(service.get("alert_sources")):
        identity = first_text(one, (("external_id",),))
        if identity and text(at(one, ("type",))) == "pagerduty":
            yield f"pagerduty.com/service-id:{identity}"
    for tool in listing(service.get("tools")):
        found = pager_service(first_link(tool, (("url",),)))
        if found:
            yield found


def _tool(service: Mapping[str, Json], word: str) -> str | None:
    """The address of the first tool that is called so."""
    called = [
        tool
        for tool in listing(service.get("tools"))
        if word in f"{at(tool, ('name',))} {at(tool, ('category',))}".lower()
    ]
    return next((url for tool in called if (url := first_link(tool, (("url",),)))), None)
