"""Owns `incidents retire`: a worker that is taken away for good leaves its group at once.

May not: stop the worker; whoever runs it does that first.
"""

import logging
from typing import Annotated

import typer

from cli.console import fail, progress, speaks_plainly
from cli.printing import AsJson, print_json
from cli.processes import GROUP, SettingsPath
from cli.settings_file import load_settings
from wire.membership import remove_member

_NAME = typer.Argument(help="The --name of the worker that is gone.")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(rich_help_panel="Processes, one each")(speaks_plainly(retire))


def retire(name: Annotated[str, _NAME], settings: SettingsPath = None, *, as_json: AsJson = False) -> None:
    """Let the partitions of a worker that is gone for good move at once, not after its session; stop it first."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it cannot reach is told in a line of ours
    if not remove_member(load_settings(settings).kafka.bootstrap, GROUP, name):
        fail(f"no worker of the name {name} is in the group {GROUP}: nothing to move")
    if as_json:
        print_json({"retired": name})
    progress(f"{name} has left; its partitions go to the other workers")
