"""How much of what is refused may be kept: within any hour no more than twice the quota, and never nothing for ever."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from schemas.audit import DeadLetter
from schemas.metrics import LIMIT_HITS
from schemas.settings import GatewaySettings
from schemas.times import HOUR, SECOND
from sources import observing
from sources.quota import LetterQuota, RequestQuota
from tests.schemas.examples import example

QUOTA = 20_000


def _letter(tenant: str = "default", size: int = 100, source: str = "github") -> DeadLetter:
    letter = example("dead-letters")
    assert isinstance(letter, DeadLetter)
    changes = {"tenant": tenant, "source": source, "original": b"x" * size, "delivery": b""}
    return letter.model_copy(update=changes)


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(1, 5_000)), max_size=80))
def test_no_hour_holds_more_than_a_full_bucket_and_what_flows_in(steps: list[tuple[int, int]]) -> None:
    """Whatever comes when, what is kept of a sender within an hour should stay within twice the quota."""
    quota, now, kept = LetterQuota(QUOTA), 0, list[tuple[int, int]]()
    for seconds, size in steps:
        now += seconds * SECOND
        if quota.takes([_letter(size=size)], now):
            kept.append((now, size))
    for start, _ in kept:
        assert sum(size for at, size in kept if start <= at < start + HOUR) <= 2 * QUOTA


def test_what_is_used_up_comes_back_within_the_hour() -> None:
    """A sender that has had enough should be taken again after a while, also where a clock goes back."""
    quota = LetterQuota(QUOTA)
    assert quota.takes([_letter(size=18_000)], HOUR)
    assert not quota.takes([_letter(size=18_000)], HOUR)
    assert not quota.takes([_letter(size=18_000)], HOUR // 2)
    assert quota.takes([_letter(size=18_000)], 2 * HOUR)


def test_senders_do_not_use_up_each_others_quota() -> None:
    """Another tenant, another source, and what nobody has vouched for should have their own; replays share one."""
    quota = LetterQuota(QUOTA)
    assert quota.takes([_letter(size=18_000)], 0)
    assert quota.takes([_letter(size=18_000, source="gitlab")], 0)
    assert quota.takes([_letter("other", 18_000)], 0)
    assert quota.takes([_letter(size=0)] * 19, 0)
    assert quota.takes([_letter("replay-a", 18_000)], 0)
    assert not quota.takes([_letter("replay-b", 18_000)], 0)


def test_a_delivery_is_kept_whole_or_not() -> None:
    """Several letters of one delivery should count together, and none at all should always pass."""
    quota = LetterQuota(QUOTA)
    assert not quota.takes([_letter(size=9_500)] * 2, 0)
    assert quota.takes([_letter(size=8_500)] * 2, 0)
    assert quota.takes([], 0)
    assert not LetterQuota(0).takes([_letter()], 0)


@given(st.lists(st.integers(0, 3 * SECOND), max_size=200))
def test_no_minute_holds_more_than_a_burst_and_what_flows_in(pauses: list[int]) -> None:
    """Of one sender, within any minute, a full bucket and a minute's worth should pass at most."""
    quota, now, passed = RequestQuota(1.0), 0, list[int]()
    for pause in pauses:
        now += pause
        if not quota.wait_s("default", "github", now):
            passed.append(now)
    for start in passed:
        assert sum(start <= at < start + 60 * SECOND for at in passed) <= 30 + 60


def test_a_sender_that_has_waited_as_told_may_go_on_and_others_never_wait() -> None:
    """The wait should be just as long as it takes for one more request to be due, and concern nobody else."""
    quota = RequestQuota(0.1)
    waits = [quota.wait_s("default", "github", 0) for _ in range(5)]
    assert waits[:3] == [0.0, 0.0, 0.0]
    assert waits[3:] == [10.0, 10.0]
    assert not quota.wait_s("default", "gitlab", 0)
    assert not quota.wait_s("other", "github", 0)
    assert quota.wait_s("default", "github", 9 * SECOND)
    assert not quota.wait_s("default", "github", 10 * SECOND)


def test_replay_tenants_share_one_pace() -> None:
    """Names that somebody makes up should not give more than one name does."""
    quota = RequestQuota(1.0)
    waits = [quota.wait_s(f"replay-{n}", "github", 0) for n in range(31)]
    assert waits == [0.0] * 30 + [1.0]


def test_a_quota_that_is_used_up_shows_as_a_bound_that_was_reached() -> None:
    """Its most should stand among the bounds, and each refusal that is not kept should count as a hit of it."""
    observing.bounds(GatewaySettings(letter_bytes_per_hour=QUOTA), lambda: 0)
    before = _told(LIMIT_HITS.name) or 0.0
    observing.over_quota([_letter()])
    assert (QUOTA, before + 1) == (_told("incidents_limit"), _told(LIMIT_HITS.name))


def _told(metric: str) -> float | None:
    return REGISTRY.get_sample_value(metric, {"limit": "letter_bytes"})
