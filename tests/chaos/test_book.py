"""The book of bad input: what is lost, comes twice or is changed on its way is named; its memory does not grow."""

import hashlib
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.bad_input import entered
from tests.chaos.book import Book, Position, Sent
from tests.chaos.seen import Fields

_GOOD, _BAD = b"good", b"bad" * 40_000
_GOOD_AT, _BAD_AT, _EITHER_AT = (0, 3), (1, 0), (1, 7)


@pytest.fixture(name="book")
def _book(tmp_path: Path) -> Iterator[Book]:
    """Three records, one of each fate, and what has to become of them already entered for the last."""
    book = Book(tmp_path, 100)
    book.note(_GOOD_AT, Sent("good", "good", _hash(_GOOD), len(_GOOD)))
    book.note(_BAD_AT, Sent("oversized", "bad", _hash(_BAD), len(_BAD)))
    book.note(_EITHER_AT, Sent("flipped bits", "either", _hash(_GOOD), len(_GOOD)))
    book.signal(_EITHER_AT)
    yield book
    book.close()


def _hash(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()


def _letter(**changes: object) -> Fields:
    """The dead letter of the bad record as it has to be, with changes."""
    return {
        "topic": "alerts",
        "partition": _BAD_AT[0],
        "offset": _BAD_AT[1],
        "reason": "undecodable",
        "original": _BAD[:65_536],
        "original_hash": _hash(_BAD).hex(),
        "original_size": len(_BAD),
        **changes,
    }


def test_nothing_is_found_where_each_record_became_what_it_has_to(book: Book) -> None:
    """One signal for the good one, one whole letter for the bad one; what is not ours is nobody's business."""
    book.signal(_GOOD_AT)
    book.signal((0, 0))
    book.signal((5, 0))
    assert [] == list(entered(book, _letter()))
    assert [] == list(entered(book, _letter(partition=0, offset=1)))
    assert ([], 1, 3) == (list(book.wrong()), book.letters, book.kinds)


def _told(book: Book, at: Position, times: int) -> list[str]:
    for _ in range(times):
        book.signal(at)
    return list(entered(book, _letter()))


def _refused_too(book: Book) -> list[str]:
    return list(entered(book, _letter(partition=_GOOD_AT[0], offset=_GOOD_AT[1])))


_PLANTS: list[tuple[str, Callable[[Book], list[str]], str]] = [
    ("a signal is lost", lambda book: list(entered(book, _letter())), "good at (0, 3): 0 signals"),
    ("a letter is lost", lambda _: [], "oversized at (1, 0): 0 signals, 0 dead letters"),
    (
        "a letter has no reason",
        lambda book: list(entered(book, _letter(reason=""))),
        "(1, 0): 0 signals, 0 dead",
    ),
    ("a letter has no place", lambda book: list(entered(book, _letter(offset=None))), "(1, 0): 0 signals, 0"),
    ("a signal comes twice", lambda book: _told(book, _GOOD_AT, 2), "(0, 3): 2 signals"),
    (
        "a letter comes twice",
        lambda book: [*_told(book, _GOOD_AT, 1), *_told(book, _GOOD_AT, 0)],
        "0 signals, 2 dead",
    ),
    (
        "a bad one comes through too",
        lambda book: _told(book, _BAD_AT, 1),
        "1 signals, 1",
    ),
    (
        "a good one is refused too",
        lambda book: [*_told(book, _GOOD_AT, 1), *_refused_too(book)],
        "1 signals, 1 dead",
    ),
    ("a hash is another", lambda book: list(entered(book, _letter(original_hash="0"))), "another hash"),
    ("a size is another", lambda book: list(entered(book, _letter(original_size=1))), "another hash or size"),
    ("its bytes are cut", lambda book: list(entered(book, _letter(original=_BAD[:9]))), "holds 9 bytes of"),
]


@pytest.mark.parametrize(("plant", "told"), [one[1:] for one in _PLANTS], ids=[one[0] for one in _PLANTS])
def test_what_is_planted_in_what_became_of_bad_input_is_found(
    plant: Callable[[Book], list[str]], told: str, book: Book
) -> None:
    """Each loss, repeat and edit should be told, with its place where it has one."""
    found = [*plant(book), *book.wrong()]
    assert any(told in problem for problem in found), found


def test_a_hundred_thousand_records_take_no_more_memory_than_one(tmp_path: Path) -> None:
    """What the interpreter holds should not grow with what is in the book."""
    book = Book(tmp_path, 100_000)
    sent = Sent("good", "good", _hash(_GOOD), len(_GOOD))
    book.note((0, 0), sent)
    tracemalloc.start()
    for offset in range(1, 100_000):
        book.note((0, offset), sent)
        book.signal((0, offset))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 10_000
    assert 1 == len(list(book.wrong()))
    book.close()
