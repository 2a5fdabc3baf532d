"""Owns incidents by hand for the tests of the measures: rows with the times and words that a story needs.

Goes to: the tests of the measures, of the metrics that follow from them, and of the dashboards.
"""

from typing import Any

from sqlalchemy import Engine, Table, insert

from sinks.feedback_table import FEEDBACK
from sinks.tables import AUDIT, CANDIDATE_REVISIONS, CANDIDATES, MEMBERS, PACKETS

SECOND = 1_000_000
DAY = 20_000
"""The day of every story."""
START = DAY * 86_400 * SECOND
_WORDS = dict.fromkeys(("environment", "phase", "title", "build", "settings_hash", "body"), "x")


class Story:
    """Incidents of one database, told one by one; every time is seconds since the day began."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._lines = engine, 0

    def incident(self, name: str, *, opened: float = 0, packet: float | None = None, **more: Any) -> None:  # noqa: ANN401
        """One incident: its alert arrives a second after its onset, its packet can be read at `packet`."""
        values = {
            **_WORDS,
            "tenant": "default",
            "candidate_id": name,
            "revision_id": f"{name}-1",
            "revision": 1,
            "short_id": f"INC-{name}",
            "state": "open",
            "severity": "error",
            "alerts": 1,
            "repeats": 0,
            "owner": "payments",
            "signals_partition": 0,
            "signals_offset": 0,
            "opened_at": at(opened),
            "last_activity_at": at(opened),
            "cut_at": at(opened + 1),
            **more,
        }
        self._put(CANDIDATES, values)
        self._put(CANDIDATE_REVISIONS, values)
        if packet is not None:
            self._put(PACKETS, {**values, "stored_at": at(packet)})

    def alert(self, name: str, fingerprint: str, *, service: str = "checkout", rule: str = "Errors") -> None:
        """One alert of an incident."""
        identity = {"tenant": "default", "candidate_id": name, "member_id": fingerprint}
        said = {"fingerprint": fingerprint, "starts_at": START, "name": rule, "service": service}
        self._put(MEMBERS, {**identity, **said, "rule": "first", "score": 1.0})

    def said(self, about: str, kind: str, when: float = 60, **more: Any) -> None:  # noqa: ANN401
        """Something that a person says about an incident."""
        identity = {"tenant": "default", "feedback_id": f"{about}-{kind}-{when}", "candidate_id": about}
        words = {"environment": "x", "person": "user:anna", "via": "page", "note": "", "body": ""}
        self._put(FEEDBACK, {**identity, **words, "kind": kind, "given_at": at(when), **more})

    def looked(self, name: str, when: float) -> None:
        """Somebody looks at an incident's packet."""
        self._lines += 1
        place = {"source_topic": "x", "source_partition": 0, "source_offset": 0, "source_index": 0}
        said = {
            "tenant": "default",
            "subject": name,
            "decision": "viewed",
            "actor": "user:anna",
            "at": at(when),
        }
        self._put(
            AUDIT, {"partition": 0, "sequence": self._lines, "leaf_hash": b"", "entry": b"", **place, **said}
        )

    def _put(self, table: Table, values: dict[str, Any]) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                insert(table), {name: value for name, value in values.items() if name in table.columns}
            )


def at(second: float) -> int:
    """A second of the day, in microseconds since 1970."""
    return START + round(second * SECOND)
