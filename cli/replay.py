"""Owns `incidents replay`: a recording through the pipeline, in this process or through the running system.

May not: differ between the two; a test holds the exports against each other, byte by byte.
"""

import random
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agents.garbage import spare
from cli.build import build
from cli.comparing import as_json, as_text, scores_of
from cli.console import fail, progress, speaks_plainly, tell_of_retries, wrong_use
from cli.home_tokens import REPLAY, token_of
from cli.inprocess import InProcess
from cli.printing import print_json
from cli.processes import GROUP
from cli.settings_file import load_settings
from cli.system import DEFAULT_HOME, HomePath
from local.home import Home
from local.status import read_status
from schemas.codec import decode
from schemas.packets import Candidate
from schemas.settings import REPLAY_PREFIX, Settings, is_replay
from schemas.topics import INPUT_TOPICS
from sources.recording import Delivery, Tick, deliveries, script
from sources.sender import Target, send
from streams.compare import compare
from streams.export import export
from wire.drained import wait_until_drained
from wire.follow import following

_DRAIN_S = 600.0
DIFFERENT: Final = 3
"""Exit code of a comparison that finds something, where it is asked for."""
Step = Delivery | Tick

_RECORDING = typer.Argument(
    help="Folder with events.jsonl and catalog.yaml, or a file of deliveries.", exists=True
)
_EXPORT = typer.Option("--export", help="Write the final candidates here, a JSON line each.")
_THROUGH = typer.Option("--through", help="process: here, without Kafka; kafka: through the running system.")
_SETTINGS = typer.Option("--settings", help="Settings file (TOML), for --through process.", exists=True)
_TENANT = typer.Option(
    "--tenant", help=f"Replay tenant; its name starts with {REPLAY_PREFIX}; a new one by default."
)
_COMPARE = typer.Option("--compare", help="Tell what --settings would change.")
_AGAINST = typer.Option(
    "--against", help="Settings file to compare with; by default the defaults.", exists=True
)
_TRUTH = typer.Option("--truth", help="With --compare: score both by this truth.json.", exists=True)
_SCORER = typer.Option("--scorer", help="The scorer; by default score.py two folders above the truth's.")
_JSON = typer.Option("--json", help="With --compare: print it as JSON.")
_EXIT_CODE = typer.Option("--exit-code", help="With --compare: end with 3 where something would change.")
_SHUFFLE = typer.Option(
    "--shuffle", help="Send the deliveries in another order, from this seed; each keeps its time."
)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(rich_help_panel="Backtests")(speaks_plainly(replay))


def replay(
    recording: Annotated[Path, _RECORDING],
    to: Annotated[Path | None, _EXPORT] = None,
    through: Annotated[Literal["process", "kafka"], _THROUGH] = "process",
    settings: Annotated[Path | None, _SETTINGS] = None,
    home: HomePath = DEFAULT_HOME,
    tenant: Annotated[str | None, _TENANT] = None,
    shuffle: Annotated[int | None, _SHUFFLE] = None,
    against: Annotated[Path | None, _AGAINST] = None,
    truth: Annotated[Path | None, _TRUTH] = None,
    scorer: Annotated[Path | None, _SCORER] = None,
    *,
    compared: Annotated[bool, _COMPARE] = False,
    as_json: Annotated[bool, _JSON] = False,
    exit_code: Annotated[bool, _EXIT_CODE] = False,
) -> None:
    """Replay a recording and write the final candidates, or tell what other settings would change."""
    tenant = tenant or REPLAY_PREFIX + secrets.token_hex(4)
    if not is_replay(tenant):
        wrong_use(f"{tenant} is no replay tenant: its name has to start with {REPLAY_PREFIX}")
    asked = Asked(against, truth, scorer, as_json=as_json, exit_code=exit_code)
    _refuse_what_does_not_fit(asked, to, through, compared=compared)
    wanted = load_settings(settings)
    spare()
    steps = steps_of(recording, shuffle)
    if compared:
        written, code = _compared(steps, recording.name, tenant, wanted, asked)
    elif through == "process":
        written, code = in_process(shown(steps, recording.name), tenant, wanted), 0
    else:
        written, code = through_kafka(shown(steps, recording.name), tenant, Home(home.absolute())), 0
    if to is not None:
        to.write_bytes(written)
        lines = len(written.splitlines())
        progress(f"{lines} candidates written to {to}" if lines else f"no candidates; {to} is empty")
    raise typer.Exit(code)


