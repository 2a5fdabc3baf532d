"""Owns `incidents token`: a new token for a reader of the page, and the lines that let its holder in.

May not: keep it anywhere; whoever runs the page puts the hash into its settings. Goes to: standard output.
"""

import secrets
import sys
from typing import Annotated

import tomli_w
import typer

from cli.console import speaks_plainly, wrong_use
from cli.printing import AsJson, print_json
from schemas.identity import content_hash
from schemas.page_settings import ReaderSettings

_NAME = typer.Argument(help="What the audit calls whoever holds the token.", metavar="NAME")
_TENANTS = typer.Option("--tenant", help="A tenant that they may see; several times for several.")
_FEEDBACK = typer.Option("--feedback", help="They may also say something: confirm, reject, hand over, ...")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(rich_help_panel="Processes, one each")(speaks_plainly(token))


def token(
    name: Annotated[str, _NAME],
    tenants: Annotated[list[str] | None, _TENANTS] = None,
    *,
    feedback: Annotated[bool, _FEEDBACK] = False,
    as_json: AsJson = False,
) -> None:
    """Make a token for the web page: the token for its reader, and its hash for the settings."""
    made = secrets.token_hex(20)
    allowed = tuple(tenants or ("default",))
    if not (name.strip() and all(map(str.strip, allowed))):
        wrong_use("name whoever holds the token, and tenants that have a name")
    reader = ReaderSettings(
        name=name, token_sha256=content_hash(made.encode()), tenants=allowed, feedback=feedback
    )
    told = reader.model_dump(mode="json", exclude_none=True)
    if as_json:
        print_json({"token": made, "reader": told}, on_one_line=True)
        return
    lines = tomli_w.dumps({"page": {"readers": [told]}})
    sys.stdout.write(f"# for {name!r}, to log in with; it is kept nowhere:\n# {made}\n{lines}")
