"""The generic package names mean this checkout, and a stranger of the same name is told at once."""

import subprocess
import sys
import tomllib
from pathlib import Path

from cli.guard import PACKAGES, ROOT, foreign_packages


def test_every_package_of_this_run_comes_from_this_checkout() -> None:
    """What the tests import should be what they lie beside."""
    assert foreign_packages() == ()


def test_the_guarded_names_are_those_that_are_installed() -> None:
    """A package that is added to pyproject.toml should be guarded, too; what is inside of one is guarded with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = project["tool"]["setuptools"]["packages"]
    assert tuple(name for name in listed if "." not in name) == PACKAGES


def test_a_package_of_another_program_stops_the_command_with_a_clear_line(tmp_path: Path) -> None:
    """A stranger's `schemas` earlier on the path should be named, with exit code 2 and no traceback."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "__init__.py").touch()
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import cli.start; cli.start.start()"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: the package schemas is taken from {tmp_path / 'schemas'}")
    assert "Traceback" not in done.stderr


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    """A name that nothing answers to should be told apart from a stranger's."""
    (sentence,) = foreign_packages(["no_such_package_here"], tmp_path)
    assert sentence.startswith("the package no_such_package_here is missing")
