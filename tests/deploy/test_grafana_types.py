"""The dashboards by Grafana's own types: every field is one that it knows, every unit one that it shows."""

import json
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.deploy.grafana import FILES, read

UNITS = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}


def _lost(told: object, kept: object, path: str = "") -> list[str]:
    """Where something stands in one that is not in the other, or is something else there."""
    if isinstance(told, dict) and isinstance(kept, dict):
        missing = [f"{path}.{name}" for name in told if name not in kept]
        return missing + [
            found
            for name in told
            if name in kept
            for found in _lost(told[name], kept[name], f"{path}.{name}")
        ]
    if isinstance(told, list) and isinstance(kept, list) and len(told) == len(kept):
        pairs = enumerate(zip(told, kept, strict=True))
        return [found for n, (one, other) in pairs for found in _lost(one, other, f"{path}[{n}]")]
    return [] if told == kept else [path]


def _through_grafanas_types(page: dict[str, Any]) -> object:
    """What is left of a dashboard that is read into the types and written again: the fields that they have."""
    register_default_plugins()
    return json.loads(json.dumps(Dashboard.from_json(page), cls=JSONEncoder))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_grafanas_types_know_every_field(file: Path) -> None:
    """What they do not know, Grafana would pass over without a word."""
    page = read(file)
    assert [] == _lost(page, _through_grafanas_types(page))


def test_a_misspelt_field_would_be_found() -> None:
    """In a panel, in how it shows values, and in what it asks Prometheus."""
    page = next(page for page in map(read, FILES) if "expr" in page["panels"][0]["targets"][0])
    panel = page["panels"][0]
    panel["gridpos"] = panel["gridPos"]
    panel["fieldConfig"]["defaults"]["units"] = "s"
    panel["targets"][0]["legend"] = ""
    assert [".panels[0].fieldConfig.defaults.units", ".panels[0].targets[0].legend"] == sorted(
        found for found in _lost(page, _through_grafanas_types(page)) if "gridpos" not in found
    )
    assert ".panels[0].gridpos" in _lost(page, _through_grafanas_types(page))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_unit_is_one_of_grafanas(file: Path) -> None:
    """Another one would be shown behind the number as a word."""
    assert {panel["fieldConfig"]["defaults"]["unit"] for panel in read(file)["panels"]} <= UNITS
