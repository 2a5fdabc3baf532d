"""Owns the token by which replays may publish to a local system: made with the system, kept in its home.

Only the owner of the home can read it. Goes to: `incidents up`, which tells the gateway its hash, and `replay`.
"""

import secrets

from cli.settings_file import BadSettings
from local.home import Home, replace_file
from schemas.identity import content_hash
from schemas.settings import Settings

_NAME = "replay-token"


def token_of(home: Home) -> str:
    """The token of a system that is there. Raises BadSettings where it has none."""
    try:
        return (home.folder / _NAME).read_text("utf-8").strip()
    except OSError as problem:
        raise BadSettings(
            f"{home.folder / _NAME} cannot be read: {problem.strerror}; was the system started by `incidents up`?"
        ) from problem


def with_replay_token(settings: Settings, home: Home) -> Settings:
    """The settings with the hash of the home's token, which is made where there is none; those that set one stay."""
    if settings.gateway.replay_token_sha256 is not None:
        return settings
    path = home.folder / _NAME
    if not path.exists():
        replace_file(path, secrets.token_hex(16).encode())
    hashed = content_hash(token_of(home).encode())
    return settings.model_copy(
        update={"gateway": settings.gateway.model_copy(update={"replay_token_sha256": hashed})}
    )
