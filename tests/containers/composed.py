"""Owns what a test may do with the system of compose.yaml: commands of the engine, an alert, a question to Postgres.

Goes to: the tests of the containers, through the fixture `composed`.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.facts import eventually

ROOT = Path(__file__).resolve().parent.parent.parent
_COMMAND_S = 1200
_SEEN_S = 120.0


@dataclass(frozen=True)
class Composed:
    """One project of compose, with its own name, port and image."""

    project: str
    port: int
    page_port: int
    image: str
    others: Mapping[str, str] = field(default_factory=dict)
    """Further variables of compose.yaml, such as the profiles that are brought up."""

    def compose(self, *arguments: str) -> str:
        """Standard output of a command of `docker compose`; AssertionError with all it said where it fails."""
        return run("docker", "compose", "--project-name", self.project, *arguments, variables=self._variables)

    def up(self) -> None:
        """Bring everything up, as a person does, and wait until all of it is healthy."""
        self.compose("up", "--wait")

    def ask(self, question: str) -> list[str]:
        """The rows of a query on the system's database, as text, columns joined by `|`."""
        psql = ("psql", "--username", "incidents", "--tuples-only", "--no-align", "--command", question)
        return self.compose("exec", "-T", "postgres", *psql).splitlines()

    def in_process(self, service: str, expression: str) -> str:
        """What a Python expression is inside the container of a service."""
        return self.compose("exec", "-T", service, "python", "-c", f"import os; print({expression})").strip()

    def post_alert(self, service: str) -> None:
        """Post a firing alert of a service, which the gateway must have taken."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/v1/alertmanager", json=_firing(service), timeout=30
        )
        assert (202, 1) == (answer.status_code, len(answer.json()["published"])), answer.text

    def packet_of(self, service: str) -> str:
        """The number of claims in the first packet about a service, once it stands in Postgres, all proven."""
        proven = "count(*) FILTER (WHERE proven), count(*) FILTER (WHERE NOT proven)"
        joined = "FROM claims JOIN candidates USING (tenant, candidate_id)"
        question = f"SELECT {proven} {joined} WHERE title LIKE '{service} %' HAVING count(*) > 0"
        return eventually(lambda: self.ask(question), _SEEN_S, f"the packet of {service} is in Postgres")[0]

    def claims_of(self, service: str) -> set[str]:
        """Every claim of every packet about a service that is stored by now, by its revision."""
        what = "revision_id, number, claims.text, proven"
        joined = "FROM claims JOIN candidates USING (tenant, candidate_id)"
        return set(self.ask(f"SELECT claims.{what} {joined} WHERE title LIKE '{service} %'"))

    @property
    def _variables(self) -> dict[str, str]:
        return {
            "INCIDENTS_PORT": str(self.port),
            "INCIDENTS_PAGE_PORT": str(self.page_port),
            "INCIDENTS_IMAGE": self.image,
            **self.others,
        }


def run(*command: str, variables: Mapping[str, str] | None = None) -> str:
    """Standard output of a command in the checkout's folder; AssertionError with all it said where it fails."""
    environment = {**os.environ, **(variables or {})}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=_COMMAND_S, check=False
    )
    assert 0 == done.returncode, f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def _firing(service: str) -> dict[str, object]:
    alert = {
        "status": "firing",
        "labels": {"alertname": "ErrorsHigh", "service": service, "severity": "critical"},
        "annotations": {"summary": f"requests to {service} fail"},
        "startsAt": datetime.now(UTC).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": f"{service}-errors",
    }
    groups: dict[str, object] = {"groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}}
    sender = {
        "version": "4",
        "groupKey": service,
        "receiver": "incidents",
        "externalURL": "http://am.example",
    }
    return {**sender, **groups, "status": "firing", "alerts": [alert]}
