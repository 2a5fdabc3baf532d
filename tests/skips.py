"""Owns the rule that a test is skipped only for a reason in `allowed_skips.txt`.

Any other skip (and any expected failure) makes the run fail, so that a green run means that everything ran
that can run. Loaded by `conftest.py`.
"""

from collections import Counter
from pathlib import Path

import pytest

_ALLOWED = Path(__file__).with_name("allowed_skips.txt")


def allowed_reasons(text: str) -> frozenset[str]:
    """The reasons listed in `text`: a reason a line, `#` begins a comment line."""
    lines = (line.strip() for line in text.splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why the report's test was skipped, as the test said it."""
    if hasattr(report, "wasxfail"):
        return f"expected to fail: {report.wasxfail}"
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


class SkipRule:
    """Counts the reasons of a run and judges them at its end."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed
        self._seen: Counter[str] = Counter()

    def refused(self) -> Counter[str]:
        """The reasons seen that are not in the list."""
        return Counter({why: n for why, n in self._seen.items() if why not in self._allowed})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a skipped test."""
        if report.skipped:
            self._seen[reason_of(report)] += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a skipped module."""
        if report.skipped:
            self._seen[reason_of(report)] += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that would else be green."""
        if self.refused() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which skips were allowed and which were not."""
        refused = self.refused()
        for why, count in sorted(self._seen.items()):
            word = "NOT ALLOWED" if why in refused else "allowed"
            terminalreporter.write_line(f"skipped, {word}: {why} ({count})", red=why in refused)


def skip_rule() -> SkipRule:
    """The rule over the committed list."""
    return SkipRule(allowed_reasons(_ALLOWED.read_text(encoding="utf-8")))
