"""Names, texts and labels that are too long: cut, flagged, and never so that an output outgrows a record."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import MAX_VALUE_BYTES, encode
from schemas.events import Alert, Shift
from streams.limits import cut, shorten
from tests.streams.world import Sent, World, alert, at, change, entity, fires, shop

ONSET = 100.0


def _long(start: str, size: int) -> str:
    """A text of so many characters, of three bytes each."""
    return start + "€" * (size - len(start))


@pytest.mark.parametrize(
    ("name", "most"),
    [("name", 200), ("service", 200), ("value", 300), ("summary", 2_000), ("title", 300)],
)
def test_a_text_keeps_its_beginning_and_is_cut_between_characters(name: str, most: int) -> None:
    """At the limit it stays; a byte more, and it is flagged."""
    fields = {name: "a" * most}
    assert (False, "a" * most) == (shorten(fields), fields[name])
    longer = {name: "a" * (most - 1) + "€"}
    assert (True, "a" * (most - 1)) == (shorten(longer), longer[name])


@pytest.mark.parametrize(
    ("name", "most"), [("fingerprint", 128), ("source_ref", 256), ("target", 640), ("entity", 256)]
)
def test_an_identity_keeps_a_hash_of_the_whole(name: str, most: int) -> None:
    """Two that begin alike stay two, and the same one stays the same."""
    one, same, other = ({name: _long("x", most) + end} for end in ("a", "a", "b"))
    assert all(shorten(fields) for fields in (one, same, other))
    assert (one == same, one == other) == (True, False)
    assert len(one[name].encode()) <= most


def test_an_address_that_is_too_long_is_left_out() -> None:
    """Half of one leads nowhere."""
    fields = {"link": "https://x/" + "a" * 2_000, "runbook": "https://x/"}
    assert (True, {"link": None, "runbook": "https://x/"}) == (shorten(fields), fields)


def test_labels_are_limited_in_number_name_and_value() -> None:
    """The first by name are kept; a name that is too long is none."""
    labels = {f"l{number:03d}": "v" for number in range(150)} | {"n" * 201: "v", "l000": "v" * 3_000}
    fields = {"labels": labels}
    assert shorten(fields)
    assert (100, "l000", "l099", 2_000) == (
        len(fields["labels"]),
        min(fields["labels"]),
        max(fields["labels"]),
        len(fields["labels"]["l000"]),
    )


def test_lists_are_limited_in_number_and_length() -> None:
    """References that no sender means, and shifts of a rota that never ends."""
    fields: dict[str, Any] = {
        "references": [f"r{number}" for number in range(60)] + ["x" * 500],
        "shifts": [Shift(start=1, end=2, person="p" * 300).model_dump()] * 3_000,
    }
    assert shorten(fields)
    assert (50, 2_000, 200) == (
        len(fields["references"]),
        len(fields["shifts"]),
        len(fields["shifts"][0]["person"]),
    )


@given(st.text(max_size=400), st.integers(0, 300))
def test_what_is_cut_is_a_beginning_within_the_limit(text: str, most: int) -> None:
    """Whatever characters it is made of."""
    assert text.startswith(cut(text, most))
    assert len(cut(text, most).encode()) <= most


def test_shortening_twice_is_shortening_once() -> None:
    """Records are routed again after a kill."""
    fields = alert("payment", start=1).model_copy(update={"name": _long("n", 999)}).model_dump()
    assert (True, False) == (shorten(fields), shorten(fields))


def test_what_was_cut_is_flagged_in_the_packet() -> None:
    """Its evidence still leads to the whole."""
    made = alert("payment", _long("Errors", 999), start=ONSET, fingerprint="f" * 999)
    packet = shop(Sent(made, ONSET)).packets()[-1]
    [unknown] = [unknown for unknown in packet.unknowns if unknown.code == "shortened"]
    assert "its original is whole" in unknown.text
    assert (128, 200) >= (len(packet.candidate.members[0].fingerprint), len(packet.failing[0].alert.encode()))


def test_an_end_meets_its_alert_by_the_same_shortened_key() -> None:
    """Both are cut in the same way."""
    made = alert("payment", start=ONSET, fingerprint="f" * 999)
    end = made.model_copy(update={"status": "resolved", "start_known": False, "starts_at": at(200)})
    assert "resolved" == shop(Sent(made, ONSET), Sent(end, 200)).packets()[-1].candidate.state


def _services(number: int) -> list[str]:
    return [_long(f"s{n}-", 190) for n in range(number)]


def _sizes(world: World) -> dict[str, int]:
    """The largest output of each topic, in bytes."""
    sizes: dict[str, int] = {}
    for output in world.outputs:
        sizes[output.topic] = max(sizes.get(output.topic, 0), len(encode(output.topic, output.message)))
    return sizes


def test_no_output_outgrows_a_record_whatever_the_names() -> None:
    """The largest candidate there may be, with the longest names, labels and texts in everything that it shows."""
    root, names = "root", _services(110)
    labels = {_long(f"k{n}", 60): _long("v", 600) for n in range(20)}

    def loud(service: str, number: int) -> Sent:
        made = alert(service, _long("n", 999), start=ONSET + number % 60, fingerprint=_long(f"{number}", 999))
        update = {
            "labels": labels,
            "annotations": labels,
            "summary": _long("s", 5_000),
            "value": _long("v", 5_000),
        }
        link = "https://x/" + "l" * 1_900
        return Sent(
            made.model_copy(update={**update, "link": link, "source_ref": _long(f"r{number}", 999)}),
            ONSET + 61,
        )

    def changed(service: str, number: int) -> Sent:
        made = change("flag", _long(f"f{number}", 999), when=ONSET - number - 1, service=service)
        update = {"title": _long("t", 999), "actor": _long("a", 999), "source_ref": _long(f"c{number}", 999)}
        return Sent(
            made.model_copy(update={**update, "before": _long("b", 999), "after": _long("c", 999)}), ONSET
        )

    world = World()
    world.send([Sent(entity(root), 0), *(Sent(entity(cut(name, 200), root), 0) for name in names)])
    world.send([fires(root, ONSET), *(changed(root, number) for number in range(60))], fold_repeats=False)
    world.send(loud(names[number % len(names)], number) for number in range(1_999))
    world.tick(None)
    fullest = max(world.packets(), key=lambda packet: len(packet.candidate.members)).candidate
    assert (2_000, {None}) == (len(fullest.members), {member.linked_to for member in fullest.members})
    sizes = _sizes(world)
    assert {"incident-candidates", "context-packets", "audit-entries"} <= set(sizes)
    assert all(size < MAX_VALUE_BYTES for size in sizes.values()), sizes


def test_an_alert_of_usual_size_is_not_touched() -> None:
    """Nothing is flagged that nobody would call long."""
    usual = alert("payment", start=1).model_copy(update={"references": ("a:b", "c:d"), "link": "https://x/"})
    for dumped in (usual.model_dump(), {**usual.model_dump(), "references": ["a:b", "c:d"]}):
        assert (False, usual) == (shorten(dumped), Alert.model_validate(dumped))
