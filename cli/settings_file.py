"""Owns reading the settings file: TOML, every name and value checked, one clear line for what is wrong.

Without a file the defaults hold. May not: change a value. Goes to: every command.
"""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from schemas.problem import Problem
from schemas.settings import Settings


class BadSettings(Problem, ValueError):
    """The settings cannot be used; the text says which and why."""


def load_settings(path: Path | None) -> Settings:
    """The settings in a file, or the defaults where none is named. Raises BadSettings."""
    if path is None:
        return Settings()
    try:
        return Settings.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as problem:
        raise BadSettings(f"the settings {path} cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise BadSettings(f"the settings {path} are no TOML: they are no text") from problem
    except tomllib.TOMLDecodeError as problem:
        raise BadSettings(f"the settings {path} are no TOML: {problem}") from problem
    except ValidationError as problem:
        raise BadSettings(f"the settings {path}: {_told(problem)}") from problem


def _told(problem: ValidationError) -> str:
    """The first thing that is wrong, and how many more there are."""
    first, *more = problem.errors()
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        said = f"there is no setting {place}; docs/settings.md lists them"
    else:
        said = f"wrong value at {place}: {first['msg']}"
    return f"{said} (and {len(more)} more)" if more else said
