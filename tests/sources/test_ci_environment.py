"""What is read from the variables of each CI system."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.ci_environment import CiRun, ci_run

SHA = "3853f158cd1d6732b6d04b8ad594858b785b5988"
GITHUB = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "shop/checkout",
    "GITHUB_RUN_ID": "9241",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_ACTOR": "k.lam",
    "GITHUB_SHA": SHA,
}
GITLAB = {
    "CI": "true",
    "GITLAB_CI": "true",
    "CI_PROJECT_PATH": "shop/checkout",
    "CI_PIPELINE_ID": "118",
    "CI_JOB_URL": "https://gitlab.example/shop/checkout/-/jobs/7",
    "CI_ENVIRONMENT_NAME": "production",
    "GITLAB_USER_LOGIN": "k.lam",
    "CI_COMMIT_SHA": SHA,
}
JENKINS = {
    "JENKINS_URL": "https://jenkins.example/",
    "JOB_NAME": "shop/deploy-checkout",
    "BUILD_NUMBER": "42",
    "BUILD_URL": "https://jenkins.example/job/shop/job/deploy-checkout/42/",
    "GIT_URL": "git@git.example:shop/checkout.git",
    "GIT_COMMIT": SHA,
    "BUILD_USER_ID": "k.lam",
}
CIRCLECI = {
    "CI": "true",
    "CIRCLECI": "true",
    "CIRCLE_PROJECT_USERNAME": "shop",
    "CIRCLE_PROJECT_REPONAME": "checkout",
    "CIRCLE_WORKFLOW_ID": "b3f0",
    "CIRCLE_BUILD_NUM": "7",
    "CIRCLE_BUILD_URL": "https://circleci.example/7",
    "CIRCLE_USERNAME": "k.lam",
    "CIRCLE_SHA1": SHA,
}
BUILDKITE = {
    "CI": "true",
    "BUILDKITE": "true",
    "BUILDKITE_ORGANIZATION_SLUG": "shop",
    "BUILDKITE_PIPELINE_SLUG": "deploy-checkout",
    "BUILDKITE_REPO": "https://git.example/shop/checkout.git",
    "BUILDKITE_BUILD_ID": "018e",
    "BUILDKITE_BUILD_URL": "https://buildkite.example/shop/deploy-checkout/builds/7",
    "BUILDKITE_BUILD_CREATOR": "k.lam",
    "BUILDKITE_COMMIT": SHA,
}
_RUN = CiRun("", "shop/checkout", actor="k.lam", commit=SHA)
KNOWN = {
    "GitHub Actions": (
        GITHUB,
        replace(
            _RUN,
            system="github-actions",
            run_id="9241",
            link="https://github.example/shop/checkout/actions/runs/9241",
            reference="github.com/project-slug:shop/checkout",
        ),
    ),
    "GitLab CI": (
        GITLAB,
        replace(
            _RUN,
            system="gitlab-ci",
            run_id="118",
            link=GITLAB["CI_JOB_URL"],
            environment="production",
            reference="gitlab.com/project-slug:shop/checkout",
        ),
    ),
    "Jenkins": (
        JENKINS,
        replace(
            _RUN,
            system="jenkins",
            run_id="shop/deploy-checkout/42",
            link=JENKINS["BUILD_URL"],
            reference="jenkins.io/job-full-name:shop/deploy-checkout",
        ),
    ),
    "CircleCI": (
        CIRCLECI,
        replace(_RUN, system="circleci", run_id="b3f0", link=CIRCLECI["CIRCLE_BUILD_URL"]),
    ),
    "Buildkite": (
        BUILDKITE,
        replace(
            _RUN,
            system="buildkite",
            run_id="018e",
            link=BUILDKITE["BUILDKITE_BUILD_URL"],
            reference="buildkite.com/project-slug:shop/deploy-checkout",
        ),
    ),
}


@pytest.mark.parametrize("system", KNOWN)
def test_a_run_is_read_from_its_variables(system: str) -> None:
    """Actor, commit, link, repository and run should be those of the run."""
    variables, expected = KNOWN[system]
    assert expected == ci_run(variables)


def test_outside_of_a_ci_system_there_is_no_run() -> None:
    """Nor where only the general mark is set."""
    assert ci_run({}) is None
    assert ci_run({"CI": "true", "GITHUB_ACTIONS": ""}) is None


def test_a_change_is_named_by_its_run_target_and_environment() -> None:
    """A retry gives the same name; another service or environment of the same run gives another."""
    run = ci_run(GITHUB)
    assert run is not None
    assert "github-actions:shop/checkout/9241#service/checkout@production" == run.source_ref(
        "service/checkout", "production"
    )
    assert "github-actions:shop/checkout/9241#flag/express" == run.source_ref("flag/express", None)
    again = ci_run({**GITHUB, "GITHUB_RUN_ATTEMPT": "3"})
    assert again is not None
    assert run.source_ref("flag/express", None) == again.source_ref("flag/express", None)


def test_without_the_runs_id_no_name_is_made_up() -> None:
    """The change is then named by its target and time."""
    run = ci_run({"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "shop/checkout"})
    assert run is not None
    assert run.source_ref("service/checkout", None) is None


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://git.example/shop/checkout.git", "shop/checkout"),
        ("https://user:secret@git.example/shop/sub/checkout/", "shop/sub/checkout"),
        ("git@git.example:shop/checkout.git", "shop/checkout"),
        ("ssh://git@git.example:22/shop/checkout", "shop/checkout"),
        ("https://git.example", None),
    ],
)
def test_a_repositorys_address_gives_its_short_name(url: str, slug: str | None) -> None:
    """Without host, user or password."""
    run = ci_run({**JENKINS, "GIT_URL": url})
    assert run is not None
    assert slug == run.repository


def test_a_commit_that_is_not_fetched_yet_is_none() -> None:
    """HEAD names no commit."""
    run = ci_run({**BUILDKITE, "BUILDKITE_COMMIT": "HEAD"})
    assert run is not None
    assert run.commit is None


_ALL = sorted({name for variables, _ in KNOWN.values() for name in variables})


@given(st.dictionaries(st.sampled_from(_ALL), st.text(max_size=12)))
def test_any_variables_are_read(variables: dict[str, str]) -> None:
    """No error, and no field that is blank."""
    run = ci_run(variables)
    for value in () if run is None else (run.actor, run.commit, run.link, run.repository, run.run_id):
        assert value is None or value.strip()
