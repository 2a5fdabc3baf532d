"""Owns what a CI system's environment variables say about the run: who, which commit, where to look, its name.

Pure: reads a mapping, never the process's environment. Sources: each system's page of predefined variables.
Goes to: `incidents publish`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Variables = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CiRun:
    """One run. `run_id` stays the same when a job of the run is tried again."""

    system: str
    repository: str | None = None
    run_id: str | None = None
    actor: str | None = None
    commit: str | None = None
    link: str | None = None
    environment: str | None = None
    """The environment that the job is for, where the system knows environments."""
    reference: str | None = None
    """The name under which a catalog may know the repository: kind:value."""

    def source_ref(self, target: str, environment: str | None) -> str | None:
        """The name of one change that the run makes; None where the system does not name its runs.

        A run may change several things, or one in several environments: each is a change of its own.
        """
        if not self.run_id:
            return None
        run = f"{self.system}:{self.repository}/{self.run_id}" if self.repository else None
        what = f"{target}@{environment}" if environment else target
        return f"{run or f'{self.system}:{self.run_id}'}#{what}"


def ci_run(variables: Variables) -> CiRun | None:
    """The run that these variables describe; None outside of the CI systems that we know."""
    found = (read(variables) for mark, read in _SYSTEMS if variables.get(mark))
    return next(found, None)


def _github_actions(said: Variables) -> CiRun:
    """docs.github.com: Store information in variables, default environment variables."""
    repository, run = _text(said, "GITHUB_REPOSITORY"), _text(said, "GITHUB_RUN_ID")
    server = _text(said, "GITHUB_SERVER_URL")
    return CiRun(
        system="github-actions",
        repository=repository,
        run_id=run,
        actor=_text(said, "GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"),
        commit=_text(said, "GITHUB_SHA"),
        link=f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None,
        reference=_reference("github.com/project-slug", repository),
    )


def _gitlab(said: Variables) -> CiRun:
    """docs.gitlab.com: Predefined CI/CD variables. A retried job keeps its pipeline."""
    repository = _text(said, "CI_PROJECT_PATH")
    return CiRun(
        system="gitlab-ci",
        repository=repository,
        run_id=_text(said, "CI_PIPELINE_ID"),
        actor=_text(said, "GITLAB_USER_LOGIN"),
        commit=_text(said, "CI_COMMIT_SHA"),
        link=_text(said, "CI_JOB_URL", "CI_PIPELINE_URL"),
        environment=_text(said, "CI_ENVIRONMENT_NAME"),
        reference=_reference("gitlab.com/project-slug", repository),
    )


def _jenkins(said: Variables) -> CiRun:
    """jenkins.io: Using environment variables; BUILD_USER_ID is set by the plugin Build User Vars."""
    job, number = _text(said, "JOB_NAME"), _text(said, "BUILD_NUMBER")
    return CiRun(
        system="jenkins",
        repository=_slug(_text(said, "GIT_URL")),
        run_id=f"{job}/{number}" if job and number else None,
        actor=_text(said, "BUILD_USER_ID", "CHANGE_AUTHOR"),
        commit=_text(said, "GIT_COMMIT"),
        link=_text(said, "BUILD_URL"),
        reference=_reference("jenkins.io/job-full-name", job),
    )


def _circleci(said: Variables) -> CiRun:
    """circleci.com: Project values and variables, built-in environment variables."""
    owner, name = _text(said, "CIRCLE_PROJECT_USERNAME"), _text(said, "CIRCLE_PROJECT_REPONAME")
    return CiRun(
        system="circleci",
        repository=f"{owner}/{name}" if owner and name else _slug(_text(said, "CIRCLE_REPOSITORY_URL")),
        run_id=_text(said, "CIRCLE_WORKFLOW_ID", "CIRCLE_BUILD_NUM"),
        actor=_text(said, "CIRCLE_USERNAME"),
        commit=_text(said, "CIRCLE_SHA1"),
        link=_text(said, "CIRCLE_BUILD_URL"),
    )


def _buildkite(said: Variables) -> CiRun:
    """buildkite.com: Environment variables. The commit is HEAD until the agent has fetched it."""
    owner, name = _text(said, "BUILDKITE_ORGANIZATION_SLUG"), _text(said, "BUILDKITE_PIPELINE_SLUG")
    commit = _text(said, "BUILDKITE_COMMIT")
    return CiRun(
        system="buildkite",
        repository=_slug(_text(said, "BUILDKITE_REPO")),
        run_id=_text(said, "BUILDKITE_BUILD_ID"),
        actor=_text(said, "BUILDKITE_BUILD_CREATOR", "BUILDKITE_BUILD_AUTHOR"),
        commit=None if commit == "HEAD" else commit,
        link=_text(said, "BUILDKITE_BUILD_URL"),
        reference=_reference("buildkite.com/project-slug", f"{owner}/{name}" if owner and name else None),
    )


_SYSTEMS: Final[tuple[tuple[str, Callable[[Variables], CiRun]], ...]] = (
    ("GITHUB_ACTIONS", _github_actions),
    ("GITLAB_CI", _gitlab),
    ("CIRCLECI", _circleci),
    ("BUILDKITE", _buildkite),
    ("JENKINS_URL", _jenkins),
)
"""The variable by which a system is known. Jenkins comes last: others are often started beside it."""


def _text(said: Variables, *names: str) -> str | None:
    """The first variable that is set and not blank."""
    return next((found for name in names if (found := said.get(name, "").strip())), None)


def _reference(kind: str, value: str | None) -> str | None:
    return f"{kind}:{value}" if value else None


def _slug(url: str | None) -> str | None:
    """owner/name of a repository's address, in either form: https://host/owner/name.git, git@host:owner/name.git."""
    if not url:
        return None
    _, scheme, rest = url.rpartition("://")
    path = rest.partition("/")[2] if scheme else rest.rpartition(":")[2]
    return path.strip("/").removesuffix(".git") or None
