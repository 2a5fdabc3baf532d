"""Owns reading rotas: who is on call for a team, as shifts that are written out or as people who take turns.

A rota becomes concrete shifts around the moment at which it is read, so that nothing later needs a calendar. Goes to:
`sources.catalogs`, and `sources.rota_files`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from schemas.events import Entity, Shift
from schemas.times import DAY, HOUR, format_time
from sources.catalog_names import name_problem, names_in
from sources.fields import first_moment, listing, mapping, moment, text
from sources.reading import Item, Record, refuse
from streams.redact import Json, json_text

MOST_SHIFTS: Final = 2000
"""Shifts in one rota; more are refused, since a rota is one record."""
_BEFORE: Final = 7 * DAY
"""How far back shifts are kept, for incidents that are looked at later."""
_HORIZON_DAYS: Final = 30
_MOST_DAYS: Final = 366
_FROM: Final = (("from",), ("start",))
_TO: Final = (("to",), ("end",))


class BadRota(ValueError):
    """What keeps a rota from being read: one line that says what to do."""


def recognises(entry: Mapping[str, Json]) -> bool:
    """By the name under `rota`."""
    return "rota" in entry and "kind" not in entry


def read(entry: Mapping[str, Json], path: str, now: int) -> Iterator[Item]:
    """One Entity with the shifts around `now`, in microseconds."""
    name, team = text(entry.get("rota")), text(entry.get("team"))
    if name is None or team is None:
        yield refuse("no_name", "rota: its name, and team: whose it is, are both needed", dict(entry), path)
        return
    try:
        opens, closes = span_of(entry, now)
        shifts = shifts_of(entry, opens, closes)
        until = _until(entry, shifts, closes)
    except BadRota as wrong:
        shown = {key: value for key, value in entry.items() if key != "calendar"}
        yield refuse("bad_rota", str(wrong), shown, path)
        return
    written = written_out(name, team, shifts, until)
    message = Entity(
        entity=f"rota:{name}".lower(),
        kind="rota",
        name=name,
        owner=team,
        shifts=shifts,
        known_until=until,
        original=json_text(written),
    )
    yield name_problem("rota", name.replace(" ", "-"), dict(entry), path) or Record(
        "catalog", (message.entity,), message, path
    )


def written_out(name: str, team: str, shifts: tuple[Shift, ...], until: int) -> Json:
    """The rota as a document whose shifts are written out."""
    return {
        "rota": name,
        "team": team,
        "known_until": format_time(until),
        "shifts": [
            {"from": format_time(one.start), "to": format_time(one.end), "person": one.person}
            for one in shifts
        ],
    }


def span_of(entry: Mapping[str, Json], now: int) -> tuple[int, int]:
    """The time for which shifts are worked out: whole days, so that a rota says the same all day. Raises BadRota."""
    days = entry.get("horizon_days", _HORIZON_DAYS)
    if isinstance(days, bool) or not isinstance(days, int) or not 0 < days <= _MOST_DAYS:
        raise BadRota(f"horizon_days is a number of days from 1 to {_MOST_DAYS}")
    today = now // DAY * DAY
    return today - _BEFORE, today + days * DAY


def shifts_of(entry: Mapping[str, Json], opens: int, closes: int) -> tuple[Shift, ...]:
    """The shifts that are written out, or those of people who take turns from `opens` to `closes`. Raises BadRota."""
    if "problem" in entry:
        raise BadRota(text(entry["problem"]) or "it could not be worked out")
    if "calendar" in entry:
        raise BadRota(
            "the gateway follows no address: send it with `incidents publish catalog`, which reads calendars"
        )
    found = _turns(entry, opens, closes) if "people" in entry else _written(entry)
    if len(found) > MOST_SHIFTS:
        raise BadRota(f"more than {MOST_SHIFTS} shifts: give a shorter horizon_days")
    return tuple(sorted(found, key=lambda shift: (shift.start, shift.end, shift.person)))


def _written(entry: Mapping[str, Json]) -> list[Shift]:
    return [_shift(mapping(one), number) for number, one in enumerate(listing(entry.get("shifts")))]


def _shift(said: Mapping[str, Json], number: int) -> Shift:
    start, end = first_moment(dict(said), _FROM), first_moment(dict(said), _TO)
    person = text(said.get("person"))
    if start is None or end is None or person is None or end <= start:
        raise BadRota(
            f"shifts/{number} needs from, to and person, with times of RFC 3339, the end after the start"
        )
    return Shift(start=start, end=end, person=person)


def _turns(entry: Mapping[str, Json], opens: int, closes: int) -> list[Shift]:
    """Everybody in turn from `starts` on, each for so many days or hours."""
    people, starts = names_in(entry["people"]), moment(entry.get("starts"))
    length = _length(entry)
    if not people or starts is None:
        raise BadRota("people, and starts: when the first of them begins, are needed; a time of RFC 3339")
    if (closes - opens) // length > MOST_SHIFTS:
        raise BadRota(f"more than {MOST_SHIFTS} shifts: give longer turns or a shorter horizon_days")
    first = max(0, (opens - starts) // length)
    last = (closes - starts) // length
    return [
        Shift(start=starts + n * length, end=starts + (n + 1) * length, person=people[n % len(people)])
        for n in range(first, last + 1)
    ]


def _length(entry: Mapping[str, Json]) -> int:
    for field, unit in (("days", DAY), ("hours", HOUR)):
        said = entry.get(field)
        if said is not None:
            if isinstance(said, bool) or not isinstance(said, int) or not 0 < said * unit <= _MOST_DAYS * DAY:
                raise BadRota(f"{field} is how long a turn takes: a whole number")
            return said * unit
    raise BadRota("days or hours is missing: how long does a turn take?")


def _until(entry: Mapping[str, Json], shifts: tuple[Shift, ...], closes: int) -> int:
    """Up to when it is known who is on call: as stated, to the horizon, or to the last end."""
    stated = moment(entry.get("known_until"))
    if stated is not None:
        return stated
    last = max((shift.end for shift in shifts), default=0)
    if last == 0:
        raise BadRota("it names nobody: give shifts, or people who take turns")
    return closes if "people" in entry else last
