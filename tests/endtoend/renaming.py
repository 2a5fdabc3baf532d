"""Another organisation in which the same happened: a recording with every name of its own renamed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from streams.topology import in_words

_WORD = r"(?<!\d)(?:[A-Z]+(?![a-z])|[A-Z]?[a-z]+)(?!\d)"
"""A word of a name; letters beside digits are part of a hash, and hashes stay hashes."""
_SENDERS = r"dev\.flagd|flagd\.dev|^flagd:"
"""Names of senders where a service is called the same."""
_OF_FORMATS = frozenset(
    (
        *("api", "app", "component", "database", "default", "email", "info", "lambda", "node", "parameter"),
        *("proxy", "resource", "server", "service", "services", "status", "step", "update"),
        *("amazonaws", "aws", "com", "ssm"),
    )
)
"""Words that formats, or the words of alert rules, give a meaning of their own."""
_KEYED = frozenset(("flags",))
"""Fields whose keys are names."""
_NAMES = frozenset(("labels/instance", "labels/node", "requestParameters/name", "/key"))
"""Fields, with the one around them, that name a machine, a parameter or a flag."""


class Names(NamedTuple):
    """What is renamed: single words wherever they stand, and whole names with every word in them."""

    words: frozenset[str]
    pattern: re.Pattern[str]


def rename(recording: Path, to: Path) -> None:
    """Writes the recording anew: services, systems, namespaces and people by the catalog, flags, parameters, hosts."""
    to.mkdir()
    entries = [entry for entry in yaml.safe_load_all((recording / "catalog.yaml").read_text()) if entry]
    lines = [json.loads(line) for line in (recording / "events.jsonl").read_text().splitlines()]
    names = _names(entries, lines)
    (to / "catalog.yaml").write_text(yaml.safe_dump_all(_anew(entry, names) for entry in entries))
    truth = json.loads((recording / "truth.json").read_text())
    (to / "truth.json").write_text(json.dumps(_anew(truth, names)))
    anew = ({**line, "body": _anew(line["body"], names)} for line in lines)
    (to / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in anew))


def _names(entries: list[Any], lines: list[Any]) -> Names:
    words = {word for entry in entries for word in in_words(entry["metadata"]["name"])} - _OF_FORMATS
    whole = sorted(
        {name for line in lines for name in _whole(line["body"])}, key=lambda name: (-len(name), name)
    )
    either = "|".join(map(re.escape, whole))
    pattern = rf"(?P<sender>{_SENDERS})|(?P<whole>(?<![A-Za-z\d])(?:{either})(?![A-Za-z\d]))|{_WORD}"
    return Names(frozenset(words), re.compile(pattern))


def _whole(value: Any, field: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """The names of flags, parameters and machines in a delivery."""
    if isinstance(value, dict):
        yield from value if field in _KEYED else ()
        for key, inner in value.items():
            yield from _whole(inner, f"{field}/{key}" if f"{field}/{key}" in _NAMES else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _whole(inner, field)
    elif isinstance(value, str) and field in _NAMES and value:
        yield value


def _anew(value: Any, names: Names, field: str = "") -> Any:  # noqa: ANN401 - JSON
    """The same with every name replaced; the keys of objects belong to the formats, but for those that are names."""
    if isinstance(value, dict):
        keyed = field in _KEYED
        return {
            _in_text(key, names) if keyed else key: _anew(inner, names, key) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_anew(inner, names, field) for inner in value]
    return _in_text(value, names) if isinstance(value, str) else value


def _in_text(text: str, names: Names) -> str:
    return names.pattern.sub(lambda found: _name(found, names), text)


def _name(found: re.Match[str], names: Names) -> str:
    if found.lastgroup == "sender":
        return found[0]
    if found.lastgroup == "whole":
        return re.sub(_WORD, lambda word: _word(word[0]), found[0])
    return _word(found[0]) if found[0].lower() in names.words else found[0]


def _word(word: str) -> str:
    """Another word in the same place of the alphabet, in the same case."""
    anew = f"zu{word.lower()}"
    if word.isupper() and len(word) > 1:
        return anew.upper()
    return anew.capitalize() if word[0].isupper() else anew
