"""docs/sources.md, followed: each sender, set up by the text of its section alone, reaches a running gateway.

Where the page holds a file or a command, that is what is sent; else a real payload, to the address, and signed by the
header, that the section names.
"""

import hmac
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import orjson
import pytest
import yaml

from local.kafka import Broker
from schemas.settings import GatewaySettings, KafkaSettings, Settings, TenantSettings
from sources.catalogue import FORMATS
from sources.signatures import SCHEMES
from streams.redact import Json
from tests.sources.aws_events import event
from tests.sources.running import content, gateway, of_tenant
from tests.sources.samples import sample_deliveries
from tests.sources.test_alertmanager import alert
from tests.sources.test_sources_page import PAGE, SECTIONS, blocks, rendered

_SECRET: Final = "the-next-one"  # noqa: S105 - as the page has it
_ADDRESS: Final = re.compile(r"<gateway>(/v1/[a-z-]+)")
_REASON: Final = re.compile(r'`"reason": "(\w+)"`')
_TENANT: Final = "shop"


def _digest(algorithm: str, secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, algorithm).hexdigest()


SIGNED: Final[Mapping[str, tuple[str, Callable[[str, bytes], str]]]] = {
    "github": ("X-Hub-Signature-256", lambda secret, body: f"sha256={_digest('sha256', secret, body)}"),
    "gitlab": ("X-Gitlab-Token", lambda secret, _: secret),
    "launchdarkly": ("X-LD-Signature", lambda secret, body: _digest("sha256", secret, body)),
    "flagsmith": ("X-Flagsmith-Signature", lambda secret, body: _digest("sha256", secret, body)),
    "terraform": ("X-TFE-Notification-Signature", lambda secret, body: _digest("sha512", secret, body)),
    "pagerduty": ("X-PagerDuty-Signature", lambda secret, body: f"v1={_digest('sha256', secret, body)}"),
}
"""The header that each sender's section names, and what the sender puts into it."""
ANSWERED: Final[Mapping[str, Json]] = {
    "grafana": {"orgId": 1, "alerts": [alert(labels={"alertname": "TestAlert", "instance": "Grafana"})]},
    "cloudwatch": {"Type": "SubscriptionConfirmation", "Message": "You have chosen", "Token": "2336412f37"},
    "terraform": {
        "payload_version": 1,
        "run_id": None,
        "notifications": [{"trigger": "verification", "run_status": None, "run_updated_at": None}],
    },
}
"""What these senders send when they are set up."""


def page_settings(bootstrap: str) -> Settings:
    """The settings that the page shows, with a secret for every sender that signs."""
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (tenant,) = Settings.model_validate(tomllib.loads(shown)).tenants
    secrets = dict.fromkeys(SCHEMES, (_SECRET,)) | dict(tenant.signing_secrets)
    return Settings(
        kafka=KafkaSettings(bootstrap=bootstrap),
        gateway=GatewaySettings(port=0),
        tenants=(
            TenantSettings.model_validate({**tenant.model_dump(), "signing_secrets": secrets}),
            TenantSettings(name="default"),
        ),
    )


@pytest.fixture(scope="module")
def settings(broker: Broker) -> Settings:
    """Those of the page."""
    return page_settings(broker.bootstrap)


