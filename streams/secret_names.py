"""Owns which names mean a secret: `dbPassword`, `X-Api-Key`, `aws_secret_access_key`, but not `secretName`.

May not: look at values. Goes to: `streams.redact`.
"""

import re
from functools import lru_cache
from typing import Final

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LAST: Final = frozenset(
    "password passwords passwd passphrase passcode pwd pgpassword htpasswd"  # noqa: SIM905 - words
    " secret secrets token tokens jwt apikey apitoken accesskey secretkey privatekey authorization"
    " credential credentials creds cookie cookies connectionstring dsn dockerconfigjson dockercfg".split()
)
"""Last words that name a secret by themselves."""
_PAIRS: Final = frozenset(
    {"connection string", "private pem", "tls key", "db pass", "user pass", "smtp pass", "redis pass"}
    | {f"{kind} key" for kind in ("api", "access", "secret", "private", "signing", "signature", "encryption")}
    | {f"{kind} key" for kind in ("account", "master", "shared", "ssh", "session", "auth")}
)
"""Last two words that name a secret together."""
_TAILS: Final = frozenset(
    "value hash base64 b64 string text plain plaintext key old new current previous"  # noqa: SIM905 - words
    " prod production staging dev test".split()
)
"""Words after the name that change nothing about it: `password_hash`, `tokenValue`."""
_ACCESS_KEY_ID: Final = ("access", "key", "id")
_LONGEST: Final = 200


@lru_cache(maxsize=8192)
def names_secret(name: str) -> bool:
    """True when a field or setting of this name holds a secret."""
    words = [word.lower() for word in _WORDS.findall(name[:_LONGEST])]
    while words and not _secret_end(words) and (words[-1].isdigit() or words[-1] in _TAILS):
        words.pop()
    return bool(words) and _secret_end(words)


def _secret_end(words: list[str]) -> bool:
    if words[-1] in _LAST or " ".join(words[-2:]) in _PAIRS:
        return True
    return tuple(words[-3:]) == _ACCESS_KEY_ID
