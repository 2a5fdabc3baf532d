"""Owns the lock files: writes them from the `.in` files, and says whether they are still what these ask for.

`python .ci/locks.py` keeps every version that may stay; `... upgrade` takes the newest; `... check` writes
nothing. No lock names a package index, so that it installs from any mirror. May not: install anything.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "requirements"
LOCKS: dict[str, tuple[str, ...]] = {"run": (), "dev": ("run",), "build": ("run",)}
"""Each lock, and the locks whose versions it shares."""

_UV = Path(sys.executable).with_name("uv")
_OPTIONS = (
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--quiet"),
    *("--no-emit-index-url", "--no-annotate", "--no-header"),
)
_NO_NETWORK = ("Failed to fetch", "error sending request", "dns error", "Request failed", "timed out")


class LockProblem(Exception):
    """A lock that cannot be trusted, and what to do, in one line."""


class NoIndex(Exception):
    """The package index did not answer, so nothing can be said about versions."""


def source_line(name: str, folder: Path = FOLDER) -> str:
    """The first line of a lock: of which requirements it was made."""
    digest = hashlib.sha256((folder / f"{name}.in").read_bytes()).hexdigest()
    return f"# made by `make locks` of {name}.in with sha256:{digest}\n"


def versions(text: str) -> list[str]:
    """What a lock asks for, without hashes: these may grow as files are added to a release."""
    lines = (line.strip().removesuffix("\\").strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "--hash"))]


def unhashed(text: str) -> list[str]:
    """The pins that have no hash."""
    pins = text.replace("\\\n", " ").splitlines()
    return [pin.split()[0] for pin in pins if "==" in pin and "--hash=sha256:" not in pin]


def compile_lock(name: str, kept: str, options: Sequence[str] = (), folder: Path = FOLDER) -> str:
    """The lock's text, keeping the versions in `kept` where they fit; NoIndex without an index."""
    constraints = [option for other in LOCKS[name] for option in ("-c", str(folder / f"{other}.txt"))]
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / f"{name}.txt"
        output.write_text(kept, encoding="utf-8")
        command = [
            *(str(_UV), "pip", "compile", str(folder / f"{name}.in"), "-o", str(output)),
            *(*constraints, *_OPTIONS, *options),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if any(sign in done.stderr for sign in _NO_NETWORK):
            raise NoIndex(done.stderr.strip().splitlines()[-1])
        if done.returncode != 0:
            raise LockProblem(f"{name}.in cannot be resolved: {done.stderr.strip()}")
        return source_line(name, folder) + output.read_text(encoding="utf-8")


def check(name: str, folder: Path = FOLDER) -> str:
    """One sentence on a fresh lock; LockProblem for a stale one, told apart from an index that is away."""
    committed = (folder / f"{name}.txt").read_text(encoding="utf-8")
    if not committed.startswith(source_line(name, folder)):
        raise LockProblem(f"{name}.txt is stale: {name}.in has changed since; run `make locks` and commit it")
    if missing := unhashed(committed):
        raise LockProblem(f"{name}.txt has no hash for {', '.join(missing)}; run `make locks` and commit it")
    try:
        compiled = compile_lock(name, committed, folder=folder)
    except NoIndex as away:
        return (
            f"{name}.txt was made of this {name}.in; not compiled again, the package index is away ({away})"
        )
    if versions(compiled) != versions(committed):
        raise LockProblem(f"{name}.txt is stale: compiled again it differs; run `make locks` and commit it")
    return f"{name}.txt is fresh"


def write(options: Sequence[str]) -> None:
    """Compile every lock; only whole ones replace the old."""
    for name in LOCKS:
        path = FOLDER / f"{name}.txt"
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        new = path.with_suffix(".new")
        new.write_text(compile_lock(name, kept, options), encoding="utf-8")
        shutil.move(new, path)


def main(arguments: list[str]) -> None:
    """Run the command; an exit code other than 0 with one line when something is to be done."""
    try:
        if arguments == ["check"]:
            sys.stdout.writelines(f"{check(name)}\n" for name in LOCKS)
        else:
            write(["--upgrade"] if arguments == ["upgrade"] else [])
    except (LockProblem, NoIndex) as problem:
        sys.exit(f"error: {problem}")


if __name__ == "__main__":
    main(sys.argv[1:])
