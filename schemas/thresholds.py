"""The settings that decide: which alerts belong together, and which change is suspected."""

from pydantic import Field

from schemas.model import Message


class CorrelationSettings(Message):
    """When alerts belong together."""

    hold_s: float = Field(
        30.0, description="Age below which a candidate is provisional and proposes nothing."
    )
    lateness_s: float = Field(
        120.0,
        description="How long after its notification a signal waits for its neighbours before it settles.",
    )
    life_s: float = Field(
        1800.0, description="Longest stretch of starts in one candidate; then a linked continuation."
    )
    max_members: int = Field(2000, ge=1, description="Alerts in one candidate; then a linked continuation.")
    step_s: float = Field(
        10.0, description="Grid of the fold's clock on which signals settle and unurgent revisions are cut."
    )
    repeats_s: float = Field(
        60.0, description="Pause between two revisions that differ in nothing but the repeats."
    )
    hops: int = Field(3, description="Longest path of dependencies that trouble travels.")
    hub_degree: int = Field(
        8, description="Services with more callers than this tie nothing together by being shared."
    )
    base: float = Field(
        0.68, description="Score of two alerts before anything is known; above zero they are one."
    )
    apart: float = Field(
        1.16, description="Loss of score with the time between two starts: times ln(1 + time / unit)."
    )
    time_unit_s: float = Field(
        120.0,
        gt=0,
        description="Unit of that time for senders that evaluate every minute; it grows with their period.",
    )
    common_source: tuple[float, ...] = Field(
        (0.39, 0.12, -0.07, -0.25, -0.25, -0.4, -0.53),
        min_length=2,
        description="Worth of a common source 0, 1, 2 ... dependencies away from both together; the last also beyond.",
    )
    unknown_service: float = Field(
        -2.5, description="Worth where the graph does not know one of the services, nor a namespace of both."
    )
    other_system: float = Field(-5.0, description="Worth where no path joins the two services.")
    still_firing: float = Field(
        1.09, description="Worth of the earlier alert still firing when the later starts."
    )
    same_name: float = Field(0.29, description="Worth of the same alert rule.")
    same_alert: float = Field(0.25, description="Worth of the same fingerprint.")
    words: float = Field(
        0.05,
        ge=0,
        description="Most that words shared with few clusters add; it decides only between near ones.",
    )
    workloads: float = Field(
        0.61, description="Worth of both telling of workloads: pods, processors, memory."
    )
    workload_and_service: float = Field(-0.21, description="Worth of only one of them telling of a workload.")
    quiet: float = Field(
        0.46,
        description="Loss of score with the time since the candidate's latest start: times ln(1 + periods).",
    )
    quiet_s: float = Field(
        3600.0, description="Time after its latest start at which a candidate is joined no more."
    )
    rate: float = Field(
        0.16,
        description="Loss of score with the rate of alerts in its system: times ln(1 + alerts a minute lately).",
    )
    split_cap: float = Field(4.0, description="Most that an alert may cost which a source does not explain.")
    split_apart: float = Field(
        1.0,
        description="What an alert costs with the time from its source's start: times ln(1 + time / unit).",
    )
    split_before: float = Field(1.5, description="What an alert costs more that began before its source.")
    split_ends: float = Field(
        1.0, description="The same for the time between their ends, once both have ended; ln is 2 at most."
    )
    split_price: float = Field(5.0, description="What a second source must save, in dependencies.")
    split_price_each: float = Field(0.4, description="What it must save for each alert besides.")
    split_price_firing: float = Field(
        0.3, description="The same for an alert that still fires, whose end cannot tell of its source yet."
    )
    split_price_stranger: float = Field(
        1.5, description="What it must save for each alert besides that neither of the two sources explains."
    )
    split_price_changed: float = Field(
        1.4, description="What that price falls by for each of the two sources that was changed."
    )
    split_change: float = Field(
        0.5, description="What an alert costs less from a source that was just changed."
    )
    split_change_s: float = Field(900.0, description="How long before an alert a change may be its source.")
    split_pause: float = Field(
        1.7, description="Periods that two sources must have begun apart, where neither was changed."
    )
    root_cap: float = Field(
        2.5, gt=0, description="Most that an alert may cost a suspected root which does not explain it."
    )
    root_falloff: float = Field(
        1.5,
        description="A root loses this power of e with each dependency that its alerts are away on average.",
    )
    root_half_life_s: float = Field(
        240.0,
        gt=0,
        description="How late a root's first alert halves its weight; grows with the period.",
    )
    root_silent: float = Field(0.2, description="Weight of a root that raises no alert itself.")
    root_least: float = Field(
        0.05, description="Share of belief from which a silent service is named a root."
    )
    retention_s: float = Field(
        86_400.0, description="How long after their last activity signals stay in the fold."
    )
    max_alerts: int = Field(
        100_000, description="Alerts kept in one scope; above it the oldest are evicted, counted."
    )
    future_s: float = Field(
        60.0, description="Starts further ahead of their ingest time than this count from the ingest time."
    )


