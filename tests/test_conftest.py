"""What every test stands on: what a thread logs is not in what a command prints."""

import threading

import structlog
import typer
from typer.testing import CliRunner


def test_what_is_logged_beside_a_command_is_not_in_its_output() -> None:
    """A sink, an auditor or a sender of spans that a test runs logs from a thread of its own."""
    app = typer.Typer()

    @app.command()
    def speak() -> None:
        beside = threading.Thread(target=lambda: structlog.get_logger().warning("beside"))
        beside.start()
        beside.join()
        typer.echo("said")

    assert "said\n" == CliRunner().invoke(app, []).output
