"""Owns docs/settings.md: every setting with its meaning and default, from the models that read the file.

Goes to: `docs.generate`.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from schemas.model import Message
from schemas.page_settings import PageSettings, ReaderSettings
from schemas.querying import PrometheusSource, QuerierSettings, Template
from schemas.settings import (
    AuditSettings,
    GatewaySettings,
    KafkaSettings,
    SinkSettings,
    StateSettings,
    TenantSettings,
)
from schemas.thresholds import CorrelationSettings, FeedSettings, RankingSettings
from schemas.tracing import TracingSettings

_HEAD: Final = """\
<!-- Made by `make docs`; change schemas/settings.py, not this page. -->

# Settings

One TOML file for all processes, named by `--settings` or by `INCIDENTS_SETTINGS`. What is left out has its default. A
wrong name or value is refused with one line that says which. Names that end in `_s` are seconds.

A hash of `[[tenants]]` (without tokens and secrets), `[correlation]`, `[ranking]` and `[feeds]` is part of every
revision and audit entry: other settings give other revisions, never the same ones with another content. A file with
`signing_secrets` should be readable by the gateway's user alone; the other processes can have one without them.
"""
_GROUPS: Final[dict[str, type[Message]]] = {
    "[kafka]": KafkaSettings,
    "[gateway]": GatewaySettings,
    "[[tenants]]": TenantSettings,
    "[correlation]": CorrelationSettings,
    "[ranking]": RankingSettings,
    "[feeds]": FeedSettings,
    "[querier]": QuerierSettings,
    "[[querier.prometheus]]": PrometheusSource,
    "[querier.templates.NAME]": Template,
    "[state]": StateSettings,
    "[audit]": AuditSettings,
    "[sink]": SinkSettings,
    "[page]": PageSettings,
    "[[page.readers]]": ReaderSettings,
    "[tracing]": TracingSettings,
}


def settings_page() -> str:
    """The whole page as Markdown, ending in a line break."""
    return "\n".join([_HEAD, *(_section(title, model) for title, model in _GROUPS.items())])


def _section(title: str, model: type[Message]) -> str:
    return "\n".join(
        [f"## {title}", "", model.__doc__ or "", "", "| setting | default | meaning |", *_rows(model)]
    )


def _rows(model: type[Message]) -> Iterator[str]:
    yield "|---|---|---|"
    for name, setting in model.model_fields.items():
        default = "required" if setting.is_required() else _shown(setting.default)
        yield f"| `{name}` | {default} | {setting.description} |"
    yield ""


def _shown(default: Any) -> str:  # noqa: ANN401 - whatever a setting may be
    return "none" if default is None else f"`{json.dumps(default)}`"
