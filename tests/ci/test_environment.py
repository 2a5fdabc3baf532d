"""The environment says clearly what a bare machine lacks, and is made once."""

import subprocess
from pathlib import Path

import pytest

from tests.ci.scripts import CI, load

environment = load("environment")


def _find_python(path: Path) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(CI / "find-python")]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True, check=False)


def test_a_machine_without_python_is_told_so(tmp_path: Path) -> None:
    """An empty PATH should give one line that says what to install."""
    done = _find_python(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: no Python 3.11 or newer on the PATH; install one")


def test_a_python_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    """An old python3 should not hide a newer one of another name."""
    for name, code in (("python3", 1), ("python3.12", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    assert _find_python(tmp_path).stdout.strip() == str(tmp_path / "python3.12")


def test_a_python_without_venv_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's Python without its venv package should be named as the problem."""

    def without_ensurepip(*_args: object, **_options: object) -> None:
        raise subprocess.CalledProcessError(1, "ensurepip")

    monkeypatch.setattr(environment.venv, "create", without_ensurepip)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    with pytest.raises(environment.EnvironmentProblem, match="apt-get install python3-venv"):
        environment._create()  # noqa: SLF001 - the rest of `ensure` would install packages


def test_a_second_run_with_the_same_locks_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fitting stamp should be enough: no pip, no line printed."""
    monkeypatch.setattr(environment, "VENV", tmp_path)
    fitting = environment.fingerprint(environment.lock_files(["run"]))
    (tmp_path / "made-for-run").write_text(fitting)
    environment.ensure(["run"])
    assert capsys.readouterr().out == ""
