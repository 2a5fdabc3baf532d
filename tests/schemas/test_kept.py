"""The facts of an alert as they are kept: equal to what was read, and shared with other alerts."""

import orjson

from schemas.codec import decode, encode
from schemas.kept import kept, kept_of
from schemas.signals import Signal
from tests.streams.world import alert

_MADE = alert("payment", start=100.0)


def _read() -> Signal:
    facts = {name: value for name, value in _MADE.model_dump().items() if name != "original"}
    read = decode("signals", encode("signals", Signal.model_validate({"kind": "alert", "alert": facts})))
    assert isinstance(read, Signal)
    return read


def test_kept_facts_say_the_same() -> None:
    """Compared as values, as JSON, and as bytes of the log."""
    signal = _read()
    assert signal.alert is not None
    shared = kept(signal.alert)
    assert (signal.alert, signal.alert.model_dump_json()) == (shared, shared.model_dump_json())
    again = signal.model_copy(update={"alert": shared})
    assert encode("signals", signal) == encode("signals", again)


def test_alerts_of_one_rule_share_its_texts() -> None:
    """Two records were read, and one name is kept."""
    one, other = _read().alert, _read().alert
    assert one is not None
    assert other is not None
    assert kept(one).name is kept(other).name


def test_kept_facts_come_back_from_json() -> None:
    """A snapshot holds them as JSON, which knows no tuples: read again they are equal, and shared as before."""
    signal = _read()
    assert signal.alert is not None
    again = kept_of(orjson.loads(orjson.dumps(signal.alert.model_dump())))
    assert (signal.alert, signal.alert.model_dump_json()) == (again, again.model_dump_json())
    assert again.name is kept(signal.alert).name
    assert kept(again) is again