class FeedSettings(Message):
    """When a feed of changes is said to be silent, late, or by a clock of its own."""

    known_days: int = Field(
        5,
        ge=2,
        description="Days with a report from which a feed's rhythm is believed; below it nothing is said.",
    )
    silent_usual: float = Field(
        4.0,
        ge=1,
        description="A feed may be silent after so many of its usual gaps between two days with a report.",
    )
    silent_longest: float = Field(2.0, ge=1, description="And after so many of the longest of these gaps.")
    gone_s: float = Field(
        7_776_000.0, description="A feed that has been quiet so long counts as given up, and is not named."
    )
    known_reports: int = Field(3, ge=1, description="Reports from which their usual way here is believed.")
    late_s: float = Field(
        300.0, description="A feed is late where its reports usually come so long after they took effect."
    )
    skew_s: float = Field(
        2.0,
        description="A clock is ahead where what it dates lies further than this in the future as it comes.",
    )


class RankingSettings(Message):
    """Which change is suspected, and whether any."""

    look_back_s: float = Field(7200.0, description="How long before the onset a change counts.")
    look_ahead_s: float = Field(600.0, description="How long after the onset a change counts.")
    skew_s: float = Field(60.0, description="Clock difference between senders that is allowed for.")
    usual_lag_s: dict[str, float] = Field(
        {"deploy": 280.0, "flag": 240.0, "config": 260.0},
        description="How long after a change an alert of it usually starts, by kind: the likeliest lag.",
    )
    late_power: float = Field(
        2.5,
        ge=0,
        description="Power of the loss of weight with a lag longer than usual; a shorter one has 1.",
    )
    at_once: float = Field(0.1, description="Lag weight of a change at the very start of the alert.")
    after_onset: float = Field(0.05, description="Lag weight of a change after the alert, within the skew.")
    prior: dict[str, float] = Field(
        {"deploy": 0.3, "flag": 0.75, "config": 1.0},
        description="Weight of a change by kind, before anything else is known.",
    )
    place: tuple[float, ...] = Field(
        (1.0, 0.9, 0.45, 0.2, 0.12, 0.05),
        min_length=1,
        description="Weight of a change for an alert that trouble reaches at a cost of 0, 1, 2 ... dependencies.",
    )
    by_name: float = Field(
        0.75, description="Weight of a tie by a service's name in the name of what was changed."
    )
    namespace: float = Field(
        0.18, description="Weight of a change of a whole namespace for each alert in it."
    )
    unmapped: float = Field(0.03, description="Weight of a change that nothing ties to a service.")
    followed: float = Field(
        0.5,
        ge=0,
        description="Weight of a tie by what followed earlier changes of the same object, were it certain.",
    )
    followed_prior: float = Field(
        0.05, gt=0, description="Odds that an object breaks a service, before anything followed its changes."
    )
    followed_each: float = Field(
        0.7, gt=0, lt=1, description="How often a change of an object that breaks a service does break it."
    )
    followed_chance: float = Field(
        0.1,
        gt=0,
        lt=1,
        description="Least chance that a service alerts after a change that has not broken it.",
    )
    followed_least: float = Field(
        0.15, ge=0, description="Likelihood from which an object is tied to a service by what followed."
    )
    followed_within: float = Field(
        3.0, gt=0, description="Usual lags of its kind within which an alert counts as following a change."
    )
    followed_gap_s: float = Field(
        300.0, ge=0, description="How long before a change and the onset that has to be over."
    )
    followed_back_s: float = Field(
        72_000.0, gt=0, description="How far back earlier changes count; what is forgotten does not."
    )
    minor: dict[str, float] = Field(
        {"horizontalpodautoscalers": 0.4},
        description="Weight of changes of a kind of object that seldom breaks anything, by resource.",
    )
    quiet: float = Field(
        0.6, description="Weight of a change on a service that raises no alert itself, while others do."
    )
    quiet_firing: float = Field(
        0.4,
        description="The same while any alert fires: what ends and undoing would say of a change is to come.",
    )
    late_by: float = Field(
        0.56, description="What half-lives grow by with each second of a sender's period over a minute."
    )
    returned: float = Field(
        0.12, description="Weight of a change back to the value that its target rests at."
    )
    superseded: float = Field(
        0.1, description="Weight of a change whose target was changed again before the first alert."
    )
    cleared: float = Field(
        2.8, description="Weight of a change whose target was changed again as the alerts cleared."
    )
    clears_s: float = Field(
        600.0, description="How soon after it alerts end that a change clears, but for their period."
    )
    clears_share: float = Field(0.6, description="Share of the alerts that must end by then.")
    clears_but: float = Field(0.2, description="Share of the alerts that may begin after it nevertheless.")
    outlived: float = Field(
        0.22, description="Weight of a change that is still in force though all alerts have ended."
    )
    long_after_onset: float = Field(
        0.015, description="Lag weight of a change after the alert by more; a cause comes first."
    )
    confirmed: float = Field(
        50.0, gt=0, description="Weight of an explanation that a person has confirmed; it ranks first."
    )
    rejected: float = Field(
        0.01, gt=0, description="Weight of an explanation that a person has rejected; it ranks last."
    )
    propose_from: float = Field(
        0.4, description="Belief in the top suspect from which an action is proposed."
    )
    no_change: float = Field(0.1, description="Weight of the answer that no change is to blame.")
    sharpness: float = Field(
        1.75, gt=0, description="Power of the weights before they are shared out; above 1 the best gains."
    )
    withdraw_below: float = Field(
        0.25,
        description="Belief below which a proposed action is withdrawn; lower, so that it does not flap.",
    )
    max_suspects: int = Field(5, description="Suspects named in a packet.")
