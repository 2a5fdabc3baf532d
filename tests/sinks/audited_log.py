"""A log that an auditor has written and signed, with its tables: what the tests of the audit commands stand on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result

from cli import audit
from local.system import settings_toml
from schemas.settings import AuditSettings, Settings, SinkSettings
from sinks.sink import Sink
from sinks.tables import AUDIT
from tests.agents.audited import audit_all, entry, lines_of, send
from tests.brokers import laid_out
from tests.facts import eventually
from tests.sinks.driven import rows_of


@dataclass(frozen=True)
class Audited:
    """A log that an auditor has written and signed, its tables, and the commands over it."""

    settings: Settings
    folder: Path

    def run(self, *words: str, database: str | None = None) -> Result:
        """One command of `incidents audit`."""
        app = typer.Typer()
        audit.register(app)
        sink = SinkSettings(database=database or self.settings.sink.database)
        file = self.folder / "settings.toml"
        file.write_text(settings_toml(self.settings.model_copy(update={"sink": sink})), "utf-8")
        return CliRunner().invoke(app, ["audit", *words, "--settings", str(file)])

    def json(self, *words: str) -> Any:  # noqa: ANN401 - JSON
        """What a command prints, which must end well."""
        result = self.run(*words)
        assert 0 == result.exit_code, result.output
        return json.loads(result.stdout)


def store(settings: Settings) -> None:
    """A sink, until every line of the log is in the table."""
    sink = Sink(settings)
    count = sum(len(lines_of(settings.kafka, partition)) for partition in range(2))

    def stored() -> bool:
        sink.step()
        return count == len(rows_of(settings, AUDIT.select()))

    eventually(stored, 60, "every line is in the table")
    sink.close()


@contextmanager
def audited_log(folder: Path) -> Iterator[Audited]:
    """26 lines in one partition, 5 in another, on record, signed and stored."""
    with laid_out(folder, 2) as kafka:
        key = AuditSettings(key_file=str(folder / "key" / "audit.key"))
        settings = Settings(
            kafka=kafka, audit=key, sink=SinkSettings(database=f"sqlite:///{folder}/incidents.db")
        )
        send(kafka, 0, [*(entry(n) for n in range(20)), b"junk", *(entry(n) for n in range(15, 25))])
        send(kafka, 1, [entry(n, topic="dead-letters", partition=1) for n in (3, 1, 2, 5, 4)])
        audit_all(settings)
        store(settings)
        yield Audited(settings, folder)
