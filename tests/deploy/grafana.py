"""Owns how the tests read the dashboards: their panels, and their queries as Grafana would send them.

Goes to: the tests of deploy/grafana.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from tests.prometheus import promtool

ROOT: Final = Path(__file__).resolve().parents[2]
GRAFANA: Final = ROOT / "deploy" / "grafana"
FILES: Final = sorted((GRAFANA / "dashboards").glob("*.json"))
_TIME_FILTER: Final = re.compile(r"\$__timeFilter\((?P<time>to_timestamp\([^()]*\))\)")
_BETWEEN: Final = r"\g<time> BETWEEN '1970-01-01T00:00:00Z' AND '2100-01-01T00:00:00Z'"


def read(file: Path) -> dict[str, Any]:
    """A dashboard as it is committed."""
    page: dict[str, Any] = json.loads(file.read_text())
    return page


def asked(kind: str) -> Iterator[tuple[str, str]]:
    """Title of the panel and query of every target that asks this way: `rawSql` or `expr`; tenants to choose, too."""
    for page in map(read, FILES):
        for panel in page["panels"]:
            yield from ((panel["title"], target[kind]) for target in panel["targets"] if kind in target)
        if kind == "rawSql":
            yield from ((one["name"], one["query"]) for one in page["templating"]["list"])


def as_sql(query: str, tenants: str) -> str:
    """What Postgres gets for a query.

    `$__timeFilter` of a time is a BETWEEN of the chosen times, here all. The chosen tenants are quoted; for all of them
    the variable's `allValue` is put in as it stands.
    """
    return _TIME_FILTER.sub(_BETWEEN, query).replace("${tenant:sqlstring}", tenants)


def as_promql(query: str) -> str:
    """What Prometheus gets: `$__rate_interval` is at least four scrapes."""
    return query.replace("$__rate_interval", "1m")


def check_promql(queries: list[str], folder: Path) -> None:
    """Have Prometheus's own checker parse each, as the rule of a series."""
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    file = folder / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    promtool("check", "rules", str(file))
