"""Kafka's files are fetched once, checked by hash, healed when damaged; a missing network is told."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from local import kafka_files
from local.errors import LocalError
from local.kafka_files import cache_folder, resolve_kafka
from local.kafka_pins import PINS, read_pins, write_pins

_ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def warm_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose cache links to the files already fetched for this run."""
    files = resolve_kafka(lambda _line: None)
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = cache_folder()
    folder.mkdir(parents=True)
    for jar in files.jars:
        (folder / jar.name).symlink_to(jar)
    return tmp_path


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose every way out is closed."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")


def _lines() -> tuple[list[str], Callable[[str], None]]:
    said: list[str] = []
    return said, said.append


@pytest.mark.usefixtures("no_network")
def test_a_warm_home_needs_no_network(warm_home: Path) -> None:
    """The second start should fetch nothing and say nothing."""
    said, progress = _lines()
    files = resolve_kafka(progress)
    assert said == []
    assert all(jar.is_relative_to(warm_home) for jar in files.jars)


@pytest.mark.usefixtures("no_network")
def test_an_empty_home_without_a_network_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line should say that the repository does not answer, and what to check; no half file stays."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(LocalError, match="the Maven repository does not answer; check the network"):
        resolve_kafka(lambda _line: None)
    assert [path.name for path in cache_folder().iterdir()] == ["lock"]


def test_an_authority_that_nobody_trusts_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy that looks into TLS: the variable that names its authority, not the network."""

    def refuse(*_: object, **__: object) -> None:
        raise requests.exceptions.SSLError("certificate verify failed")

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(requests.Session, "request", refuse)
    with pytest.raises(LocalError, match=r"is not trusted here.* REQUESTS_CA_BUNDLE"):
        resolve_kafka(lambda _line: None)


@pytest.mark.usefixtures("no_network", "warm_home")
def test_a_damaged_file_is_noticed() -> None:
    """A file with other content should be fetched again, never run."""
    jar = next(cache_folder().glob("kafka-clients-*.jar"))
    jar.unlink()
    jar.write_bytes(b"not a jar")
    with pytest.raises(LocalError, match="kafka-clients"):
        resolve_kafka(lambda _line: None)


def test_no_room_is_told_before_the_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too small a disk should be named with the amount that is needed."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(kafka_files, "_NEEDED_BYTES", 1 << 62)
    with pytest.raises(LocalError, match="no room for Kafka in"):
        resolve_kafka(lambda _line: None)


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file where the cache folder should be is a problem of the machine, told in one line."""
    (tmp_path / ".cache").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(LocalError, match="Kafka's files cannot be kept in"):
        resolve_kafka(lambda _line: None)


def test_two_processes_with_an_empty_home_resolve_at_once(tmp_path: Path) -> None:
    """One should fetch, the other wait, and both have every file."""
    code = "from local.kafka_files import resolve_kafka; print(len(resolve_kafka(print).jars))"
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-c", code]
    both = [
        subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, text=True) for _ in "12"
    ]
    said = [each.communicate(timeout=120)[0] for each in both]
    assert [0, 0] == [each.returncode for each in both]
    assert ["46", "46"] == [text.split()[-1] for text in said]
    assert 1 == sum("fetching Apache Kafka" in text for text in said)


def test_the_list_of_files_reads_back_as_written() -> None:
    """Writing what was read should give the committed list."""
    text = PINS.read_text()
    assert write_pins(read_pins(text)) == text
