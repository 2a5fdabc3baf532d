"""Owns how catalog entries are named, whatever format they come in, and what ties flags and objects to them.

Goes to: the readers of each catalog format.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sources.fields import listing, literal, text
from sources.reading import Refused, refuse
from streams.redact import Json

_LONGEST_NAME: Final = 200
_TIES: Final[Mapping[str, str]] = {
    "incidents/flags": "target:flag/",
    "incidents/parameters": "target:ssm:",
    "incidents/objects": "target:config/",
    "incidents/aliases": "service:",
}
"""Annotations by which people say what belongs to an entry, and the name that each of their values gets."""
_REPOSITORY: Final = re.compile(r"https?://(?P<host>[\w.-]+)/(?P<slug>[\w.-]+/[\w./-]*?[\w-])(?:\.git)?/?")
_SLUGS: Final[Mapping[str, str]] = {
    "github.com": "github.com/project-slug",
    "gitlab.com": "gitlab.com/project-slug",
}
_PAGER: Final = re.compile(r"https?://[\w.-]+\.pagerduty\.com/(?:services|service-directory)/(?P<id>\w+)/?")


def entity_ref(reference: str, kind: str, namespace: str) -> str:
    """`[kind:][namespace/]name` in full and in lower case; `kind` and `namespace` fill in what is left out."""
    stated_kind, _, rest = reference.rpartition(":")
    stated_namespace, _, name = rest.rpartition("/")
    return f"{stated_kind or kind}:{stated_namespace or namespace}/{name}".lower()


def name_problem(kind: str, name: str, original: Json, path: str) -> Refused | None:
    """Why these cannot name an entry: keys are `kind:namespace/name`, and not endless."""
    if len(kind) + len(name) <= _LONGEST_NAME and not set("/: \n\t") & set(kind + name):
        return None
    return refuse(
        "bad_name", f"{literal(kind)} {literal(name)} cannot be the name of an entry", original, path
    )


def ties(annotations: Mapping[str, Json]) -> Iterator[str]:
    """References for the flags, parameters and objects, and the other names, that annotations tie to an entry."""
    for key, start in _TIES.items():
        for value in names_in(annotations.get(key)):
            yield start + value


def names_in(value: Json) -> list[str]:
    """The names of a list, or of a text in which commas part them."""
    several = listing(value) if isinstance(value, list) else (text(value) or "").split(",")
    return [found for one in several if (found := text(one))]


def repository(url: str | None) -> str | None:
    """The reference of a repository by its address, where senders name repositories of that host."""
    found = _REPOSITORY.fullmatch(url or "")
    return f"{_SLUGS[found['host']]}:{found['slug']}" if found and found["host"] in _SLUGS else None


def pager_service(url: str | None) -> str | None:
    """The reference of a service in PagerDuty by its address, as alerts from there name it."""
    found = _PAGER.fullmatch(url or "")
    return f"pagerduty.com/service-id:{found['id']}" if found else None
