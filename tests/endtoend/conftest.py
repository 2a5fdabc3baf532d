"""Owns the whole system for tests: started by the command itself, with its broker, processes and tables."""

from collections.abc import Iterator

import pytest

from tests.endtoend.whole import Whole, running_whole


@pytest.fixture(scope="package")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """One system for all of them."""
    with running_whole(tmp_path_factory.mktemp("whole")) as system:
        yield system