class Asked(NamedTuple):
    """What a comparison is to hold against, and how it is told."""

    against: Path | None
    truth: Path | None
    scorer: Path | None
    as_json: bool
    exit_code: bool


def _refuse_what_does_not_fit(asked: Asked, to: Path | None, through: str, *, compared: bool) -> None:
    if not compared and any(asked):
        wrong_use("--against, --truth, --scorer, --json and --exit-code belong to --compare")
    if compared and through == "kafka":
        wrong_use("--compare replays in this process, once with each settings: leave --through kafka out")
    if to is None and not compared:
        wrong_use("name a file with --export, or ask what other settings would change with --compare")


def _compared(
    steps: list[Step], name: str, tenant: str, settings: Settings, asked: Asked
) -> tuple[bytes, int]:
    """Tells what would change; the export of what would be, and the exit code."""
    before = candidates_of(shown(steps, f"{name}, before"), tenant, load_settings(asked.against))
    after = candidates_of(shown(steps, f"{name}, after"), tenant, settings)
    exports = export(before), export(after)
    scores = scores_of(asked.truth, asked.scorer, *exports) if asked.truth else {}
    told = compare(before, after)
    if asked.as_json:
        print_json(as_json(told, scores))
    else:
        sys.stdout.write(as_text(told, scores))
    return exports[1], DIFFERENT if asked.exit_code and not told.is_same else 0


def steps_of(recording: Path, shuffle: int | None = None) -> list[Step]:
    """What a replay of a recording does, in order. BadRecording names the line that cannot be read."""
    folder = recording if recording.is_dir() else recording.parent
    catalog = folder / "catalog.yaml"
    events = recording / "events.jsonl" if recording.is_dir() else recording
    steps: list[Step] = list(script(deliveries(events), catalog if catalog.exists() else None))
    return steps if shuffle is None else _shuffled(steps, shuffle)


def _shuffled(steps: list[Step], seed: int) -> list[Step]:
    """Every delivery in an order from the seed, the catalog first; no tick but the end mark, since none would hold."""
    sent = [step for step in steps if isinstance(step, Delivery)]
    catalog = [step for step in sent if step.line == 0]
    rest = [step for step in sent if step.line != 0]
    random.Random(seed).shuffle(rest)  # noqa: S311 - an order, not a secret
    return [*catalog, *rest, steps[-1]]


def shown(steps: list[Step], name: str) -> Iterator[Step]:
    """The steps, with a bar on standard error."""
    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    # Where nobody watches, it would leave an empty line.
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        yield from bar.track(steps)


def in_process(steps: Iterable[Step], tenant: str, settings: Settings) -> bytes:
    """The export of a replay in this process."""
    return export(candidates_of(steps, tenant, settings))


def candidates_of(steps: Iterable[Step], tenant: str, settings: Settings) -> list[Candidate]:
    """Every revision of every candidate of a replay in this process, in order."""
    outputs = InProcess(tenant, settings, build()).run(steps)
    return [output.message for output in outputs if isinstance(output.message, Candidate)]


def through_kafka(steps: Iterable[Step], tenant: str, home: Home) -> bytes:
    """The export of a replay through the running system of a home, once all of it has come through."""
    status = read_status(home)
    if status.phase != "up":
        fail(f"no system runs in {home.folder}; start one with `incidents up --detach`")
    with following(status.bootstrap, "incident-candidates") as follower:
        known = sum(1 for _ in follower.rest())
        progress(f"{known} earlier revisions in the topic") if known else None
        tell_of_retries()
        send(steps, Target(status.gateway, tenant, token_of(home, REPLAY)))
        come_through(status.bootstrap)
        values = [decode("incident-candidates", value) for value in follower.rest()]
    return export(c for c in values if isinstance(c, Candidate) and c.tenant == tenant)


def come_through(bootstrap: str, check: Callable[[], None] = lambda: None) -> None:
    """Returns once the workers have handled everything that was published before the call."""
    wait_until_drained(bootstrap, GROUP, INPUT_TOPICS, _DRAIN_S, check)
    wait_until_drained(bootstrap, GROUP, ("signals",), _DRAIN_S, check)
