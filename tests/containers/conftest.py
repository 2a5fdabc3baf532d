"""Owns the system of compose.yaml for tests: built and brought up once, gone with its data afterwards."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local.ports import free_ports
from tests.containers.composed import Composed, run
from tests.engine import MISSING, answers


@pytest.fixture(scope="session")
def engine() -> None:
    """A container engine that takes commands."""
    if not answers():
        pytest.skip(MISSING)


@pytest.fixture(scope="module")
def composed(engine: None) -> Iterator[Composed]:  # noqa: ARG001 - what it stands on
    """The whole system, up and healthy."""
    port, page_port = free_ports(2)
    name = f"incidents-test-{os.getpid()}"
    with brought_up(Composed(name, port, page_port, f"{name}:local")) as system:
        yield system


@contextmanager
def brought_up(system: Composed) -> Iterator[Composed]:
    """A system that is up and healthy; with the block it goes, and its data and image with it."""
    try:
        system.up()
        yield system
    finally:
        system.compose("down", "--volumes", "--timeout", "10")
        run("docker", "image", "rm", "--force", system.image)
