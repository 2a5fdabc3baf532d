"""`incidents publish` against a real gateway: what arrives, what is tried again, and what the exit code says."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli.publish import register
from local.kafka import Broker, kill_broker, start_broker
from schemas.codec import decode
from schemas.events import Change, Entity
from schemas.settings import KafkaSettings
from tests.facts import eventually
from tests.sources.running import TOKEN, content, gateway, of_tenant, settings_for
from tests.sources.test_rotas import FEED
from wire.admin import ensure_topics

DEPLOY = ("deploy", "--service", "checkout", "--environment", "production", "--version", "v2")
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "shop/checkout",
    "GITHUB_RUN_ID": "9241",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_ACTOR": "k.lam",
    "GITHUB_SHA": "3853f158cd1d6732b6d04b8ad594858b785b5988",
}
_PATIENCE_S = 30
_OF_A_CI_SYSTEM = ("GITHUB_", "GITLAB_", "CI", "JENKINS", "BUILD", "GIT_", "INCIDENTS_")


def begin(*arguments: str, **variables: str) -> "subprocess.Popen[str]":
    """The command, started without the variables of the CI system that these tests may run in."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "VIRTUAL_ENV") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "cli.start", "publish", *arguments],
        env={**kept, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def publish(*arguments: str, **variables: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the command, in this process."""
    app = typer.Typer()
    register(app)
    kept = {name: None for name in os.environ if name.startswith(_OF_A_CI_SYSTEM)}
    result = CliRunner().invoke(app, ["publish", *arguments], env={**kept, "COLUMNS": "200", **variables})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def ended(*arguments: str, **variables: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the command, in a process of its own."""
    process = begin(*arguments, **variables)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real broker with every topic."""
    started = start_broker(tmp_path_factory.mktemp("publish"), progress=print)
    ensure_topics(KafkaSettings(bootstrap=started.bootstrap, partitions=1))
    yield started
    kill_broker(started)


@pytest.fixture(scope="module")
def url(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running gateway."""
    with gateway(settings_for(broker.bootstrap), tmp_path_factory.mktemp("gateway")) as running:
        yield str(running.base_url)


def changes(broker: Broker, topic: str, service: str) -> list[Change]:
    """The changes of a service on a topic."""
    found = (decode(topic, content(record)) for record in of_tenant(broker.bootstrap, topic, "default"))
    return [change for change in found if isinstance(change, Change) and change.service == service]


def test_a_deploy_of_a_ci_job_arrives_with_what_the_run_knows(url: str, broker: Broker) -> None:
    """Actor and link should be the run's; published again by a retried job, it has the same name."""
    arguments = ("deploy", "--service", "from-ci", "--environment", "production", "--gateway", url)
    told = [publish(*arguments, **GITHUB) for _ in range(2)]
    name = "github-actions:shop/checkout/9241#service/from-ci@production"
    assert [(0, f"taken on deploys: {name}\n", "")] * 2 == told
    first, again = changes(broker, "deploys", "from-ci")
    assert ("k.lam", GITHUB["GITHUB_SHA"], "https://github.example/shop/checkout/actions/runs/9241") == (
        first.actor,
        first.after,
        first.link,
    )
    assert first.source_ref == again.source_ref


@pytest.mark.parametrize(
    ("topic", "arguments"),
    [
        ("alerts", ("alert", "--name", "SmokeTestFailed", "--label", "severity=page")),
        ("flags", ("flag", "--flag", "express", "--from", "off", "--to", "on")),
        ("configs", ("config", "--target", "config/configmap/shop/checkout", "--to", "7")),
    ],
)
def test_every_kind_is_taken(url: str, topic: str, arguments: tuple[str, ...]) -> None:
    """As JSON the answer should say where it went, and how often it was tried."""
    code, out, _ = publish(*arguments, "--service", "checkout", "--gateway", url, "--json")
    told = json.loads(out)
    (delivery,) = told["deliveries"]
    assert (0, 0, 202, 1) == (code, told["exit"], delivery["status"], delivery["attempts"])
    assert [topic] == [one["topic"] for one in delivery["published"]]


def test_rotas_and_runbooks_of_a_folder_are_taken(url: str, broker: Broker, tmp_path: Path) -> None:
    """A calendar should be written out, a page be taken for its alert, other pages be passed over."""
    (tmp_path / "on-call.ics").write_bytes(
        FEED.replace(b"RRULE:FREQ=WEEKLY;INTERVAL=2", b"RRULE:FREQ=WEEKLY")
    )
    rota = "rota: folder\nteam: t\ncalendar: on-call.ics\n---\nrota: broken\nteam: t\ncalendar: none.ics\n"
    (tmp_path / "rotas.yaml").write_text(rota, "utf-8")
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "DiskFull.md").write_text("---\ntitle: Disk Full\n---\n", "utf-8")
    (tmp_path / "README.md").write_text("# What is here\n", "utf-8")
    options = ("--watch", str(tmp_path), "--runbooks-at", "https://x.example", "--gateway", url)
    rehearsed = publish("catalog", *options, "--dry-run")
    watching = begin("catalog", *options)
    assert watching.stdout is not None
    taken = [watching.stdout.readline() for _ in range(2)]
    watching.terminate()
    _, err = watching.communicate(timeout=60)
    assert (1, 0) == (rehearsed[0], watching.returncode)
    assert ["runbook:diskfull", "rota:folder"] == [line.split()[-1] for line in taken]
    assert "the calendar's file: No such file" in err
    assert ("A. Osei", "https://x.example/node/DiskFull.md") == _desk(broker)


def _desk(broker: Broker) -> tuple[str, str]:
    """The first person of the rota and the link of the runbook."""
    found = [decode("catalog", content(one)) for one in of_tenant(broker.bootstrap, "catalog", "default")]
    known = {one.entity: one for one in found if isinstance(one, Entity)}
    return known["rota:folder"].shifts[0].person, known["runbook:diskfull"].runbook or ""


def test_an_entry_can_be_taken_out_of_the_catalog(url: str, broker: Broker) -> None:
    """What is on the topic in the end should say so, under the same key."""
    code, out, err = publish(
        "catalog", "--delete", "left-over", "--delete", "resource:default/db", "--gateway", url
    )
    assert (0, "") == (code, err)
    assert ["component:default/left-over", "resource:default/db"] == [
        line.split()[-1] for line in out.splitlines()
    ]
    found = [decode("catalog", content(one)) for one in of_tenant(broker.bootstrap, "catalog", "default")]
    gone = {one.entity: one.deleted for one in found if isinstance(one, Entity)}
    assert gone["component:default/left-over"]
    assert gone["resource:default/db"]


def test_a_catalog_is_taken_but_for_its_bad_documents(url: str, tmp_path: Path) -> None:
    """Every file should be told, and one bad document should make the exit code 1."""
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("kind: Component\nmetadata: {name: checkout}\n", "utf-8")
    bad.write_text("kind: System\nmetadata: {name: shop}\n---\na: [\n", "utf-8")
    assert 0 == publish("catalog", str(good), "--gateway", url)[0]
    code, out, err = publish("catalog", str(good), str(bad), "--gateway", url)
    assert 1 == code
    assert [f"{good}: taken", f"{bad}: taken"] == [line.partition(" on ")[0] for line in out.splitlines()]
    assert err.startswith(f"error: {bad}: /1 was refused: not YAML: the document from line 3")


def test_a_watched_folder_is_published_again_when_a_file_changes(
    url: str, broker: Broker, tmp_path: Path
) -> None:
    """Each change should arrive once; the command should end in order when it is told to."""
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text("kind: Component\nmetadata: {name: watched}\n", "utf-8")
    watching = begin("catalog", "--watch", str(tmp_path), "--gateway", url)
    eventually(lambda: entities(broker, "watched") == [None], _PATIENCE_S, "the file arrives")
    catalog.write_text("kind: Component\nmetadata: {name: watched, title: Again}\n", "utf-8")
    eventually(lambda: entities(broker, "watched") == [None, "Again"], _PATIENCE_S, "the change arrives")
    watching.terminate()
    out, err = watching.communicate(timeout=60)
    assert (0, 2, "") == (watching.returncode, out.count("taken on catalog"), err)


def entities(broker: Broker, name: str) -> list[str | None]:
    """The titles of an entry, in the order in which they arrived."""
    found = (
        decode("catalog", content(record)) for record in of_tenant(broker.bootstrap, "catalog", "default")
    )
    return [entity.title for entity in found if isinstance(entity, Entity) and entity.name == name]


def test_a_dry_run_sends_nothing_and_needs_no_gateway(tmp_path: Path) -> None:
    """It should print where it would go and what, without the token."""
    code, out, err = publish(*DEPLOY, "--dry-run", "--tenant", "shop", INCIDENTS_TOKEN=TOKEN, **GITHUB)
    told = json.loads(out)
    assert (0, "/t/shop/v1/publish", "") == (code, told["post"], err)
    assert {"kind": "deploy", "service": "checkout", "after": "v2", "actor": "k.lam"}.items() <= told[
        "body"
    ].items()
    assert TOKEN not in out
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text("kind: Component\nmetadata: {name: checkout}\n---\na: [\n", "utf-8")
    code, out, _ = publish("catalog", str(catalog), "--dry-run")
    assert (1, ["component:default/checkout"]) == (code, json.loads(out)["published"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("deploy",), "needs service"),
        ((*DEPLOY, "--status", "success"), "status is not one of started"),
        ((*DEPLOY, "--at", "yesterday"), "effective_at is not a time"),
        ((*DEPLOY, "--gateway", "localhost"), "no URL"),
        ((*DEPLOY, "--gateway", "http://u:geheim@127.0.0.1"), "holds a password"),
        ((*DEPLOY, "--gateway", "http://127.0.0.1", "--tenant", "A/b"), "lower-case"),
        ((*DEPLOY, "--gateway", "http://127.0.0.1", "--token", "geheim\n"), "line break"),
        (DEPLOY, "INCIDENTS_GATEWAY"),
        (("flag", "--to", "on"), "--flag"),
        (("alert", "--name", "A", "--label", "severity"), "name=value"),
        (("alert", "--name", "A", "--severity", "purple"), "--severity takes critical"),
        (("catalog", "missing.yaml"), "missing.yaml"),
        (("catalog",), "--watch"),
        (("catalog", "--delete", "a b"), "no name of an entry"),
        (("catalog", "README.md"), "no runbook"),
        (("catalog", "--delete", "checkout", "--watch", "."), "--delete"),
    ],
)
def test_wrong_use_is_told_before_anything_is_sent(arguments: tuple[str, ...], words: str) -> None:
    """Exit code 2, and the line should say what to do; a secret is not repeated."""
    code, _, err = publish(*arguments)
    assert 2 == code
    assert words in err
    assert "geheim" not in err


