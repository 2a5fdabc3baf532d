"""Owns `incidents topics`: the topics of the catalogue, made on a cluster of one's own.

May not: hold logic; `wire.admin` makes them. `incidents up` does it by itself for a local system.
"""

from typing import Annotated

import typer

from cli.console import speaks_plainly
from cli.printing import AsJson, printed
from cli.processes import SettingsPath
from cli.settings_file import load_settings
from wire.admin import ensure_topics

_BOOTSTRAP = typer.Option("--bootstrap", help="Kafka's host:port, in place of the one in the settings.")

Bootstrap = Annotated[str | None, _BOOTSTRAP]


def register(app: typer.Typer) -> None:
    """Adds the command group."""
    topics = typer.Typer(help="Make the topics on a Kafka cluster.", no_args_is_help=True)
    topics.callback()(_group)
    topics.command()(speaks_plainly(create))
    app.add_typer(topics, name="topics", rich_help_panel="Processes, one each")


def create(settings: SettingsPath = None, bootstrap: Bootstrap = None, *, as_json: AsJson = False) -> None:
    """Create the topics that are missing; doing it again changes nothing."""
    kafka = load_settings(settings).kafka
    if bootstrap is not None:
        kafka = kafka.model_copy(update={"bootstrap": bootstrap})
    made = dict(sorted(ensure_topics(kafka).items()))
    lines = (f"{topic}: {count} partition{'' if count == 1 else 's'}\n" for topic, count in made.items())
    printed("".join(lines), made, as_json=as_json)


def _group() -> None:
    """Make the topics on a Kafka cluster."""
