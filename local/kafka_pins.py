"""Owns which files make up the embedded Kafka: `kafka_pins.txt`, one coordinate and SHA-256 a line.

May not: download anything but when it is run as a program, which resolves the dependencies anew and
rewrites the list (`make locks`). Goes to: `local.kafka_files`.
"""

import hashlib
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import jgo
from jgo.maven import MavenContext

KAFKA_VERSION = "4.3.1"
PINS = Path(__file__).with_name("kafka_pins.txt")
_BROKER = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
_LOG_BINDING = ("org.apache.logging.log4j", "log4j-slf4j-impl")
"""Takes the broker's log lines to log4j, in the version of its log4j-core; without it the log is empty.
Not resolved together with the broker, since its dependency management would mix other versions in."""


@dataclass(frozen=True)
class Pin:
    """One file of the class path and what it must contain."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The file's name, unique in the list."""
        return f"{self.artifact}-{self.version}.jar"


def read_pins(text: str) -> tuple[Pin, ...]:
    """The pins of a list as `write_pins` lays it out; ValueError for any other line."""
    pins = []
    for line in text.splitlines():
        coordinate, sha256 = line.split()
        group, artifact, version = coordinate.split(":")
        pins.append(Pin(group, artifact, version, sha256))
    return tuple(pins)


def write_pins(pins: Iterable[Pin]) -> str:
    """The list's text: sorted, `group:artifact:version sha256`."""
    return "".join(sorted(f"{p.group}:{p.artifact}:{p.version} {p.sha256}\n" for p in pins))


def _coordinates() -> list[tuple[str, str, str]]:
    found = [(a.groupId, a.artifactId, a.version) for a in jgo.resolve(_BROKER)]
    log4j = next(version for _, artifact, version in found if artifact == "log4j-core")
    return [*found, (*_LOG_BINDING, log4j)]


def main() -> int:
    """Resolve the broker's dependencies anew and rewrite the list; needs the network."""
    with tempfile.TemporaryDirectory() as cache:
        context = MavenContext(repo_cache=Path(cache))
        pins = []
        for group, artifact, version in _coordinates():
            path = context.project(group, artifact).at_version(version).artifact().resolve()
            pins.append(Pin(group, artifact, version, hashlib.sha256(path.read_bytes()).hexdigest()))
    PINS.write_text(write_pins(pins), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
