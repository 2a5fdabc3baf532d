"""Answers in packets: a number is cited as q1, what is not known is said, and nothing is decided by either."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.answers import Answer
from schemas.codec import decode
from schemas.packets import Candidate, Packet
from schemas.querying import PrometheusSource, QuerierSettings
from schemas.settings import Settings
from schemas.times import HOUR, SECOND
from sinks.proof import unproven
from streams.answering import Came, answer_of
from streams.answers import number_text
from streams.evidence import original_text
from streams.export import export
from streams.queries import Query, queries_of, quoted
from streams.snapshot import dump, load
from tests.streams.world import TENANT, Sent, World, at, fires, payment_incident, shop

_ASKED = Settings(
    querier=QuerierSettings(prometheus=(PrometheusSource(tenant=TENANT, url="http://metrics:9090"),))
)


def _body(query: Query, before: str, now: str) -> bytes:
    values = f'[{query.about.opens / SECOND},"{before}"],[{query.about.closes / SECOND},"{now}"]'
    return f'{{"status":"success","data":{{"result":[{{"metric":{{}},"values":[{values}]}}]}}}}'.encode()


def _story(ended: bool = False) -> World:  # noqa: FBT001, FBT002 - as in shop
    return shop(*payment_incident(), settings=_ASKED, ended=ended)


def _queries(world: World) -> list[Query]:
    return queries_of(world.packets()[0], _ASKED.querier)


def _answered(world: World, before: str = "0.0021", now: str = "0.3141") -> list[Answer]:
    """All that the first packet gives rise to, answered alike."""
    return [
        answer_of(q, Came(200, _body(q, before, now)), at(200), "http://metrics/graph")
        for q in _queries(world)
    ]


def _told(world: World, answers: list[Answer]) -> Packet:
    """The last packet once the answers have come, and the story has ended."""
    world.send([Sent(answer, 200 + n) for n, answer in enumerate(answers)])
    world.tick(None)
    return next(p for p in reversed(world.packets()) if p.candidate.title.startswith("payment"))


def test_a_number_stands_beside_that_of_an_hour_before_and_cites_its_answer() -> None:
    """As q1; the stored answer contains both numbers as the source wrote them."""
    world = _story()
    packet = _told(world, _answered(world))
    errors = next(signal for signal in packet.signals if signal.name == "5xx share")
    assert ("31 %", "0.21 %", "31 %; 0.21 % an hour before") == (errors.now, errors.before, errors.text)
    assert errors.claim is not None
    [name] = errors.claim.evidence
    evidence = next(evidence for evidence in packet.evidence if evidence.id == name)
    assert ("q", "answers", "answer") == (name[0], evidence.topic, evidence.kind)
    message = decode("answers", world.topics["answers"][evidence.offset].value)
    assert isinstance(message, Answer)
    assert () == unproven(errors.claim.values, [original_text(message)])
    assert ("0.3141", "0.0021") == errors.claim.values


def test_evidence_of_answers_does_not_disturb_the_other_numbers() -> None:
    """e1, e2, ... and q1, q2, ... each without a hole."""
    packet = _told(world := _story(), _answered(world))
    for letter in "eq":
        numbers = [int(e.id[1:]) for e in packet.evidence if e.id[0] == letter]
        assert numbers == sorted(set(numbers))
    assert "q1" in [evidence.id for evidence in packet.evidence]


def test_a_check_shows_what_its_query_gave_and_nothing_is_confirmed_by_it() -> None:
    """The ranking with answers is that without."""
    world, silent = _story(), _story()
    checks = [answer for answer in _answered(world, "0", "12") if answer.aspect == "check"]
    assert checks
    packet, without = _told(world, checks), _told(silent, [])
    answered = [h.check.answer for h in packet.hypotheses if h.check and h.check.answer]
    assert ["12"] == [claim.text for claim in answered]
    assert [h.confidence for h in without.hypotheses] == [h.confidence for h in packet.hypotheses]
    assert without.candidate.proposals == packet.candidate.proposals


def test_a_check_whose_query_finds_nothing_has_an_answer_and_is_no_gap() -> None:
    """That there was no such alert is what was asked."""
    world = _story()
    nothing = Came(200, b'{"status":"success","data":{"result":[]}}')
    checks = [answer_of(q, nothing, at(200), "") for q in _queries(world) if q.about.aspect == "check"]
    packet = _told(world, checks)
    answered = [h.check.answer for h in packet.hypotheses if h.check and h.check.answer]
    assert ["nothing: there is no such sample"] == [claim.text for claim in answered]
    assert "metrics_empty" not in packet.candidate.unknowns


@pytest.mark.parametrize(
    ("came", "code", "words"),
    [
        (
            Came(failed="unreachable", detail="ConnectError"),
            "metrics_unreachable",
            "cannot be reached (ConnectError)",
        ),
        (Came(failed="timed_out"), "metrics_timed_out", "did not answer in time"),
        (Came(failed="too_large"), "metrics_too_large", "the answer is too large"),
        (Came(200, b'{"status":"success","data":{"result":[]}}'), "metrics_empty", "there is no such series"),
        (Came(200, b"gibberish"), "metrics_malformed", "cannot be understood"),
        (
            Came(422, b'{"status":"error","errorType":"x","error":"y"}'),
            "metrics_refused",
            "refused the query (x: y)",
        ),
    ],
)
def test_what_could_not_be_measured_is_an_unknown_and_never_a_number(
    came: Came, code: str, words: str
) -> None:
    """By its own name, for each that was asked."""
    world = _story()
    packet = _told(world, [answer_of(query, came, at(200), "") for query in _queries(world)])
    said = [unknown.text for unknown in packet.unknowns if unknown.code == code]
    assert said
    assert all(words in text for text in said)
    assert [] == [signal for signal in packet.signals if signal.kind == "metrics"]


def test_no_number_is_an_unknown() -> None:
    """NaN and infinity are no numbers."""
    for raw in ("NaN", "+Inf"):
        packet = _told(world := _story(), _answered(world, now=raw))
        assert "metrics_no_number" in packet.candidate.unknowns


def test_without_a_source_or_an_answer_that_is_said() -> None:
    """Logs and traces have their place, too."""
    packet = shop(*payment_incident()).packets()[-1]
    assert "no_metrics" in packet.candidate.unknowns
    missing = [(signal.kind, signal.text) for signal in packet.signals if signal.claim is None]
    assert [(kind, "no source configured") for kind in ("metrics", "logs", "traces")] == missing
    assert "metrics_not_asked" in _story(ended=True).packets()[-1].candidate.unknowns


def _final(world: World) -> bytes:
    return export(output.message for output in world.outputs if isinstance(output.message, Candidate))


def test_an_answer_counts_once_however_often_and_whenever_it_comes() -> None:
    """Repeated, in another order, and before the alerts that it is about: the same in the end."""
    world, other, early = _story(), _story(), shop(settings=_ASKED, ended=False)
    answers = _answered(world)
    packet, again = _told(world, answers), _told(other, [*reversed(answers), *answers])
    early.send([Sent(answer, 90) for answer in answers])
    early.send(payment_incident())
    early.tick(None)
    assert packet.signals == again.signals
    assert _final(world) == _final(other) == _final(early)


def test_the_same_log_gives_the_same_packets_also_from_a_snapshot() -> None:
    """Answers are in it."""
    world = _story()
    answers = _answered(world)
    world.send([Sent(answer, 200) for answer in answers])
    restored = World(
        settings=_ASKED, memory=load(dump(world.memory)), topics=deepcopy(world.topics), log=[*world.log]
    )
    for each in (world, restored):
        each.tick(None)
    assert world.packets()[-1] == restored.packets()[-1]
    refolded = World(settings=_ASKED)
    refolded.fold(world.log)
    assert world.packets() == refolded.packets()


def test_answers_follow_a_candidate_into_another() -> None:
    """They are for its first alert, wherever that is."""
    world = shop(fires("checkout", 130), settings=_ASKED, ended=False)
    answers = _answered(world)
    world.send([Sent(answer, 200) for answer in answers])
    world.send([fires("payment", 100)])
    world.tick(None)
    [packet] = [p for p in world.packets() if p.candidate.merged_into is None][-1:]
    assert {"checkout", "payment"} == {line.service for line in packet.failing}
    assert "5xx share" in [signal.name for signal in packet.signals]


def test_what_is_asked_is_anchored_to_the_onset_and_an_hour_before() -> None:
    """Of what fails, what it fails in; of the root also latency and traffic; and the checks' own queries."""
    queries = _queries(_story())
    assert {(at(100) - HOUR, at(100))} == {(q.about.opens, q.about.closes) for q in queries}
    assert {"errors", "latency", "traffic", "check"} == {q.about.aspect for q in queries}
    assert len(queries) == len({q.about.answer_id for q in queries}) <= 12


