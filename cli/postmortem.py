"""Owns `incidents postmortem`: an incident's time line, causes, decisions and evidence as Markdown.

May not: judge, or need Kafka. Goes to: standard output, or a file.
"""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from cli.console import fail, progress, speaks_plainly
from cli.printing import AsJson, printed
from cli.read import Name, Tenant, stored
from cli.tables import HomePath, SettingsPath, read_tables
from sinks.decisions import Decision, decisions
from sinks.postmortem import postmortem

Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write; else it is printed.", dir_okay=False)
]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("postmortem", rich_help_panel="What is going on")(speaks_plainly(postmortem_))


def postmortem_(
    name: Name,
    home: HomePath = None,
    settings: SettingsPath = None,
    tenant: Tenant = None,
    output: Output = None,
    *,
    as_json: AsJson = False,
) -> None:
    """The draft of a postmortem as Markdown: time line, causes, what people said and decided, what is not known."""
    _, final, shown = stored(name, home, settings, tenant)

    def ask(connection: Connection) -> list[Decision]:
        return decisions(connection, final)

    decided = read_tables(home, settings, ask)
    text = postmortem(shown, decided)
    if output is None:
        body = {"packet": shown.packet.model_dump(mode="json"), "decisions": decided, "markdown": text}
        printed(text, body, as_json=as_json)
        return
    if output.parent.is_dir():
        output.write_text(text, "utf-8")
        progress(f"{output} written")
    else:
        fail(f"there is no folder {output.parent}: make it, or name another file")
