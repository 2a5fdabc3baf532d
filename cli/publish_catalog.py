"""Owns `incidents publish catalog`: catalogs, rotas and runbooks from files, from a watched folder, and out of it.

Goes to: the gateway, over HTTP.
"""

import inspect
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Annotated, Any, Final

import typer

from cli.sending import SEND, Option, address_of, deliver, right_use, shaped, tell
from sources.folder import WatchedFolder
from sources.posting import NOT_DELIVERED, post
from sources.publishing import WrongUse, deletion_of
from sources.rota_files import is_dated, sendable

_FILES: Final = typer.Argument(
    help="Catalogs, rotas and indexes of runbooks, YAML or JSON; runbooks in Markdown.",
    metavar="FILE...",
    exists=True,
    dir_okay=False,
)
_WATCH: Final = Option(
    ("--watch",), "Folder: publish its files, each again when it says something new.", "watch", Path | None
)
_DELETE: Final = Option(
    ("--delete",),
    "Take an entry out: its name, e.g. component:default/checkout; several are allowed.",
    "delete",
    list[str] | None,
)
_RUNBOOKS_AT: Final = Option(
    ("--runbooks-at",), "Address under which Markdown runbooks without a link are read.", "runbooks_at"
)
_LOOK_S: Final = 2.0
"""Pause between two looks at a watched folder."""
_AGAIN_S: Final = 300.0
"""Pause after which a rota by calendar or by turns is worked out again."""


def catalog_command() -> Callable[..., None]:
    """The command, for typer to read."""

    def command(
        files: list[Path] | None,
        watch: Path | None,
        delete: list[str] | None,
        **given: Any,  # noqa: ANN401 - each option has its own type
    ) -> None:
        with right_use():
            if sum(map(bool, (files, watch, delete))) != 1:
                raise WrongUse(
                    "which catalog? name files, or a folder with --watch, or entries with --delete"
                )
            if watch and not watch.is_dir():
                raise WrongUse(f"--watch takes a folder, and {watch} is none")
            if watch and not given["dry_run"]:
                _watch(watch, given)
            elif delete:
                deliver(given, "catalog", [("", deletion_of(delete), None)])
            elif watch:
                found = [(path, _read(path, content, watch, given)) for path, content in _changed(watch)]
                deliver(given, "catalog", [(str(path), body, None) for path, body in found if body])
            else:
                named = [(path, _read(path, path.read_bytes(), path.parent, given)) for path in files or ()]
                deliver(given, "catalog", [(str(path), _wanted(path, body), None) for path, body in named])

    files = inspect.Parameter(
        "files",
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[list[Path] | None, _FILES],
    )
    words = "Publish catalogs, rotas and runbooks; bad documents are told one by one."
    return shaped(command, words, (_WATCH, _DELETE, _RUNBOOKS_AT, *SEND), files)


def _read(path: Path, content: bytes, folder: Path, given: Mapping[str, Any]) -> bytes | None:
    now = time.time_ns() // 1000
    return sendable(path, content, PurePath(path.relative_to(folder)), given["runbooks_at"], now)


def _wanted(path: Path, body: bytes | None) -> bytes:
    if body is None:
        raise WrongUse(f"{path} is no runbook: its front matter names no alert and no service")
    return body


def _changed(folder: Path) -> Iterator[tuple[Path, bytes]]:
    return WatchedFolder(folder).changed(time.monotonic())


def _watch(folder: Path, given: Mapping[str, Any]) -> None:
    """Publish each file whenever it says something new; what could not be delivered is tried at the next look."""
    address, watched, sent = address_of(given), WatchedFolder(folder), dict[Path, bytes]()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        while True:
            for path, content in watched.changed(time.monotonic()):
                body = _read(path, content, folder, given)
                if body is not None and sent.get(path) != body:
                    outcome = post(address, "catalog", body, given["timeout"])
                    tell([(str(path), outcome)], outcome.code, as_json=given["as_json"])
                    if outcome.code == NOT_DELIVERED:
                        continue
                    sent[path] = body
                watched.done(path, content, time.monotonic() + _AGAIN_S if is_dated(path, content) else None)
            time.sleep(_LOOK_S)
