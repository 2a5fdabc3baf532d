"""Owns the check that the generic package names mean this program's packages.

Another distribution may install a package called `schemas` or `local`; imported instead of ours it would
fail far from its cause. May not: import any of them. Goes to: `cli.start` and the tests.
"""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("schemas", "wire", "sources", "streams", "agents", "sinks", "local", "cli")
"""The packages of this program, as pyproject.toml lists them, without those inside of one."""
ROOT = Path(__file__).resolve().parent.parent


def foreign_packages(names: Iterable[str] = PACKAGES, root: Path = ROOT) -> tuple[str, ...]:
    """One sentence for each name that does not resolve to a package in `root`; empty when all is well."""
    return tuple(sentence for name in names if (sentence := _foreign(name, root)))


def _foreign(name: str, root: Path) -> str:
    spec = find_spec(name)
    if spec is None:
        return f"the package {name} is missing from {root}; install the program again"
    found = Path(spec.origin).resolve().parent if spec.origin else None
    if found == root / name:
        return ""
    place = found or "a folder without __init__.py"
    return (
        f"the package {name} is taken from {place}, not from {root / name}; "
        "install the program in an environment of its own"
    )
