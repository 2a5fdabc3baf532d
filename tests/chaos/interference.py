"""Owns what somebody might do to a system's tables and topics themselves, so that the verifier has to find it there.

Goes to: the short form of the campaign.
"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from confluent_kafka import Producer

from tests.chaos.campaign import TENANT
from tests.chaos.seen import decoded, records
from tests.endtoend.whole import Whole
from tests.wire.log import delete_before

Interference = Callable[[Whole], None]


def edit_row(whole: Whole) -> None:
    """One alert less among the members that the page shows of a candidate."""
    with closing(sqlite3.connect(whole.home / "incidents.db", timeout=30)) as tables, tables:
        query = "select candidate_id, body from candidates where tenant = ? limit 1"
        ((name, body),) = tables.execute(query, (TENANT,)).fetchall()
        changed: dict[str, Any] = {**json.loads(body), "members": []}
        tables.execute("update candidates set body = ? where candidate_id = ?", (json.dumps(changed), name))


def copy_letter(whole: Whole) -> None:
    """A dead letter that is in its topic already, many times more."""
    bootstrap = whole.status.bootstrap
    letters = (one for one in records(bootstrap, "dead-letters") if _is_ours(one.value))
    letter = next(letters).value
    producer = Producer({"bootstrap.servers": bootstrap})
    for _ in range(100):
        producer.produce("dead-letters", letter)
    assert producer.flush(30) == 0


def cut_log(whole: Whole) -> None:
    """The first line of a partition of the audit log is deleted."""
    bootstrap = whole.status.bootstrap
    line = records(bootstrap, "audit")[0]
    delete_before(bootstrap, "audit", line.partition, line.offset + 1)


def _is_ours(value: bytes) -> bool:
    return bool(decoded("dead-letters", value)["tenant"] == TENANT)
