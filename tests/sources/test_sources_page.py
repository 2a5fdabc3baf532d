"""docs/sources.md: every sender has its section, which says of it what the table says, and what is set up works."""

import re
import subprocess
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
import yaml

from schemas.events import Change
from sources.argocd import read as read_argocd
from sources.catalogue import FORMATS, Format
from sources.fields import at
from sources.signatures import SCHEMES
from streams.redact import Json
from tests.sources.samples import AT

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "sources.md"
SECTIONS: Final = {
    part.partition("\n")[0]: part.partition("\n")[2] for part in PAGE.read_text("utf-8").split("\n## ")[1:]
}
_PLACE: Final = re.compile(r"\{\{ (?P<json>toJson )?\.(?P<path>[\w.]+) \}\}")


def facts(entry: Format) -> str:
    """The line with which a section begins."""
    topics = ", ".join(f"`{topic}`" for topic in entry.topics)
    told = f"{entry.title}. `POST <gateway>/v1/{entry.route}`, becomes {topics}."
    notified = entry.notification_time or "the ingest time"
    return f"{told} Event time: {entry.event_time}. Notification time: {notified}."


def test_every_sender_has_its_section_and_no_other_is_described() -> None:
    """The sections should be the rows of the table, in its order."""
    assert list(FORMATS) == list(SECTIONS)


@pytest.mark.parametrize("route", FORMATS)
def test_a_section_says_what_the_table_says(route: str) -> None:
    """Address, topics and times should be those of the table; set-up, fields and what is left out be told."""
    section = SECTIONS[route]
    assert section.strip().startswith(facts(FORMATS[route]))
    assert all(part in section for part in ("**Set up.** ", "| what | from", "**Not taken.** "))


@pytest.mark.parametrize("route", SCHEMES)
def test_a_section_says_how_its_sender_signs(route: str) -> None:
    """Header and setting should be named where a user sets the sender up."""
    section = SECTIONS[route].lower()
    assert all(header in section for header in SCHEMES[route].headers)
    assert "`signing_secrets`" in section


def blocks(route: str, language: str) -> list[str]:
    """The examples of a section in one language."""
    return re.findall(rf"```{language}\n(.*?)```", SECTIONS[route], re.DOTALL)


def test_every_example_in_yaml_and_json_can_be_parsed() -> None:
    """Nobody should have to mend what was copied."""
    documents = [
        one for route in SECTIONS for text in blocks(route, "yaml") for one in yaml.safe_load_all(text)
    ]
    assert len(documents) == 9
    assert all(isinstance(document, dict) for document in documents)
    assert [orjson.loads(text)["detail-type"] for text in blocks("eventbridge", "json")]


def test_the_examples_of_the_catalog_are_read() -> None:
    """Each rota and runbook should be taken, but for the calendar, which only the command reads."""
    for example in blocks("catalog", "yaml"):
        reading = FORMATS["catalog"].read(example, {}, AT)
        assert [one.detail.partition(":")[0] for one in reading.refused] in (
            [],
            ["the gateway follows no address"],
        )
        assert reading.records


APPLICATION: dict[str, Any] = {
    "app": {
        "metadata": {"name": "checkout"},
        "spec": {"destination": {"namespace": "shop"}},
        "status": {
            "operationState": {
                "phase": "Succeeded",
                "startedAt": "2026-02-03T10:02:00Z",
                "finishedAt": "2026-02-03T10:02:05Z",
                "operation": {"initiatedBy": {"username": "k.lam"}},
                "syncResult": {
                    "revision": "95164aac92ce282a60f8f1dff24d4a2a40b8aa10",
                    "source": {"repoURL": "https://github.com/shop/manifests", "path": "overlays/production"},
                    "resources": [{"kind": "Deployment", "namespace": "shop", "name": "checkout"}],
                },
            }
        },
    },
    "context": {"argocdUrl": "https://argocd.example.com"},
}
"""An application as templates see it, without labels."""


def rendered(template: str) -> Json:
    """What the template makes of the application: a stand-in for Go's templates, which has these two forms alone."""

    def value(place: re.Match[str]) -> str:
        found = at(APPLICATION, place["path"].split("."))
        return orjson.dumps(found).decode() if place["json"] else str(found)

    body: Json = orjson.loads(_PLACE.sub(value, template))
    return body


def test_the_template_for_argo_cd_makes_what_is_read() -> None:
    """Every fact should be found in the body that the published template makes, also without labels."""
    (text,) = blocks("argocd", "yaml")
    settings = yaml.safe_load(text)["data"]
    body = rendered(yaml.safe_load(settings["template.incidents-sync"])["webhook"]["incidents"]["body"])
    (record,) = read_argocd(body, {}, AT).records
    assert isinstance(record.message, Change)
    assert "argocd:checkout@95164aac92ce282a60f8f1dff24d4a2a40b8aa10" == record.message.source_ref
    assert ("production", "shop", "k.lam", "https://argocd.example.com/applications/checkout") == (
        record.message.environment,
        record.message.namespace,
        record.message.actor,
        record.message.link,
    )
    assert record.message.references[:2] == ("argocd/app-name:checkout", "kubernetes:shop/checkout")


@pytest.mark.parametrize("name", ["service.webhook.incidents", "trigger.incidents-sync", "subscriptions"])
def test_the_settings_for_argo_cd_are_yaml_inside_yaml(name: str) -> None:
    """Each part of the config map should be parsed by itself."""
    (text,) = blocks("argocd", "yaml")
    assert yaml.safe_load(yaml.safe_load(text)["data"][name])


@pytest.mark.parametrize(("route", "topic"), [("flagd", "flags"), ("publish", "deploys")])
def test_what_the_examples_with_curl_send_is_read(route: str, topic: str, tmp_path: Path) -> None:
    """The body that the shell makes of an example should become a record."""
    (tmp_path / "before.json").write_text('{"flags": {"new-cart": {"defaultVariant": "off"}}}', "utf-8")
    (tmp_path / "after.json").write_text('{"flags": {"new-cart": {"defaultVariant": "on"}}}', "utf-8")
    (example,) = blocks(route, "sh")
    script = f'curl() {{ printf %s "$2"; }}\n{example.replace("<gateway>", "http://gateway")}'
    made = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=True)  # noqa: S607 - of the path
    (record,) = FORMATS[route].read(orjson.loads(made.stdout), {}, AT).records
    assert topic == record.topic
