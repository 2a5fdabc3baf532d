"""Owns fetching the originals that packets cite, from Kafka, redacted as they are shown.

May not: write anything, give what is not redacted. Goes to: `sinks.proving`.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from schemas.codec import Undecodable
from schemas.identity import content_hash
from schemas.topics import INPUT_TOPICS
from sinks.proving import Missing, Original
from streams.evidence import original_text
from streams.published import read_again
from wire.reader import Found, Gone, Place, RandomReader


class Originals:
    """Reads originals by position and remembers the last ones: a packet cites what its last revision cited."""

    def __init__(self, reader: RandomReader, remembered: int = 5_000) -> None:
        """`remembered`: how many originals are kept at hand."""
        self._reader = reader
        self._remembered = remembered
        self._at_hand: OrderedDict[Place, Original] = OrderedDict()

    def fetch(self, places: Iterable[Place]) -> dict[Place, Original | Missing]:
        """What stands at each place. Raises wire.errors.Unreachable."""
        wanted = set(places)
        answers: dict[Place, Original | Missing] = {
            place: self._at_hand[place] for place in wanted & self._at_hand.keys()
        }
        answers |= _read(self._reader, wanted - answers.keys())
        self._remember(answers)
        return answers

    def close(self) -> None:
        """Leave the broker."""
        self._reader.close()

    def _remember(self, answers: Mapping[Place, Original | Missing]) -> None:
        for place, answer in answers.items():
            if isinstance(answer, Original):
                self._at_hand[place] = answer
                self._at_hand.move_to_end(place)
        while len(self._at_hand) > self._remembered:
            self._at_hand.popitem(last=False)


def _read(reader: RandomReader, places: set[Place]) -> dict[Place, Original | Missing]:
    readable = {place for place in places if place.topic in INPUT_TOPICS}
    answers: dict[Place, Original | Missing] = dict.fromkeys(places - readable, Missing("no_input_topic"))
    for place, record in reader.fetch(readable).items():
        answers[place] = judged(place.topic, record)
    return answers


def judged(topic: str, record: Found | Gone) -> Original | Missing:
    """The redacted original of a record, or why it gives none."""
    if isinstance(record, Gone):
        return Missing(record.why)
    try:
        message = read_again(topic, record.value, record.timestamp * 1000)
    except Undecodable as wrong:
        return Missing(f"undecodable: {wrong.reason}")
    text = original_text(message)
    return Original(text, content_hash(text.encode()))
