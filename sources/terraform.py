"""Owns reading notifications of HCP Terraform and Terraform Enterprise: one config change a run's step.

Source: https://developer.hashicorp.com/terraform/cloud-docs/api-docs/notification-configurations#notification-payload.
Only an applied run takes effect. The body that Terraform sends to test an address is all nulls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schemas.events import Change, ChangeStatus
from sources.effects import verdict_of
from sources.environments import environment_in
from sources.fields import Path, at, first_link, first_moment, first_text, listing, mapping, text
from sources.reading import Ignored, Item, Reading, Record, reading_of, refuse
from sources.telling import quoted
from streams.redact import Json, json_text, redact

_TEST: Final = "verification"
_DESTROY: Final = "workspace:auto_destroy_results"
_STATUSES: Final[Mapping[str, ChangeStatus]] = {
    "applied": "succeeded",
    "planned_and_finished": "succeeded",
    "policy_soft_failed": "failed",
    "canceled": "failed",
    "force_canceled": "failed",
    "discarded": "failed",
    "errored": "failed",
}
"""How runs end; every other state is on the way."""
_STARTED: Final[ChangeStatus] = "started"
_TIME: Final[tuple[Path, ...]] = (("run_updated_at",), ("run_created_at",))
_ACTOR: Final[tuple[Path, ...]] = (("run_updated_by",), ("run_created_by",))


def read(body: Json, headers: Mapping[str, str], received_at: int) -> Reading:  # noqa: ARG001 - the contract
    """One Change for each notification of a run; tests and observations are ignored with the reason."""
    if not isinstance(body, dict):
        return Reading(refused=(refuse("not_an_object", "a notification is a JSON object", body),))
    if "trigger_scope" in body or isinstance(body.get("details"), dict):
        return reading_of([_second(body)])
    notifications = body.get("notifications")
    if not isinstance(notifications, list):
        detail = "there is no list `notifications`: is this Terraform's?"
        return Reading(refused=(refuse("no_notifications", detail, body),))
    if not notifications:
        return Reading(ignored=(Ignored("empty", "nothing is notified", "/notifications"),))
    return reading_of([_item(body, one, f"/notifications/{n}") for n, one in enumerate(notifications)])


def _item(body: Mapping[str, Json], notification: Json, path: str) -> Item:
    """Read from the redacted notification alone, so that whatever is claimed stands in it."""
    if text(at(notification, ("trigger",))) == _TEST:
        return Ignored("verification", "Terraform tests whether somebody listens; there is no run", path)
    original = redact({**body, "notifications": [notification]})
    said = {**mapping(original), **mapping(listing(at(original, ("notifications",)))[0])}
    run, workspace = text(said.get("run_id")), text(said.get("workspace_name"))
    if run is None or workspace is None:
        missing = "run_id" if run is None else "workspace_name"
        return refuse("no_run", f"{missing} is missing, so the run has no name", original, path)
    return _change(_Run(run, workspace, text(said.get("run_message")) or "run"), said, original, path)


@dataclass(frozen=True, slots=True)
class _Run:
    """Which run, and what it is about."""

    run: str
    workspace: str
    about: str


def _change(run: _Run, said: Mapping[str, Json], original: Json, path: str) -> Item:
    facts = dict(said)
    time = first_moment(facts, _TIME)
    if time is None:
        return refuse("no_time", "run_updated_at is no time of RFC 3339", original, path)
    state = text(said.get("run_status")) or ""
    status = _STATUSES.get(state, _STARTED if state else "unknown")
    verdict = "a plan alone changes nothing" if state.startswith("planned_and") else verdict_of(status)
    organization = text(said.get("organization_name")) or ""
    target = f"config/workspaces/{organization}/{run.workspace}"
    message = Change(
        kind="config",
        source="terraform",
        source_ref=f"terraform:{run.run}",
        status=status,
        suspectable=not verdict,
        verdict=verdict,
        target=target,
        environment=environment_in(run.workspace),
        references=(f"terraform/workspaces:{run.workspace}", f"terraform:{organization}/{run.workspace}"),
        title=f"terraform {run.workspace}: {run.about}: {state}",
        actor=first_text(facts, _ACTOR),
        effective_at=time,
        notified_at=first_moment(facts, _TIME[:1]),
        link=first_link(facts, (("run_url",),)),
        original=json_text(original),
    )
    return Record("configs", (target,), message, path)


def _second(body: Mapping[str, Json]) -> Item:
    """The second version of the payload is about a workspace; of it only a destruction changes something."""
    trigger = text(body.get("trigger")) or ""
    if trigger != _DESTROY:
        return Ignored(
            "other_trigger", f"{quoted(trigger) or 'a notification without trigger'} changes nothing"
        )
    original = redact(dict(body))
    said = mapping(at(original, ("details",)))
    run, workspace = text(said.get("run_external_id")), text(said.get("workspace_name"))
    if run is None or workspace is None:
        return Ignored("no_run", "the destruction did not start, so nothing changed")
    return _change(_Run(run, workspace, "destroyed by its schedule"), said, original, "")
