"""The facts of an alert as they are kept: equal to what was read, and shared with other alerts."""

from schemas.codec import decode, encode
from schemas.kept import kept
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