@pytest.fixture(scope="module")
def client(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a gateway with the settings of the page."""
    with gateway(settings, tmp_path_factory.mktemp("setup")) as running:
        yield running


def post(client: httpx.Client, route: str, body: bytes, **more: str) -> httpx.Response:
    """What a sender that was pointed at the address of its section is answered."""
    (address,) = set(_ADDRESS.findall(SECTIONS[route].partition("| what | from")[0]))
    return client.post(
        f"/t/{_TENANT}{address}", content=body, headers={"content-type": "application/json", **more}
    )


def delivered(shared: Path, route: str) -> Iterator[tuple[bytes, Mapping[str, str]]]:
    """What the sender sends, by the template of its section or as it really came, and its own headers."""
    if route == "argocd":
        (text,) = blocks(route, "yaml")
        template = yaml.safe_load(yaml.safe_load(text)["data"]["template.incidents-sync"])
        yield orjson.dumps(rendered(template["webhook"]["incidents"]["body"])), {}
    elif route == "catalog":
        yield from ((text.encode(), {}) for text in blocks(route, "yaml"))
    else:
        for one in sample_deliveries(shared):
            if one.source == route and FORMATS[route].read(one.body, one.headers, one.received_at).records:
                yield orjson.dumps(one.body), one.headers


@pytest.mark.parametrize("route", FORMATS)
def test_what_the_sender_sends_to_the_address_of_its_section_is_taken(
    route: str, client: httpx.Client, settings: Settings, shared_folder: Path
) -> None:
    """It should be in Kafka, on the topics that the section names, and unsigned be refused where the sender signs."""
    topics: set[str] = set()
    for body, headers in delivered(shared_folder, route):
        signature = {}
        if route in SIGNED:
            name, sign = SIGNED[route]
            assert f"`{name}`" in SECTIONS[route]
            assert 401 == post(client, route, body, **headers).status_code
            assert 401 == post(client, route, body, **headers, **{name: sign("a-guess", body)}).status_code
            signature = {name: sign(settings.secrets_of(_TENANT, route)[0], body)}
        answer = post(client, route, body, **headers, **signature)
        assert 202 == answer.status_code, answer.text
        topics |= {one["topic"] for one in answer.json()["published"]}
    assert topics
    assert topics <= set(FORMATS[route].topics)


@pytest.mark.parametrize("route", [route for route in SECTIONS if _REASON.search(SECTIONS[route])])
def test_what_the_sender_sends_when_it_is_set_up_is_answered_as_its_section_says(
    route: str, client: httpx.Client
) -> None:
    """The test of an address should get 202 with the reason that a person reads on the page."""
    (reason,) = _REASON.findall(SECTIONS[route])
    body = orjson.dumps(ANSWERED[route])
    signature = {SIGNED[route][0]: SIGNED[route][1](_SECRET, body)} if route in SIGNED else {}
    answer = post(client, route, body, **signature)
    assert (202, [reason]) == (answer.status_code, [one["reason"] for one in answer.json()["ignored"]])


@pytest.mark.parametrize(("route", "topic"), [("flagd", "flags"), ("publish", "deploys")])
def test_the_command_of_a_section_is_run_and_taken(
    route: str, topic: str, client: httpx.Client, broker: Broker, tmp_path: Path
) -> None:
    """A real shell with a real curl: the answer should name the record, and Kafka hold it."""
    (tmp_path / "before.json").write_text('{"flags": {"new-cart": {"defaultVariant": "off"}}}', "utf-8")
    (tmp_path / "after.json").write_text('{"flags": {"new-cart": {"defaultVariant": "on"}}}', "utf-8")
    (example,) = blocks(route, "sh")
    script = example.replace("<gateway>", str(client.base_url).rstrip("/"))
    ran = subprocess.run(["bash", "-ec", script], cwd=tmp_path, capture_output=True, check=True)  # noqa: S607 - of the path
    (published,) = orjson.loads(ran.stdout)["published"]
    stored = [content(one) for one in of_tenant(broker.bootstrap, topic, "default")]
    assert topic == published["topic"]
    assert any(published["name"].encode() in record for record in stored)


def test_a_catalog_is_sent_by_the_command_of_its_section(client: httpx.Client, tmp_path: Path) -> None:
    """`curl --data-binary` with the rota of the page as the file should make its entries."""
    (command,) = re.findall(r"`(curl --data-binary [^`]+)`", SECTIONS["catalog"])
    (tmp_path / "catalog-info.yaml").write_text(blocks("catalog", "yaml")[1], "utf-8")
    script = command.replace("<gateway>", str(client.base_url).rstrip("/"))
    ran = subprocess.run(["bash", "-ec", script], cwd=tmp_path, capture_output=True, check=True)  # noqa: S607 - of the path
    answer = orjson.loads(ran.stdout)
    assert ["rota:payments-primary", "rota:web"] == [one["name"] for one in answer["published"]]
    assert ["bad_rota"] == [one["reason"] for one in answer["refused"]]


def test_every_event_that_the_rule_of_eventbridge_lets_through_is_known(client: httpx.Client) -> None:
    """None of its detail-types should be one that nothing reads."""
    (rule,) = (orjson.loads(text) for text in blocks("eventbridge", "json"))
    for kind in rule["detail-type"]:
        answer = post(client, "eventbridge", orjson.dumps(event(kind, {})))
        assert "other_detail_type" not in answer.text, kind


POLICY_CASES: Final[tuple[tuple[str, dict[str, str], str], ...]] = (
    ("create", {"resource": "secrets"}, "Metadata"),
    ("get", {"resource": "configmaps"}, "None"),
    ("watch", {"resource": "pods"}, "None"),
    ("update", {"resource": "configmaps"}, "Request"),
    ("patch", {"resource": "deployments", "group": "apps"}, "Request"),
)


def _level(policy: Mapping[str, Any], verb: str, wanted: Mapping[str, str]) -> str:
    """The level of the first rule that fits, as the API server reads a policy."""
    for rule in policy["rules"]:
        groups = rule.get("resources")
        fits = not groups or any(
            each["group"] == wanted.get("group", "") and wanted["resource"] in each["resources"]
            for each in groups
        )
        if fits and ("verbs" not in rule or verb in rule["verbs"]):
            return str(rule["level"])
    return "None"


@pytest.mark.parametrize(("verb", "resource", "level"), POLICY_CASES)
def test_the_audit_policy_leaves_out_reads_and_bodies_of_secrets(
    verb: str, resource: dict[str, str], level: str
) -> None:
    """Writes should come with what was written, secrets without, reads not at all."""
    (text,) = blocks("kubernetes-audit", "yaml")
    assert level == _level(yaml.safe_load(text), verb, resource)
