"""Readiness: each gap is named with what mends it, what it says mends it does, and the score is told over time."""

import tomllib
from dataclasses import replace

import pytest
import yaml

from schemas.events import Entity, EntityFacts
from schemas.settings import Settings, TenantSettings
from schemas.times import DAY, format_time, parse_time
from sources.catalogue import FORMATS
from streams.readiness import Facts, Readiness, ServiceReadiness, Version, history, judge
from streams.survey import Check, Seen

NOW = parse_time("2026-02-03T12:00:00Z")
TODAY = NOW // DAY
CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: checkout}
spec: {type: service, lifecycle: production, owner: team-orders, dependsOn: [component:default/payment]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: payment}
spec: {type: service, lifecycle: production, owner: team-orders}
---
rota: orders
team: team-orders
people: [k.lam, d.ito]
starts: 2026-01-05T09:00:00Z
days: 7
---
runbooks:
  - {service: checkout, link: https://example.com/checkout, owner: team-orders, reviewed: 2026-01-10}
  - {service: payment, link: https://example.com/payment, owner: team-orders, reviewed: 2026-01-10}
"""


ENTRY = CATALOG.partition("---")[0]


def versions(text: str, since: int = NOW - DAY) -> tuple[Version, ...]:
    """The entries of a catalog, in force from a moment on."""
    messages = [one.message for one in FORMATS["catalog"].read(text, {}, since).records]
    return tuple(
        Version(since, EntityFacts.model_validate(message.model_dump(exclude={"original"})))
        for message in messages
        if isinstance(message, Entity)
    )


def alert(service: str | None = "checkout", environment: str | None = "production", day: int = TODAY) -> Seen:
    """An alert as it was seen."""
    return Seen("alert", service, (), "", environment, day, 1, alert="ErrorsHigh")


def deploy(service: str = "checkout", environment: str | None = "production", day: int = TODAY) -> Seen:
    """A deploy as it was seen."""
    return Seen("deploy", service, (), f"service/{service}", environment, day, 1)


FLAG = Seen("flag", "checkout", (), "flag/new-cart", "production", TODAY, 1)
CONFIG = Seen("config", "payment", (), "config/configmaps/shop/payment", "production", TODAY, 1)
SEEN = (alert(), deploy(), deploy("payment"), FLAG, CONFIG)
READY = Facts("shop", versions(CATALOG), SEEN, {})


def failing(found: Readiness) -> dict[str, list[str]]:
    """The codes that are not passed, by service; those of the tenant under its own name."""
    groups = {found.tenant: found.checks, **{one.service: one.checks for one in found.services}}
    return {
        name: [c.code for c in checks if not c.passed] for name, checks in groups.items() if failed(checks)
    }


def failed(checks: tuple[Check, ...]) -> list[Check]:
    """Those that are not passed."""
    return [check for check in checks if not check.passed]


def service(found: Readiness, name: str = "checkout") -> ServiceReadiness:
    """One service of a readiness."""
    (only,) = (one for one in found.services if one.service == name)
    return only


def mend_of(facts: Facts, code: str, name: str = "checkout") -> str:
    """What mends a gap of a service, or of the tenant."""
    found = judge(facts, NOW, 30)
    every = [*found.checks, *service(found, name).checks]
    (check,) = (one for one in every if one.code == code and not one.passed)
    return check.mend


def without(text: str, *, since: int = NOW - DAY) -> Facts:
    """The ready tenant, with another version of some entries that came later."""
    return replace(READY, entries=(*READY.entries, *versions(text, since)))


def test_a_tenant_that_publishes_all_is_ready() -> None:
    """Nothing should be missing, every criterion be met, and the score be whole."""
    found = judge(READY, NOW, 30)
    assert ({}, True, 100) == (failing(found), found.ready, found.score)
    assert ["names", "changes", "ownership"] == [
        one.code for one in found.criteria if one.met and one.share == 1
    ]


def test_an_empty_tenant_is_told_how_to_begin() -> None:
    """Every feed should be missing with the command that starts it, and no criterion met."""
    found = judge(Facts("shop", (), (), {}), NOW, 30)
    assert {"shop": ["deploy_feed", "flag_feed", "config_feed"]} == failing(found)
    assert not found.ready
    assert [False] * 3 == [one.met for one in found.criteria]
    assert all("incidents publish" in one.mend for one in failed(found.checks))


@pytest.mark.parametrize(
    ("facts", "gap"),
    [
        (replace(READY, seen=(deploy(), deploy("payment"), FLAG, CONFIG, alert("chekout"))), "in_catalog"),
        (without(ENTRY.replace(", owner: team-orders", "")), "owner"),
        (without("delete: ['rota:orders']"), "on_call"),
        (without("delete: ['component:default/payment']"), "dependencies"),
        (replace(READY, seen=tuple(one for one in SEEN if one != deploy())), "deploys"),
        (replace(READY, seen=(*SEEN, deploy(environment=None))), "change_environment"),
        (replace(READY, seen=(*SEEN, alert(environment=None))), "alert_environment"),
        (
            replace(READY, seen=(alert(), deploy(environment="prd2"), deploy("payment"), FLAG, CONFIG)),
            "environments_meet",
        ),
        (replace(READY, seen=(*SEEN, alert(None))), "alert_service"),
        (replace(READY, seen=(*SEEN, replace(FLAG, service=None, target="flag/x"))), "change_service"),
        (replace(READY, seen=SEEN[:3]), "flag_feed"),
        (replace(READY, refused={("gitlab", "no_time"): 3}), "refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_gap_is_named_with_what_mends_it(facts: Facts, gap: str) -> None:
    """The check should fail, cost some of the score, and say what to write or run."""
    found = judge(facts, NOW, 30)
    every = [*found.checks, *(check for one in found.services for check in one.checks)]
    missing = [check for check in every if check.code == gap and not check.passed]
    assert missing, failing(found)
    assert all(check.mend and check.text.endswith(".") for check in missing)
    assert found.score < 100


def test_a_name_that_is_nearly_catalogued_is_mended_by_another_name() -> None:
    """The annotation that it gives, put into the entry that it names, should make the alert the service's."""
    facts = replace(READY, seen=(*SEEN, alert("check-out")))
    said = yaml.safe_load(mend_of(facts, "in_catalog", "check-out"))
    entry = yaml.safe_load(ENTRY)
    entry["metadata"] |= said["metadata"]
    mended = replace(facts, entries=(*facts.entries, *versions(yaml.safe_dump(entry), NOW)))
    assert {} == failing(judge(mended, NOW, 30))


@pytest.mark.parametrize(
    ("facts", "gap", "filled"),
    [
        (replace(READY, seen=(*SEEN, alert("search"))), "in_catalog", {"TEAM": "team-orders"}),
        (without("delete: ['rota:orders']"), "on_call", {"PERSON": "k.lam"}),
        (without("delete: ['runbook:service-checkout']"), "runbook", {"ADDRESS": "example.com/x"}),
    ],
)
def test_a_document_that_mends_is_published_as_it_stands(
    facts: Facts, gap: str, filled: dict[str, str]
) -> None:
    """With its placeholders filled in, the document should be read, and the check be passed from then on."""
    name = "search" if gap == "in_catalog" else "checkout"
    if gap == "runbook":
        facts = replace(
            facts, entries=tuple(v for v in facts.entries if "service:checkout" not in v.facts.about)
        )
    text = mend_of(facts, gap, name)
    for place, value in filled.items():
        text = text.replace(place, value)
    mended = replace(facts, entries=(*facts.entries, *versions(text, NOW)))
    checks = service(judge(mended, NOW, 30), name).checks
    assert [True] == [check.passed for check in checks if check.code == gap]


def test_a_spelling_that_mends_is_a_setting() -> None:
    """It should be read by the settings, under the tenant, name both spellings, and warn of what it replaces."""
    facts = replace(READY, seen=(alert(), deploy(environment="prd 2")))
    text = "[[tenants]]\nname = 'shop'\n" + mend_of(facts, "environments_meet")
    built_in = ", ".join(TenantSettings(name="shop").environments)
    assert f"takes the place of the built-in list ({built_in})" in text
    (tenant,) = Settings.model_validate(tomllib.loads(text)).tenants
    assert {"prd 2": "production"} == tenant.environments


@pytest.mark.parametrize(("late", "code"), [(-1, "runbook"), (0, "runbook_overdue")])
def test_a_runbook_is_overdue_from_the_moment_on_at_which_its_review_is_due(late: int, code: str) -> None:
    """And the mending is its own entry with today's date."""
    due = format_time(NOW - late)
    dates = f"reviewed: 2026-01-01, review_due: {due}"
    text = f"runbooks:\n  - {{service: checkout, link: https://example.com/c, owner: team-orders, {dates}}}"
    kept = tuple(v for v in READY.entries if "service:checkout" not in v.facts.about)
    facts = replace(READY, entries=(*kept, *versions(text)))
    (check,) = (c for c in service(judge(facts, NOW, 30)).checks if c.code.startswith("runbook"))
    assert (code, late < 0) == (check.code, check.passed)
    if not check.passed:
        mended = replace(facts, entries=(*facts.entries, *versions(check.mend, NOW)))
        assert "runbook_overdue" not in str(failing(judge(mended, NOW, 30)))


def test_a_rota_that_has_ended_says_since_when() -> None:
    """The text should name the rota and the day, and the mending keep its name."""
    shift = "{from: 2026-01-05T09:00:00Z, to: 2026-01-12T09:00:00Z, person: k.lam}"
    text = f"rota: orders\nteam: team-orders\nshifts:\n  - {shift}"
    found = service(judge(without(text), NOW, 30))
    (check,) = (one for one in found.checks if one.code == "on_call")
    assert "Rota orders of team-orders ended on 2026-01-12." == check.text
    assert check.mend.startswith("rota: orders\nteam: team-orders\n")


def test_what_is_older_than_the_window_does_not_count() -> None:
    """A deploy of the first day counts, one of the day before it does not."""
    for day, seen in ((TODAY - 29, True), (TODAY - 30, False)):
        facts = replace(READY, seen=(alert(), deploy(day=day), deploy("payment"), FLAG, CONFIG))
        assert seen == ("deploys" not in failing(judge(facts, NOW, 30)).get("checkout", []))


def test_the_score_is_told_for_every_day_since_something_is_known() -> None:
    """It should rise on the day on which the catalog came, and end with today's."""
    facts = replace(
        READY,
        entries=versions(CATALOG, NOW - 2 * DAY),
        seen=(*SEEN, *(replace(one, day=TODAY - 4) for one in SEEN)),
    )
    scores = [score for _, score in history(facts, NOW, 30, 14)]
    assert 5 == len(scores)
    assert scores[0] == scores[1] < scores[2] == scores[3] == scores[4] == 100


def test_names_of_others_are_quoted_where_they_stand() -> None:
    """No name should become another line, another command or another value."""
    evil = 'x"; rm -rf / #\n- {a: b}'
    facts = replace(READY, seen=(*SEEN, alert(evil), deploy(evil)))
    assert evil == yaml.safe_load(mend_of(facts, "in_catalog", evil))["metadata"]["name"]