def test_only_checks_of_our_own_are_asked() -> None:
    """A query in any other form is shown, and not sent."""
    packet = _story().packets()[0]
    odd = [
        h.model_copy(update={"check": h.check and h.check.model_copy(update={"query": "drop_everything()"})})
        for h in packet.hypotheses
    ]
    asked = queries_of(packet.model_copy(update={"hypotheses": tuple(odd)}), _ASKED.querier)
    assert "check" not in {query.about.aspect for query in asked}


@given(st.text(max_size=40))
def test_no_name_ends_its_string_early(name: str) -> None:
    """One opening and one closing quote, whatever is in between."""
    text = quoted(name)
    inner = text[1:-1].replace("\\\\", "").replace('\\"', "")
    assert ('"', '"') == (text[0], text[-1])
    assert not {'"', "\n", "\\n"} & set(inner)


@given(st.binary(max_size=300), st.integers(100, 599))
def test_no_bytes_make_an_answer_fail(body: bytes, status: int) -> None:
    """Whatever comes is an answer, with a number or without."""
    [query, *_] = _QUERIES
    answer = answer_of(query, Came(status, body), 0, "")
    assert (answer.outcome == "answered") == (answer.value is not None)


_QUERIES = _queries(_story())


@pytest.mark.parametrize(
    ("raw", "unit", "text"),
    [
        ("0.3141", "share", "31 %"),
        ("0.0021", "share", "0.21 %"),
        ("2.934", "seconds", "2.9 s"),
        ("0.4", "seconds", "400 ms"),
        ("12.2", "per_second", "12/s"),
        ("0", "count", "0"),
        ("1", "count", "1"),
        ("1234567.8", "count", "1234568"),
        ("0.000012", "count", "0.000012"),
    ],
)
def test_numbers_are_said_as_people_say_them(raw: str, unit: str, text: str) -> None:
    """Two digits that count."""
    assert text == number_text(raw, unit)  # type: ignore[arg-type] # a unit by its name
