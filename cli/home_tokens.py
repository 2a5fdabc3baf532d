"""Owns the tokens of a local system: one by which replays may publish, one by which its owner sees the page.

Both are made with the system and kept in its home, where only its owner can read them; there is none that
everybody knows. Goes to: `incidents up`, which tells the processes their hashes, `replay`, and the login link.
"""

import secrets
from typing import Final
from urllib.parse import quote

from cli.settings_file import BadSettings
from local.home import Home, replace_file
from schemas.identity import content_hash
from schemas.page_settings import ReaderSettings
from schemas.settings import Settings

REPLAY: Final = "replay-token"
PAGE: Final = "page-token"
_OWNER: Final = ReaderSettings(name="local", tenants=("*",), feedback=True)


def token_of(home: Home, name: str) -> str:
    """A token of a system that is there. Raises BadSettings where it has none."""
    try:
        return (home.folder / name).read_text("utf-8").strip()
    except OSError as problem:
        raise BadSettings(
            f"{home.folder / name} cannot be read: {problem.strerror}; was the system started by `incidents up`?"
        ) from problem


def with_tokens(settings: Settings, home: Home) -> Settings:
    """The settings with the hashes of the home's tokens, made where there are none; those that set their own stay."""
    gateway, page = settings.gateway, settings.page
    if gateway.replay_token_sha256 is None:
        gateway = gateway.model_copy(update={"replay_token_sha256": _hashed(home, REPLAY)})
    if page.readers:
        (home.folder / PAGE).unlink(missing_ok=True)
    else:
        owner = _OWNER.model_copy(update={"token_sha256": _hashed(home, PAGE)})
        page = page.model_copy(update={"readers": (owner,)})
    return settings.model_copy(update={"gateway": gateway, "page": page})


def login_link(home: Home, page: str, onward: str = "") -> str:
    """The address that logs its owner in; what stands behind `#` is sent to nobody, and kept in no log."""
    try:
        token = token_of(home, PAGE)
    except BadSettings:  # the settings name their own readers, whose tokens nobody knows here
        return f"{page}{onward}"
    return f"{page}/login{onward and '?next=' + quote(onward, safe='/')}#{token}"


def _hashed(home: Home, name: str) -> str:
    path = home.folder / name
    if not path.exists():
        replace_file(path, secrets.token_hex(16).encode())
    return content_hash(token_of(home, name).encode())
