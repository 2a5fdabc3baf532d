"""Owns the name of the build that stands in every revision and audit entry: the version that is installed."""

from importlib.metadata import PackageNotFoundError, version

DISTRIBUTION = "incident-intelligence"


def build() -> str:
    """The installed version; `source` when the program runs from a checkout that was not installed."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "source"