def test_what_is_refused_for_good_is_not_tried_again(url: str) -> None:
    """A wrong token should be told at once, with exit code 1, without the token."""
    arguments = (*DEPLOY, "--gateway", url, "--tenant", "guarded", "--json")
    wrong = "not-this-one"
    code, out, err = publish(*arguments, INCIDENTS_TOKEN=wrong)
    (delivery,) = json.loads(out)["deliveries"]
    assert (1, 401, 1) == (code, delivery["status"], delivery["attempts"])
    assert "guarded needs its token" in err
    assert wrong not in out + err
    assert 0 == publish(*arguments, INCIDENTS_TOKEN=TOKEN)[0]


def test_without_a_gateway_it_gives_up_in_time() -> None:
    """Exit code 75, and the line should name the address."""
    code, _, err = ended(*DEPLOY, "--gateway", "http://127.0.0.1:1", "--timeout", "0.5")
    assert 75 == code
    assert "error: no gateway answers at http://127.0.0.1:1: " in err
    assert err.rstrip().endswith("tried for 0.5 s; try again later")
    assert 2 == len(err.splitlines()), "why it is tried again, and how it ended"


def test_a_gateway_that_comes_late_still_gets_it(broker: Broker, tmp_path: Path) -> None:
    """It should be tried again until the gateway listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    arguments = ("deploy", "--service", "late", "--gateway", f"http://127.0.0.1:{port}", "--json")
    waiting = begin(*arguments, "--timeout", str(_PATIENCE_S))
    assert waiting.stderr is not None
    assert "trying again" in waiting.stderr.readline(), "the first try has failed"
    with gateway(settings_for(broker.bootstrap, port=port), tmp_path):
        out, _ = waiting.communicate(timeout=60)
    (delivery,) = json.loads(out)["deliveries"]
    assert (0, True) == (waiting.returncode, delivery["attempts"] > 1)
    assert 1 == len(changes(broker, "deploys", "late"))


def test_while_kafka_stands_still_it_is_tried_again(broker: Broker, tmp_path: Path) -> None:
    """503 should be no refusal: 75 when the time is over, and 0 once Kafka goes on; its name is always the same."""
    with gateway(settings_for(broker.bootstrap, ack_timeout_s=0.5), tmp_path) as running:
        arguments = ("deploy", "--service", "patient", "--gateway", str(running.base_url), "--json")
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            code, _, err = ended(*arguments, "--timeout", "5", **GITHUB)
            assert (75, True) == (code, "the gateway answered 503" in err)
            waiting = begin(*arguments, "--timeout", str(_PATIENCE_S), **GITHUB)
            assert waiting.stderr is not None
            assert "trying again" in waiting.stderr.readline(), "the first try has failed"
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        out, _ = waiting.communicate(timeout=60)
    assert 0 == waiting.returncode, out
    arrived: list[Change] = eventually(lambda: changes(broker, "deploys", "patient"), 60, "it is in Kafka")
    assert 1 == len({change.source_ref for change in arrived})
