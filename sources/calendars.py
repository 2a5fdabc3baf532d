"""Owns reading an on-call calendar (iCalendar, RFC 5545): its events within a time, as shifts.

Made for the feeds that PagerDuty, Opsgenie and Grafana OnCall export: an event is a shift, its attendee or else its
summary the person. Pure. Goes to: `sources.rota_files`.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Final

import recurring_ical_events
from icalendar import Calendar

from schemas.events import Shift
from schemas.times import to_datetime, to_micros
from sources.rotas import MOST_SHIFTS

_CANCELLED: Final = "CANCELLED"
_LONGEST_NAME: Final = 200
_BEFORE_NAME: Final = ("on call - ", "on-call - ", "on call: ", "on-call: ")


class BadCalendar(ValueError):
    """What cannot be read as a calendar; one line says why."""


def shifts_in(calendar: bytes, opens: int, closes: int) -> tuple[Shift, ...]:
    """The shifts that overlap the time from `opens` to `closes`, in microseconds. Raises BadCalendar, nothing else."""
    try:
        parsed = Calendar.from_ical(calendar)
        events = recurring_ical_events.of(parsed).after(to_datetime(opens))
        found = [*islice(_shifts(events, opens, closes), MOST_SHIFTS + 1)]
    except Exception as error:  # the libraries raise what they like for what is no calendar
        words = " ".join(str(error).split())[:120]
        raise BadCalendar(f"no calendar (iCalendar): {type(error).__name__}: {words}") from error
    if len(found) > MOST_SHIFTS:
        raise BadCalendar(f"more than {MOST_SHIFTS} shifts: give a shorter horizon_days")
    return tuple(sorted(found, key=lambda shift: (shift.start, shift.end, shift.person)))


def _shifts(events: Iterator[Any], opens: int, closes: int) -> Iterator[Shift]:
    """Recurring ones come in the order of their starts, so that the first behind the time ends it."""
    for event in islice(events, 10 * MOST_SHIFTS):
        start, end = _instant(event.start), _instant(event.end)
        if start >= closes:
            return
        person = _person(event)
        if end > max(start, opens) and person and str(event.get("STATUS", "")).upper() != _CANCELLED:
            yield Shift(start=start, end=end, person=person)


def _instant(moment: date | datetime) -> int:
    """A day begins at midnight, and a time without a zone is one, in UTC."""
    whole = (
        moment
        if isinstance(moment, datetime)
        else datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    )
    return to_micros(whole)


def _person(event: Any) -> str:  # noqa: ANN401 - of a library without types
    """The attendee by name, else by mail address, else the summary without what says that it is about being on call."""
    attendees = event.get("ATTENDEE", [])
    for one in attendees if isinstance(attendees, list) else [attendees]:
        named = str(getattr(one, "params", {}).get("CN", "")) or str(one).removeprefix(
            "mailto:"
        ).removeprefix("MAILTO:")
        if named.strip():
            return " ".join(named.split())[:_LONGEST_NAME]
    summary = " ".join(str(event.get("SUMMARY", "")).split())
    start = next((start for start in _BEFORE_NAME if summary.lower().startswith(start)), "")
    return summary[len(start) :][:_LONGEST_NAME]
