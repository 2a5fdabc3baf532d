"""Owns taking a static member out of a consumer group: a worker that is gone for good, not only restarting.

Kafka keeps the partitions of a static member until its session ends, so that a restart moves nothing. Neither client
library has the request by which an operator ends it earlier, so it is spelled out here (LeaveGroup, version 3). May
not: stop the worker. Goes to: `incidents scale` and `incidents retire`.
"""

# ruff: noqa: SLF001 - the admin client has no public way to send a request to a coordinator

import asyncio
import time
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int16, Int32, Schema, String

from wire.errors import KafkaProblem, Unreachable

_TIMEOUT_S: Final = 10.0
_MOVING_S: Final = 30.0
_PAUSE_S: Final = 0.1
_UNKNOWN_MEMBER: Final = 25
_LEAVE_GROUP: Final = 13


class _Left(Response):  # type: ignore[misc] # published without types
    API_KEY = _LEAVE_GROUP
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        (
            "members",
            Array(
                ("member_id", String("utf-8")),
                ("group_instance_id", String("utf-8")),
                ("error_code", Int16),
            ),
        ),
    )


class _Leave(RequestStruct):  # type: ignore[misc] # the same
    API_KEY = _LEAVE_GROUP
    API_VERSION = 3
    RESPONSE_TYPE = _Left
    SCHEMA = Schema(
        ("group", String("utf-8")),
        ("members", Array(("member_id", String("utf-8")), ("group_instance_id", String("utf-8")))),
    )


class _LeaveRequest(Request[_Leave]):  # type: ignore[misc] # the same
    API_KEY = _LEAVE_GROUP

    def __init__(self, group: str, instance: str) -> None:
        self._group, self._instance = group, instance

    def build(self, request_struct_class: type[_Leave]) -> _Leave:
        """One member, named by its stable name alone."""
        return request_struct_class(self._group, [("", self._instance)])


def remove_member(bootstrap: str, group: str, instance: str) -> bool:
    """Take the member of this stable name out of the group; its partitions go to the others at once.

    False when the group has no such member. Raises KafkaProblem.
    """
    try:
        return asyncio.run(_remove(bootstrap, group, instance))
    except (KafkaError, TimeoutError) as error:
        raise Unreachable(bootstrap, str(error) or type(error).__name__) from error


async def _remove(bootstrap: str, group: str, instance: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=round(_TIMEOUT_S * 1000))
    try:
        await admin.start()
        return await _removed(admin, group, instance)
    finally:
        await admin.close()


async def _removed(admin: AIOKafkaAdminClient, group: str, instance: str) -> bool:
    """Asked again while the coordinator is being chosen."""
    end = time.monotonic() + _MOVING_S
    while True:
        try:
            return await _asked(admin, group, instance)
        except KafkaError as error:
            if not error.retriable or time.monotonic() > end:
                raise
        await asyncio.sleep(_PAUSE_S)


async def _asked(admin: AIOKafkaAdminClient, group: str, instance: str) -> bool:
    coordinator = await admin.find_coordinator(group)
    answer: Any = await admin._send_request_to_node(coordinator, _LeaveRequest(group, instance))
    if answer.error_code:
        raise for_code(answer.error_code)(f"{instance} cannot be taken out of {group}")
    ((_, _, code),) = answer.members
    if code not in {0, _UNKNOWN_MEMBER}:
        raise KafkaProblem(f"{instance} cannot be taken out of {group}: {for_code(code).__name__}")
    return bool(code == 0)
