"""A skip for a reason that is not in the list fails the run; an allowed one is printed."""

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_CONFTEST = """
from tests.skips import skip_rule

def pytest_configure(config):
    config.pluginmanager.register(skip_rule())
"""


def _run(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(_CONFTEST)
    (folder / "test_it.py").write_text(f"import pytest\n{test}\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        f"--rootdir={folder}",
        str(folder),
    ]
    return subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)


def test_a_skip_for_a_listed_reason_is_allowed_and_printed(tmp_path: Path) -> None:
    """The run should stay green and say what it did not look at."""
    done = _run(tmp_path, "def test_a(): pytest.skip('../shared is missing')")
    assert done.returncode == 0
    assert "skipped, allowed: ../shared is missing (1)" in done.stdout


def test_a_skip_for_any_other_reason_fails_the_run(tmp_path: Path) -> None:
    """A test that was put aside should not pass unnoticed."""
    done = _run(tmp_path, "@pytest.mark.skip(reason='flaky')\ndef test_a(): pass\ndef test_b(): pass")
    assert done.returncode == 1
    assert "skipped, NOT ALLOWED: flaky (1)" in done.stdout


def test_a_skipped_module_fails_the_run(tmp_path: Path) -> None:
    """A module that leaves while it is collected should count like a test."""
    done = _run(tmp_path, "pytest.importorskip('no_such_module_here')\ndef test_a(): pass")
    assert done.returncode != 0
    assert "NOT ALLOWED: could not import 'no_such_module_here'" in done.stdout


def test_an_expected_failure_fails_the_run(tmp_path: Path) -> None:
    """A test that is expected to fail is a skip by another name."""
    done = _run(
        tmp_path, "@pytest.mark.xfail(reason='later')\ndef test_a(): assert False\ndef test_b(): pass"
    )
    assert done.returncode == 1
    assert "NOT ALLOWED: expected to fail: later (1)" in done.stdout
