"""Owns what secrets look like in running text: tokens of known make, key=value pairs, addresses with a login.

May not: know JSON. Goes to: `streams.redact`. Every quantifier is bounded or cannot backtrack, so that no
text makes the search slow.
"""

import re
from typing import Final

from streams.secret_names import names_secret

_MARK: Final = "[redacted]"

_WORDS: Final = (
    "pass pwd secret token key auth cred cookie jwt dsn connectionstring dockerc bearer basic :// eyj akia asia"  # noqa: SIM905 - words
    " aroa aida ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- xox aiza k_live_ k_test_ -----begin slack.com".split()
)
_HINT: Final = re.compile("|".join(map(re.escape, _WORDS)))
"""No text without one of these, in lower case, can hold a secret that we know."""

_WHOLE: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:(?!-----END)[\s\S])*+(?:-----END [A-Z0-9 ]{0,40}-----)?"
    r"|(?<![\w-])eyJ[\w-]{5,}+\.[\w-]{5,}+(?:\.[\w-]*+)?"
    r"|\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}+\b|\bgithub_pat_\w{20,}+|(?<![\w-])glpat-[\w-]{16,}+"
    r"|(?<![\w-])xox[abeoprs]-[\w-]{10,}+|(?<![\w-])AIza[\w-]{30,}+|\b[sr]k_(?:live|test)_\w{16,}+"
)
"""Tokens that are recognised by their make, wherever they stand."""

_AFTER: Final = (
    re.compile(r"(\bbearer\s{1,3})(?=[\w.~+/-]{0,60}\d|[\w.~+/-]{20})[\w.~+/-]{8,}+=*+", re.IGNORECASE),
    re.compile(
        r"(\b[Bb]asic\s{1,3})(?=[A-Za-z0-9+/]{0,60}(?:[0-9=+/]|[a-z][A-Z]))[A-Za-z0-9+/]{8,}+={0,2}(?![\w-])"
    ),
    re.compile(r"(\bhooks\.slack\.com/services/)[\w/]{10,}+"),
    re.compile(r"(://[^\s/:@\"'<>\[\]]{0,80}:)(?!\[redacted\]@)[^\s/@\"'<>]{1,200}(?=@)"),
)
"""What follows these openings is masked; the opening stays."""

_NAME: Final = re.compile(
    r"(?<![\w.-])(?P<name>[\w.-]++)(?:\\?[\"']?\s{0,3}[:=]\s{0,3}|(?<=[\w-])\s(?=[^\s-]))", re.IGNORECASE
)
"""What may name a value: `name=`, `name: `, `"name": "`, also with escaped quotation marks, and `--name `."""
_VALUE: Final = re.compile(
    r"(?!\s|\\?[\"']?\[redacted\])"
    r"(?:(?P<quote>\\\"|\"|')(?:(?!(?P=quote)|\n)[\s\S])*+(?P=quote)|(?:(?:bearer|basic)\s)?[^\s,;&\"'<>(){}\[\]|\\]++)",
    re.IGNORECASE,
)
"""The value itself, quoted or not; one that is masked already is none."""


def mask_patterns(text: str) -> str:
    """The text with the secrets masked that one pass finds."""
    if not _HINT.search(text.lower()):
        return text
    text = _WHOLE.sub(_MARK, text)
    for opening in _AFTER:
        text = opening.sub(rf"\g<1>{_MARK}", text)
    return _mask_named(text)


def _mask_named(text: str) -> str:
    """The values masked that stand beside the name of a secret."""
    pieces: list[str] = []
    done = 0
    for found in _NAME.finditer(text):
        if found.start() < done or not _names_value(found):
            continue
        value = _VALUE.match(text, found.end())
        if value and value.end() - value.start() > 2 * len(value["quote"] or ""):
            quote = value["quote"] or ""
            pieces += (text[done : found.end()], quote, _MARK, quote)
            done = value.end()
    return "".join((*pieces, text[done:]))


def _names_value(found: re.Match[str]) -> bool:
    """A name before a blank only counts as an option of a command line."""
    separated = any(sign in found[0][len(found["name"]) :] for sign in ":=")
    return (separated or found["name"].startswith("-")) and names_secret(found["name"])
