"""Owns `.venv`: makes it from the lock files, every package checked by its hash.

Runs on a bare Python with the standard library alone: `python .ci/environment.py run` for what the
program needs, `... run dev` for the tests and checks too. A second run with the same locks changes
nothing. May not: install anything without a hash, name a package index.
"""

import fcntl
import hashlib
import re
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
_NEW_PACKAGE = re.compile(r"^Collecting (\S+?)==")
_TAIL = 15
"""How many of pip's last lines are shown when it fails."""
_NO_VENV = (
    "this Python cannot make environments; install its venv module "
    "(Debian and Ubuntu: apt-get install python3-venv) and try again"
)


class EnvironmentProblem(Exception):
    """What a person has to do before the environment can be made, in one line."""


def lock_files(purposes: Sequence[str]) -> list[Path]:
    """The locks for the purposes (`run`, `dev`), with that of what installs the project itself."""
    return [ROOT / "requirements" / f"{purpose}.txt" for purpose in ("build", *purposes)]


def fingerprint(locks: Sequence[Path]) -> str:
    """Changes with the locks, the Python and what the project says of itself."""
    digest = hashlib.sha256(f"{sys.version} {ROOT}".encode())
    for path in (*locks, ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ensure(purposes: Sequence[str]) -> None:
    """Make `.venv` fit the locks of the purposes; at once when it already does."""
    locks = lock_files(purposes)
    wanted = fingerprint(locks)
    stamp = _stamp(purposes)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    with _only_one():
        if not _has_pip():
            _create()
        _install(locks)
        _install_project()
        for count in range(1, len(purposes) + 1):
            fitting = purposes[:count]
            _stamp(fitting).write_text(fingerprint(lock_files(fitting)), encoding="utf-8")
    _say("the environment is ready")


def _stamp(purposes: Sequence[str]) -> Path:
    return VENV / f"made-for-{'-'.join(purposes)}"


@contextmanager
def _only_one() -> Iterator[None]:
    """Two runs at once in one checkout: the second waits; the kernel frees the lock of a killed one."""
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _has_pip() -> bool:
    python = VENV / "bin" / "python"
    command = [str(python), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    return python.exists() and subprocess.run(command, check=False, capture_output=True).returncode == 0


def _create() -> None:
    _say(f"making {VENV.name} with Python {sys.version.split()[0]}")
    try:
        venv.create(VENV, clear=True, with_pip=True, symlinks=True)
    except (subprocess.CalledProcessError, ImportError) as error:
        raise EnvironmentProblem(_NO_VENV) from error
    except OSError as error:
        raise EnvironmentProblem(f"{VENV} cannot be written: {error.strerror}") from error


def _install(locks: Sequence[Path]) -> None:
    packages = {
        line.split("==")[0]
        for path in locks
        for line in path.read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    _say(f"installing {len(packages)} packages, each checked by its hash")
    options = [option for path in locks for option in ("-r", str(path))]
    _pip(["--require-hashes", "--only-binary", ":all:", *options])


def _install_project() -> None:
    """Link the checkout and the `incidents` command into the environment; nothing is fetched for it."""
    _pip(["--no-index", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])


def _pip(arguments: list[str]) -> None:
    command = [
        str(VENV / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
    ]
    with subprocess.Popen(
        [*command, "--progress-bar", "off", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        said = _show_progress(pip.stdout or ())
    if pip.returncode != 0:
        sys.stderr.writelines(said[-_TAIL:])
        raise EnvironmentProblem(
            "the packages could not be installed (see above); check the network and pip's settings, "
            "then try again"
        )


def _show_progress(lines: Iterable[str]) -> list[str]:
    said, count = [], 0
    for line in lines:
        said.append(line)
        if _NEW_PACKAGE.match(line):
            count += 1
            if count % 10 == 0:
                _say(f"  {count} packages")
    return said


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        ensure(sys.argv[1:] or ["run", "dev"])
    except EnvironmentProblem as problem:
        sys.exit(f"error: {problem}")
