"""Rotas: shifts that are written out, people who take turns, and calendars; who is on call stands in the entry."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Entity
from schemas.times import DAY, HOUR, format_time, parse_time
from sources.calendars import BadCalendar, shifts_in
from sources.catalogs import read
from streams.redact import Json

NOW = parse_time("2026-02-03T10:00:00Z")
TURNS: dict[str, Any] = {
    "rota": "payments-primary",
    "team": "team-payments",
    "people": ["a.osei", "d.ito", "k.lam"],
    "starts": "2026-01-05T09:00:00Z",
    "days": 7,
}
WRITTEN: dict[str, Any] = {
    "rota": "web",
    "team": "team-web",
    "shifts": [
        {"from": "2026-02-04T09:00:00Z", "to": "2026-02-05T09:00:00+00:00", "person": "B"},
        {"start": "2026-02-03T09:00:00Z", "end": "2026-02-04T09:00:00Z", "person": "A"},
    ],
}


def entity(body: Json, now: int = NOW) -> Entity:
    """The entry of a catalog with one rota."""
    (record,) = read(body, {}, now).records
    assert isinstance(record.message, Entity)
    return record.message


def reason(body: Json) -> str:
    """Why the only document is refused."""
    (refused,) = read(body, {}, NOW).refused
    return refused.detail


def on_call(rota: Entity, at: str) -> list[str]:
    """Everybody who is on call at a time."""
    moment = parse_time(at)
    return [shift.person for shift in rota.shifts if shift.start <= moment < shift.end]


def test_shifts_that_are_written_out_are_taken_in_order() -> None:
    """It is known who is on call up to the last end."""
    rota = entity(WRITTEN)
    assert ("rota:web", "rota", "team-web") == (rota.entity, rota.kind, rota.owner)
    assert ["A", "B"] == [shift.person for shift in rota.shifts]
    assert parse_time("2026-02-05T09:00:00Z") == rota.known_until
    assert ([], ["A"], ["B"], []) == tuple(
        on_call(rota, f"2026-02-0{day}T{time}Z")
        for day, time in ((3, "08:59:59"), (3, "09:00:00"), (4, "09:00:00"), (5, "09:00:00"))
    )


def test_people_take_turns_from_the_start_on() -> None:
    """The first of them begins; each hands over at the same time of the day."""
    rota = entity(TURNS)
    assert ["a.osei"] == on_call(rota, "2026-01-27T09:00:00Z")
    assert (["a.osei"], ["d.ito"]) == (
        on_call(rota, "2026-02-02T08:59:59Z"),
        on_call(rota, "2026-02-02T09:00:00Z"),
    )
    assert ["k.lam"] == on_call(rota, "2026-02-09T09:00:00Z")


def test_turns_are_worked_out_for_whole_days_around_now() -> None:
    """So that the entry says the same all day: seven days back, and thirty ahead or as many as it says."""
    rota, later, short = entity(TURNS), entity(TURNS, NOW + 5 * HOUR), entity({**TURNS, "horizon_days": 1})
    assert rota == later
    assert parse_time("2026-03-05T00:00:00Z") == rota.known_until
    assert (parse_time("2026-02-04T00:00:00Z"), 2) == (short.known_until, len(short.shifts))


def test_nobody_is_on_call_before_the_rota_starts() -> None:
    """Turns are not reckoned backwards."""
    assert [] == on_call(entity({**TURNS, "starts": "2026-02-10T09:00:00Z"}), "2026-02-04T00:00:00Z")


@given(
    people=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5, unique=True),
    hours=st.integers(1, 400),
    after=st.integers(0, 29 * 24),
)
def test_at_any_time_exactly_one_person_of_a_rota_by_turns_is_on_call(
    people: list[str], hours: int, after: int
) -> None:
    """The one whose turn it is, counted from the start."""
    starts = parse_time("2026-01-01T00:00:00Z")
    turns: dict[str, Any] = {
        "rota": "r",
        "team": "t",
        "people": people,
        "starts": "2026-01-01T00:00:00Z",
        "hours": hours,
    }
    at = NOW // DAY * DAY + after * HOUR
    found = [shift.person for shift in entity(turns).shifts if shift.start <= at < shift.end]
    assert [people[(at - starts) // (hours * HOUR) % len(people)]] == found


def test_the_original_says_what_is_claimed_of_it() -> None:
    """Rota, team and every person stand in it; the people's turns do not have to be reckoned again."""
    original = entity(TURNS).original
    assert all(f'"{word}"' in original for word in ("payments-primary", "team-payments", "a.osei", "d.ito"))
    assert '"from":"2026-02-02T09:00:00Z"' in original


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"rota": "x"}, "team"),
        ({"rota": "", "team": "t"}, "rota"),
        ({**TURNS, "days": None}, "days or hours"),
        ({**TURNS, "days": 0}, "whole number"),
        ({**TURNS, "days": True}, "whole number"),
        ({**TURNS, "people": []}, "people"),
        ({**TURNS, "starts": "monday"}, "starts"),
        ({**TURNS, "days": None, "hours": 1, "horizon_days": 366}, "more than 2000 shifts"),
        ({**TURNS, "horizon_days": 0}, "horizon_days"),
        ({**TURNS, "horizon_days": "30"}, "horizon_days"),
        ({**WRITTEN, "shifts": []}, "names nobody"),
        ({**WRITTEN, "shifts": [{"from": "2026-02-04T09:00:00Z", "person": "B"}]}, "shifts/0"),
        ({**WRITTEN, "shifts": [{**WRITTEN["shifts"][0], "to": "2026-02-04T09:00:00Z"}]}, "shifts/0"),
        ({**WRITTEN, "shifts": WRITTEN["shifts"] * 1001}, "more than 2000 shifts"),
        (
            {"rota": "x", "team": "t", "calendar": "https://example.com/secret.ics"},
            "incidents publish catalog",
        ),
    ],
)
def test_a_bad_rota_is_refused_with_what_to_do(body: Json, words: str) -> None:
    """One line each; the address of a calendar, which lets anybody read it, is not repeated."""
    (refused,) = read(body, {}, NOW).refused
    assert words in refused.detail
    assert "secret.ics" not in refused.original + refused.detail


