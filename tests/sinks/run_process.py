"""Runs the sink as a process of its own, for tests that end it from outside: settings as JSON in the argument."""

import sys

from schemas.settings import Settings
from sinks.sink import run_sink

if __name__ == "__main__":
    sys.exit(run_sink(Settings.model_validate_json(sys.argv[1])))
