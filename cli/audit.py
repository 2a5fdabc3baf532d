"""Owns `incidents audit`: verify the log or an export of it, prove an entry, export, print the public keys.

May not: hold logic; `sinks` reads and proves. Exit codes: 0 all holds, 1 it could not be looked at, 3 something does
not hold.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from cli.console import fail, problem_line, progress, speaks_plainly
from cli.printing import AsJson, print_json, printed
from cli.tables import HomePath, SettingsPath, connected, found_settings
from schemas.settings import Settings
from sinks.audit_export import export_log
from sinks.audit_files import segments, verify_export
from sinks.audit_log import Standing, Trust, verify_partition
from sinks.audit_proof import NoProof, find_line, prove_growth, prove_line
from sinks.audit_rows import StoredRows, partitions_stored
from sinks.columns import plain
from streams.notes import BadNote, Keys, read_keys
from streams.proven import Broken, read_notes
from wire.presence import require_topics

T = TypeVar("T")

BROKEN: Final = 3

KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key", help="File with the public keys; else the one beside the signing key.", exists=True
    ),
]
Export = Annotated[
    Path | None,
    typer.Option(
        "--export", help="Verify this export, without Kafka and tables.", exists=True, file_okay=False
    ),
]
KnownFile = Annotated[
    list[Path] | None,
    typer.Option("--known", help="Checkpoints kept elsewhere, which must still hold.", exists=True),
]
Save = Annotated[
    Path | None,
    typer.Option("--save", help="Write the newest checkpoints to this file, to be kept elsewhere."),
]
Entry = Annotated[
    str,
    typer.Argument(
        help="Its line, as 2/3120, or the id of its decision or the beginning of it.", metavar="ENTRY"
    ),
]
Folder = Annotated[Path, typer.Argument(help="Folder of the export; later runs add to it.", metavar="DIR")]


def register(app: typer.Typer) -> None:
    """Adds the command group."""
    audit = typer.Typer(help="Prove what was decided.", no_args_is_help=True)
    audit.callback()(_group)
    for command in (verify, proof, growth, export, key):
        audit.command()(speaks_plainly(command))
    app.add_typer(audit, name="audit", rich_help_panel="Proofs")


def verify(
    home: HomePath = None,
    settings: SettingsPath = None,
    export: Export = None,
    key: KeyFile = None,
    known: KnownFile = None,
    save: Save = None,
    *,
    no_tables: Annotated[bool, typer.Option("--no-tables", help="Leave the SQL tables out.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prove the audit log: each line, hash, signature and row; exit code 3 where something does not hold."""
    loaded = found_settings(home, settings)
    with _telling_what_broke():
        trust = _trust(loaded, key, known or ())
        if export is not None:
            if not segments(export):
                fail(f"{export} holds no export: `incidents audit export` writes one, in files audit-*.jsonl")
            found = verify_export(export, trust, _partitions_of(trust))
        else:
            found = _verify_log(loaded, trust, tables=not no_tables)
    _show(found, trust, as_json=as_json)
    if any(each.problem for each in found):
        raise typer.Exit(BROKEN)
    if save is not None:
        save.write_text("".join(each.newest for each in found), "utf-8")


def proof(entry: Entry, home: HomePath = None, settings: SettingsPath = None, key: KeyFile = None) -> None:
    """Print the proof that an entry stands in the log, as JSON; docs/check_proof.py checks it."""
    loaded = found_settings(home, settings)
    bootstrap = loaded.kafka.bootstrap
    with _telling_what_broke():
        trust = _trust(loaded, key)
        partitions = range(require_topics(bootstrap, ("audit", "audit-checkpoints"))["audit"])
        partition, sequence = find_line(bootstrap, partitions, entry)
        print_json(asdict(prove_line(bootstrap, trust, partition, sequence)))


def growth(
    known: Annotated[
        Path, typer.Argument(help="File of checkpoints kept elsewhere.", metavar="CHECKPOINTS", exists=True)
    ],
    home: HomePath = None,
    settings: SettingsPath = None,
    key: KeyFile = None,
) -> None:
    """Print proofs that the log has only grown since these checkpoints, as JSON; docs/check_growth.py checks them."""
    loaded = found_settings(home, settings)
    bootstrap = loaded.kafka.bootstrap
    with _telling_what_broke():
        trust = _trust(loaded, key, [known])
        partitions = range(require_topics(bootstrap, ("audit", "audit-checkpoints"))["audit"])
        proofs = [proof for each in partitions for proof in prove_growth(bootstrap, trust, each)]
    print_json([asdict(proof) for proof in proofs])


