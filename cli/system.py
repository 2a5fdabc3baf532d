"""Owns the commands for everything on one machine: up, down, status.

May not: hold logic; `local` runs the processes.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import orjson
import typer

from cli.console import FAILED, progress, speaks_plainly
from cli.home_tokens import login_link, with_tokens
from cli.printing import AsJson, print_json, printed
from cli.processes import GROUP
from cli.settings_file import load_settings
from local.detached import down as stop_system
from local.detached import up_detached
from local.home import Home, home_of
from local.scaling import ask_for_workers
from local.status import Status, read_status, to_json
from local.supervisor import Plan, Running, running
from schemas.settings import Settings
from sinks.columns import plain
from wire.admin import ensure_topics
from wire.membership import remove_member

DEFAULT_HOME = Path(".incidents")
HomePath = Annotated[
    Path, typer.Option("--home", help="Folder of the local system.", envvar="INCIDENTS_HOME")
]
_SETTINGS = typer.Option(
    "--settings", help="Settings file (TOML); broker, port and tables are filled in.", exists=True
)
_WORKERS = typer.Option("--workers", help="Number of workers.", min=1, max=16)
_PORT = typer.Option("--port", help="Port of the gateway; 0 picks a free one.", min=0, max=65535)
_PAGE_PORT = typer.Option("--page-port", help="Port of the web page; 0 picks a free one.", min=0, max=65535)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (up, down, status, scale):
        app.command(rich_help_panel="Everything on this machine")(speaks_plainly(command))


def up(
    home: HomePath = DEFAULT_HOME,
    workers: Annotated[int, _WORKERS] = 2,
    port: Annotated[int, _PORT] = 8080,
    page_port: Annotated[int, _PAGE_PORT] = 8090,
    settings: Annotated[Path | None, _SETTINGS] = None,
    *,
    detach: Annotated[bool, typer.Option("--detach", help="Return once everything is up.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start a real Kafka and every process here; runs until Ctrl-C, or in the background with --detach."""
    loaded = load_settings(settings)
    if detach:
        given = [] if settings is None else ["--settings", str(settings.absolute())]
        command = (
            *program(),
            "up",
            "--home",
            str(home.absolute()),
            "--workers",
            str(workers),
            "--port",
            str(port),
            "--page-port",
            str(page_port),
        )
        _show(up_detached(home_of(home), [*command, *given], progress), as_json=as_json)
        return
    with system(home_of(home), loaded, workers, (port, page_port)) as here:
        if as_json or sys.stdout.isatty():
            _show(here.status(), as_json=as_json)
        else:
            now = here.status()
            progress(f"up: gateway {now.gateway}, kafka {now.bootstrap}, page {_login(now)}")
        stay(here)


def down(home: HomePath = DEFAULT_HOME, *, as_json: AsJson = False) -> None:
    """Stop the system in the background; what it has stored stays."""
    stopped = stop_system(Home(home.absolute()))
    if as_json:
        print_json({"stopped": stopped}, on_one_line=True)
    else:
        progress("stopped" if stopped else f"no system runs in {home}")


def status(home: HomePath = DEFAULT_HOME, *, as_json: AsJson = False) -> None:
    """Name every process with pid, port and health; exit code 1 unless everything is up."""
    now = read_status(Home(home.absolute()))
    _show(now, as_json=as_json)
    if not now.healthy:
        raise typer.Exit(FAILED)


def scale(
    workers: Annotated[int, typer.Argument(help="Number of workers from now on.", min=1, max=16)],
    home: HomePath = DEFAULT_HOME,
    *,
    as_json: AsJson = False,
) -> None:
    """Run more or fewer workers; those that go finish what they have in hand, and their partitions move at once."""
    progress(f"scaling to {workers} workers")
    _show(ask_for_workers(Home(home.absolute()), workers), as_json=as_json)


def program() -> tuple[str, ...]:
    """This very command, for the processes that it starts."""
    # -P: a folder that happens to hold packages of the same names is not where they are looked for.
    return (sys.executable, "-P", "-m", "cli.start")


def system(
    home: Home, settings: Settings, workers: int, ports: tuple[int, int] = (0, 0)
) -> AbstractContextManager[Running]:
    """The system of a home, running as long as the block; `ports` of gateway and page, 0 for any free one."""
    plan = Plan(home, program(), with_tokens(settings, home), workers, *ports, taken_away=_taken_away)
    return running(plan, lay_out=_lay_out, progress=progress)


def stay(here: Running) -> None:
    """Wait for Ctrl-C; raises what made the watching fail."""
    wake = threading.Event()
    try:
        while not wake.wait(1.0):
            here.check()
    except KeyboardInterrupt:
        progress("stopping")


def _lay_out(settings: Settings) -> None:
    ensure_topics(settings.kafka)


def _taken_away(settings: Settings, name: str) -> None:
    remove_member(settings.kafka.bootstrap, GROUP, name)


def _show(now: Status, *, as_json: bool) -> None:
    printed("\n".join(_lines(now)) + "\n", orjson.loads(to_json(now)), as_json=as_json)


def _lines(now: Status) -> Iterator[str]:
    home = plain(now.home, 1_000)
    if now.phase == "down" and not now.processes:
        yield f"{now.phase}: no system runs in {home}; `incidents up` starts one"
        return
    yield f"{now.phase}: {home}"
    yield "PROCESS      PID     PORT   HEALTH       RESTARTS  METRICS"
    for each in now.processes:
        place = f"{each.name:<11}  {each.pid or '-':<6}  {each.port:<5}"
        yield f"{place}  {each.health:<11}  {each.restarts:<8}  {urlsplit(each.metrics).port or '-'}"
    if now.gateway:
        yield f"gateway  {now.gateway}"
        yield f"kafka    {now.bootstrap}"
        yield "metrics  http://127.0.0.1:<port under METRICS>/metrics, for Prometheus"
        yield f"page     {_login(now)}"


def _login(now: Status) -> str:
    """Where to look with one click; only the owner of the home can read the token in it."""
    return login_link(Home(Path(now.home)), now.page)
