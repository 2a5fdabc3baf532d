"""Owns an example or two of every command, as its help and docs/commands.md show them.

A command without one fails a test, and so does an example that the command would not take. May not: hold logic.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import typer
from typer.main import get_command_name
from typer.models import CommandInfo

EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "up": ("--detach", "--settings settings.toml --workers 4"),
    "down": ("",),
    "status": ("", "--json"),
    "scale": ("4",),
    "demo": ("",),
    "list": ("--limit 10", "--replays --json"),
    "show": ("INC-7F3KQ2",),
    "timeline": ("INC-7F3KQ2",),
    "evidence": ("INC-7F3KQ2 e3",),
    "why": ("INC-7F3KQ2",),
    "changes": ("--hours 6 --search checkout",),
    "noise": ("--days 30",),
    "watch": ("", "--json"),
    "doctor": ("", "--service checkout --at-least 80"),
    "postmortem": ("INC-7F3KQ2 --output postmortem.md",),
    "feedback confirm": ("INC-7F3KQ2", "INC-7F3KQ2 2 --note 'seen in the logs'"),
    "feedback reject": ("INC-7F3KQ2 1",),
    "feedback split": ("INC-7F3KQ2 3 4",),
    "feedback merge": ("INC-7F3KQ2 INC-M2XW4B",),
    "feedback false-page": ("INC-7F3KQ2",),
    "feedback misroute": ("INC-7F3KQ2 team-payments",),
    "feedback hand-over": ("INC-7F3KQ2 team-payments",),
    "feedback update-sent": ("INC-7F3KQ2",),
    "feedback close": ("INC-7F3KQ2 'connections ran out'",),
    "feedback reopen": ("INC-7F3KQ2",),
    "feedback undo": ("INC-7F3KQ2 9f3c",),
    "dead-letters list": ("--source github",),
    "dead-letters show": ("4f1c9e2a",),
    "dead-letters replay": ("4f1c9e2a", "--all --reason unknown_tenant --dry-run"),
    "replay": ("examples/checkout --export candidates.jsonl", "examples/checkout --settings new.toml --compare"),
    "evaluate": ("recordings --scorer score.py",),
    "gateway": ("--settings settings.toml --health-port 8081",),
    "worker": ("--name worker-1 --settings settings.toml",),
    "auditor": ("--settings settings.toml",),
    "sink": ("--settings settings.toml",),
    "querier": ("--settings settings.toml",),
    "web": ("--settings settings.toml",),
    "retire": ("worker-4 --settings settings.toml",),
    "token": ("h.nakamura --feedback", "on-call --tenant shop --tenant default"),
    "topics create": ("--bootstrap kafka.example.com:9092",),
    "tables migrate": ("--settings settings.toml",),
    "tables reader": ("--name grafana --settings settings.toml",),
    "publish alert": ("--name SmokeTestFailed --service checkout --severity critical",),
    "publish deploy": ("--service checkout --environment production --before 4f1c9e2 --after 88a0d13",),
    "publish flag": ("--flag instant-capture --service payments --from off --to on",),
    "publish config": ("--target ssm:/checkout/pool-size --service checkout --from 20 --to 5",),
    "publish catalog": ("catalog-info.yaml", "--watch catalog/"),
    "audit verify": ("", "--export audit-2026 --key audit.pub"),
    "audit proof": ("2/3120",),
    "audit growth": ("checkpoints.txt",),
    "audit export": ("audit-2026",),
    "audit key": ("",),
}  # fmt: skip
"""By a command's whole name, what may stand behind it."""


def add_examples(app: typer.Typer) -> None:
    """Has the help of every command of the program end with its examples."""
    for name, command in _commands(app, ""):
        before = [command.epilog] if command.epilog else []
        shown = examples(name)
        command.epilog = "\n\n".join([*before, "\n".join(["For example:", *shown])])


def examples(name: str) -> tuple[str, ...]:
    """What somebody may type, each a whole line."""
    return tuple(f"incidents {name} {words}".rstrip() for words in EXAMPLES.get(name, ()))


def _commands(app: typer.Typer, before: str) -> Iterator[tuple[str, CommandInfo]]:
    """Each command by its whole name, as it was registered."""
    for command in app.registered_commands:
        called = command.callback.__name__ if command.callback else ""
        yield f"{before}{command.name or get_command_name(called)}", command
    for group in app.registered_groups:
        if group.typer_instance:
            yield from _commands(group.typer_instance, f"{before}{group.name} ")