def export(
    folder: Folder,
    home: HomePath = None,
    settings: SettingsPath = None,
    key: KeyFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Add what has been signed since the last export to a folder, proven on the way; no file is ever changed."""
    loaded = found_settings(home, settings)
    bootstrap = loaded.kafka.bootstrap
    with _telling_what_broke():
        trust = _trust(loaded, key)
        partitions = require_topics(bootstrap, ("audit", "audit-checkpoints"))["audit"]
        written = export_log(bootstrap, partitions, folder, trust, progress)
    if as_json:
        print_json({"written": [segment.name for segment in written]})
        return
    lines = sum(segment.end - segment.first for segment in written)
    typer.echo(f"{folder}: {len(written)} files with {lines} lines added")


def key(home: HomePath = None, settings: SettingsPath = None, *, as_json: AsJson = False) -> None:
    """Print the public keys, one for each partition of the log: keep them where the log cannot be reached."""
    path = Path(found_settings(home, settings).audit.public_file)
    if not path.is_file():
        fail(
            f"there is no {path}: the auditor writes it where it runs, beside its signing key (audit.key_file)"
        )
    text = path.read_text("utf-8")
    printed(text, {"keys": text.split()}, as_json=as_json)


def _trust(settings: Settings, key: Path | None, known: Iterable[Path] = ()) -> Trust:
    path = key or Path(settings.audit.public_file)
    if not path.is_file():
        fail(f"there is no {path}: name the public keys with --key; `incidents audit key` prints them")
    keys = _understood(path, read_keys)
    by_origin: dict[str, list[str]] = {}
    for note in (note for each in known for note in _understood(each, read_notes)):
        by_origin.setdefault(note.partition("\n")[0], []).append(note)
    strangers = sorted(name for name in by_origin if name not in {of for of, _ in keys})
    if strangers:
        fail(f"a known checkpoint is of {strangers[0]}, for which there is no key in {path}")
    return Trust(_log_of(keys, settings.audit.log, path), keys, by_origin)


def _log_of(keys: Keys, usual: str, path: Path) -> str:
    """The log that the keys are for: who verifies an export elsewhere has no settings that say it."""
    logs = {name.rpartition("/")[0] for name, _ in keys}
    if usual in logs:
        return usual
    if len(logs) > 1:
        fail(
            f"{path} has keys of several logs, {', '.join(sorted(logs))}: say which in audit.log of the settings"
        )
    return logs.pop()


def _understood(path: Path, read: Callable[[str], T]) -> T:
    try:
        return read(path.read_text("utf-8"))
    except UnicodeDecodeError:
        fail(f"{path} is no text, and so no file of keys or checkpoints")
    except BadNote as wrong:
        fail(f"{path}: {wrong}")


def _partitions_of(trust: Trust) -> Iterator[int]:
    """The partitions that there are keys for: of each there should be something."""
    for origin in {name for name, _ in trust.keys}:
        log, _, number = origin.rpartition("/")
        if log == trust.log and number.isdecimal():
            yield int(number)


def _verify_log(settings: Settings, trust: Trust, *, tables: bool) -> list[Standing]:
    bootstrap = settings.kafka.bootstrap
    partitions = range(require_topics(bootstrap, ("audit", "audit-checkpoints"))["audit"])
    if not tables:
        return [verify_partition(bootstrap, each, trust, None, _tell(trust, each)) for each in partitions]
    with connected(settings.sink.database) as connection:
        strange = partitions_stored(connection) - set(partitions)
        if strange:
            raise Broken("table audit", f"it has rows of partitions that the log has not: {sorted(strange)}")
        return [
            verify_partition(bootstrap, each, trust, StoredRows(connection, each), _tell(trust, each))
            for each in partitions
        ]


def _tell(trust: Trust, partition: int) -> Callable[[int], None]:
    return lambda lines: progress(f"{trust.origin(partition)}: {lines} lines")


def _show(found: list[Standing], trust: Trust, *, as_json: bool) -> None:
    if as_json:
        print_json({"log": trust.log, "holds": not any(each.problem for each in found), "partitions": found})
        return
    for each in found:
        young = each.lines - each.proven
        parts = [f"{trust.origin(each.partition)}: proven up to {each.proven} of {each.lines} lines"]
        parts += [f"{young} not signed yet"] if young and not each.problem else []
        parts += [f"{each.checkpoints} checkpoints"]
        parts += [] if each.stored is None else [f"{each.stored} rows agree"]
        typer.echo(", ".join(parts))
        if each.problem:
            typer.echo(f"  DOES NOT HOLD: {plain(each.problem)}")


@contextmanager
def _telling_what_broke() -> Iterator[None]:
    try:
        yield
    except Broken as broken:
        sys.stderr.write(problem_line(f"the log does not hold: {broken}"))
        raise typer.Exit(BROKEN) from broken
    except NoProof as problem:
        fail(problem)


def _group() -> None:
    """Prove what was decided: verify the log, prove an entry, export."""