def test_a_bad_rota_spoils_nothing_but_itself() -> None:
    """Its neighbours are taken."""
    reading = read([{"rota": "x"}, TURNS, WRITTEN], {}, NOW)
    assert (["/0"], ["/1", "/2"]) == ([r.path for r in reading.refused], [r.path for r in reading.records])


FEED = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//test//\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;TZID=Europe/Berlin:20260105T090000\r
DTEND;TZID=Europe/Berlin:20260112T090000\r
RRULE:FREQ=WEEKLY;INTERVAL=2\r
SUMMARY:On Call - A. Osei\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2\r
DTSTART:20260202T080000Z\r
DTEND:20260209T080000Z\r
SUMMARY:Primary\r
ATTENDEE;CN="D. Ito":mailto:d.ito@example.com\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:3\r
DTSTART;VALUE=DATE:20260214\r
DTEND;VALUE=DATE:20260215\r
SUMMARY:k.lam\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:4\r
DTSTART:20260203T000000Z\r
DTEND:20260204T000000Z\r
STATUS:CANCELLED\r
SUMMARY:nobody\r
END:VEVENT\r
END:VCALENDAR\r
"""


def _shifts(
    feed: bytes, opens: str = "2026-01-27T00:00:00Z", closes: str = "2026-03-05T00:00:00Z"
) -> list[str]:
    found = shifts_in(feed, parse_time(opens), parse_time(closes))
    return [f"{format_time(one.start)} {format_time(one.end)} {one.person}" for one in found]


def test_a_calendar_is_read_with_its_zones_days_and_what_recurs() -> None:
    """The attendee by name, else the summary without "On Call"; what was cancelled is no shift."""
    assert [
        "2026-02-02T08:00:00Z 2026-02-09T08:00:00Z A. Osei",
        "2026-02-02T08:00:00Z 2026-02-09T08:00:00Z D. Ito",
        "2026-02-14T00:00:00Z 2026-02-15T00:00:00Z k.lam",
        "2026-02-16T08:00:00Z 2026-02-23T08:00:00Z A. Osei",
        "2026-03-02T08:00:00Z 2026-03-09T08:00:00Z A. Osei",
    ] == _shifts(FEED)


def test_an_event_under_way_when_the_time_begins_is_a_shift_of_it() -> None:
    """Whoever has been on call for days is on call now."""
    assert ["2026-02-14T00:00:00Z 2026-02-15T00:00:00Z k.lam"] == _shifts(
        FEED, "2026-02-14T12:00:00Z", "2026-02-14T13:00:00Z"
    )


@pytest.mark.parametrize(
    "feed", [b"", b"\xff\xfe", b"<html>", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR"]
)
def test_what_is_no_calendar_is_refused_in_one_line(feed: bytes) -> None:
    """A page to log in is what feeds answer with once their address has changed."""
    with pytest.raises(BadCalendar) as told:
        _shifts(feed)
    assert "\n" not in str(told.value)


def test_a_calendar_without_end_is_refused_by_its_number_of_shifts() -> None:
    """Every second somebody else: nobody means that, and it is not waited for."""
    endless = FEED.replace(b"FREQ=WEEKLY;INTERVAL=2", b"FREQ=MINUTELY")
    with pytest.raises(BadCalendar, match="2000 shifts"):
        _shifts(endless)
