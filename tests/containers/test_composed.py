"""`docker compose up --wait`: the same system in containers, from an alert over HTTP to a packet in Postgres."""

import pytest

from tests.containers.composed import Composed, run
from tests.facts import eventually

pytestmark = pytest.mark.timeout(1500)  # the image may have to be built from nothing
_SETTLED_S = 360
"""The lateness and the hold of the settings, and the log's way to the tables."""
OURS = ("gateway", "worker-1", "worker-2", "auditor", "sink", "web")


def test_a_posted_alert_becomes_a_packet_in_postgres(composed: Composed) -> None:
    """Gateway, Kafka, workers and sink should carry it through, and every claim of it be proven."""
    composed.post_alert("checkout")
    assert composed.packet_of("checkout").endswith("|0")


@pytest.mark.parametrize("words", [("show",), ("timeline",), ("evidence",)])
def test_a_responder_reads_it_with_the_same_commands(composed: Composed, words: tuple[str, ...]) -> None:
    """The reading commands should answer from Postgres as they do from SQLite."""
    composed.post_alert("search")
    composed.packet_of("search")
    name = composed.ask("SELECT candidate_id FROM candidates WHERE title LIKE 'search %'")[0]
    evidence = ("e1",) if words == ("evidence",) else ()
    listed = composed.compose("exec", "-T", "sink", "incidents", "list")
    told = composed.compose("exec", "-T", "sink", "incidents", *words, name, *evidence)
    assert "search failing" in listed
    assert "search" in told


def test_bringing_it_up_again_changes_nothing(composed: Composed) -> None:
    """A second `up --wait` should end well and keep every container as it is."""
    before = composed.compose("ps", "--quiet")
    composed.up()
    assert before == composed.compose("ps", "--quiet")


def test_one_worker_of_two_is_enough(composed: Composed) -> None:
    """When a worker has stopped the other should take over its partitions."""
    composed.compose("stop", "worker-1")
    for number in range(4):
        composed.post_alert(f"lone-{number}")
        composed.packet_of(f"lone-{number}")
    composed.up()


@pytest.mark.parametrize("service", OURS)
def test_no_process_is_root_or_may_write_to_its_image(composed: Composed, service: str) -> None:
    """The processes should run as a user without rights, on files that they cannot change."""
    assert "(10001, False, False)" == composed.in_process(
        service, "(os.getuid(), os.access('/opt/incidents', os.W_OK), os.access('/etc/incidents', os.W_OK))"
    )


def test_only_gateway_and_page_are_published_and_only_on_this_machine(composed: Composed) -> None:
    """Neither Kafka nor Postgres nor a health port should be reached from outside."""
    published = composed.compose("ps", "--format", "{{.Service}} {{.Ports}}").splitlines()
    assert [
        f"gateway 127.0.0.1:{composed.port}->8080/tcp",
        f"web 127.0.0.1:{composed.page_port}->8090/tcp",
    ] == sorted(line for line in published if "->" in line)


def test_what_is_stored_outlives_the_containers(composed: Composed) -> None:
    """After `down` and `up` the packets should be there, and new alerts be taken."""
    composed.post_alert("kept")
    composed.packet_of("kept")
    before = composed.claims_of("kept")
    composed.compose("down")
    composed.up()
    assert before
    assert before <= composed.claims_of("kept")
    composed.post_alert("fresh")
    composed.packet_of("fresh")


def test_the_auditor_has_written_what_was_decided(composed: Composed) -> None:
    """Once the alert is settled, the decisions on its candidate should stand in the audit log's table."""
    composed.post_alert("basket")
    composed.packet_of("basket")
    asked = "SELECT decision FROM audit JOIN candidates ON subject = candidate_id WHERE title LIKE 'basket %'"
    eventually(lambda: composed.ask(asked), _SETTLED_S, "decisions on basket are in the table")


def test_the_key_of_the_audit_log_is_the_auditors_alone(composed: Composed) -> None:
    """The signing key should be in the auditor's volume, for its owner alone, and in no other container."""
    key = "'/var/lib/incidents/audit-signing.key'"
    assert "0o100600" == composed.in_process("auditor", f"oct(os.stat({key}).st_mode)")
    for service in OURS:
        assert str(service == "auditor") == composed.in_process(service, f"os.path.exists({key})")


def test_the_image_holds_no_compiler_and_no_java(composed: Composed) -> None:
    """What builds the image, and the broker's Java of a local system, should have stayed behind."""
    listed = "which gcc cc make java; find /opt/incidents -name java-runtime -o -name setuptools -o -name pip"
    assert "" == run("docker", "run", "--rm", "--entrypoint", "sh", composed.image, "-c", f"{listed}; true")
