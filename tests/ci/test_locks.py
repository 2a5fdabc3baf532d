"""A stale lock is found, and told apart from a package index that is away."""

import os
import shutil
from pathlib import Path

import pytest

from tests.ci.scripts import load

locks = load("locks")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the requirements that a test may change."""
    return Path(shutil.copytree(locks.FOLDER, tmp_path / "requirements"))


def test_a_requirement_added_without_a_lock_is_stale(folder: Path) -> None:
    """A change of the .in file alone should be found without asking any index."""
    with (folder / "build.in").open("a") as requirements:
        requirements.write("wheel\n")
    with pytest.raises(locks.LockProblem, match=r"build.txt is stale: build.in has changed"):
        locks.check("build", folder)


def test_a_pin_without_a_hash_is_refused(folder: Path) -> None:
    """A package whose content nothing fixes should be named."""
    lock = folder / "build.txt"
    lock.write_text(locks.source_line("build", folder) + "setuptools==84.2.1\n")
    with pytest.raises(locks.LockProblem, match=r"build.txt has no hash for setuptools==84.2.1"):
        locks.check("build", folder)


def test_an_index_that_is_away_is_not_a_stale_lock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network the lock should be judged by its source line, and that should be said."""
    monkeypatch.setenv("UV_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("UV_CACHE_DIR", os.fspath(folder / "no-cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    assert "the package index is away" in locks.check("build", folder)


def test_hashes_added_to_a_release_later_change_no_versions() -> None:
    """A new file of a locked release should not make the lock stale."""
    before = "a==1 \\\n    --hash=sha256:00\n"
    after = "a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n"
    assert locks.versions(before) == locks.versions(after) == ["a==1"]


def test_no_lock_names_a_package_index() -> None:
    """A lock should install from any mirror."""
    texts = [(locks.FOLDER / f"{name}.txt").read_text() for name in locks.LOCKS]
    assert not [text for text in texts if "://" in text or "index-url" in text]
