"""The examples for CI systems: they parse, and what they call does what they say."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.test_publish import GITHUB

_CI = Path(__file__).parents[2] / "examples" / "ci"
_GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_PATH": "shop/checkout",
    "CI_PIPELINE_ID": "118",
    "CI_ENVIRONMENT_NAME": "production",
    "GITLAB_USER_LOGIN": "k.lam",
}


def _parsed(name: str) -> Any:  # noqa: ANN401 - YAML
    return yaml.safe_load((_CI / name).read_text("utf-8"))


def _run(script: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """The script as the CI system's shell runs it, with the real command on its path."""
    command = folder / "incidents"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cli.start "$@"\n', "utf-8")
    command.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],  # noqa: S607 - as CI systems find it
        env={"PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _action(**inputs: str) -> tuple[str, dict[str, str]]:
    """The only step of the action: its script, and its variables filled from inputs and their defaults."""
    action = _parsed("github-action/action.yml")
    (step,) = action["runs"]["steps"]
    values = {name: str(told.get("default", "")) for name, told in action["inputs"].items()} | inputs
    filled = {}
    for name, value in step["env"].items():
        wanted = value.removeprefix("${{ inputs.").removesuffix(" }}")
        filled[name] = values.pop(wanted)
    assert not values, "every input is used"
    return step["run"], filled


def test_the_github_action_publishes_a_deploy(tmp_path: Path) -> None:
    """With what the workflow's run knows."""
    script, variables = _action(service="checkout", environment="production", **{"dry-run": "true"})
    ended = _run(script, tmp_path, **variables, **GITHUB)
    assert 0 == ended.returncode, ended.stderr
    body = json.loads(ended.stdout)["body"]
    assert ("deploy", "checkout", "production", "k.lam", GITHUB["GITHUB_SHA"]) == (
        body["kind"],
        body["service"],
        body["environment"],
        body["actor"],
        body["after"],
    )


@pytest.mark.parametrize(("status", "code"), [("succeeded", 0), ("success", 2)])
def test_the_github_action_fails_only_for_what_is_wrong(tmp_path: Path, status: str, code: int) -> None:
    """A gateway that is not there should be a warning, a wrong status an error."""
    inputs = {"gateway": "http://127.0.0.1:1", "timeout": "0", "status": status}
    script, variables = _action(service="checkout", environment="production", **inputs)
    ended = _run(script, tmp_path, **variables, **GITHUB)
    assert code == ended.returncode, ended.stderr
    assert ("::warning::" in ended.stdout) == (code == 0)


def test_an_input_of_the_github_action_is_never_a_command(tmp_path: Path) -> None:
    """Names of branches come from outside."""
    script, variables = _action(
        service="checkout", environment="production", version='"; touch stolen; "', **{"dry-run": "true"}
    )
    assert '"; touch stolen; "' == json.loads(_run(script, tmp_path, **variables).stdout)["body"]["after"]


def test_the_gitlab_job_publishes_a_deploy(tmp_path: Path) -> None:
    """With what the pipeline knows, and its environment; a gateway that is not there fails no pipeline."""
    job = _parsed("gitlab.yml")[".publish-deploy"]
    (line,) = job["script"]
    ended = _run(f"{line} --dry-run", tmp_path, SERVICE="checkout", VERSION="3853f15", **_GITLAB)
    assert 0 == ended.returncode, ended.stderr
    body = json.loads(ended.stdout)["body"]
    assert ("production", "3853f15", "gitlab-ci:shop/checkout/118#service/checkout@production") == (
        body["environment"],
        body["after"],
        body["source_ref"],
    )
    assert [75] == job["allow_failure"]["exit_codes"]
