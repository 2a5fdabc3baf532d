"""Runs the auditor as a process of its own, for tests that end it from outside: settings as JSON."""

import sys

from agents.auditor import run_auditor
from schemas.settings import Settings

if __name__ == "__main__":
    sys.exit(run_auditor(Settings.model_validate_json(sys.argv[1])))
