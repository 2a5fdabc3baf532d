"""What to write or run to mend each gap of readiness: files for `incidents publish catalog`, commands, settings.

Pure text. Names are quoted for where they stand, since they come from others. Goes to: `streams.ready_checks`.
"""

import re
from collections.abc import Mapping
from shlex import quote
from typing import Final

import orjson

from schemas.events import ChangeKind, EntityFacts
from schemas.times import date_text

_PLAIN: Final = re.compile(r"[A-Za-z_][\w.-]*")
_SEND: Final = "# then: incidents publish catalog catalog-info.yaml"
_FEEDS: Final[Mapping[ChangeKind, str]] = {
    "deploy": "incidents publish deploy --service SERVICE --environment production",
    "flag": "incidents publish flag --flag KEY --from off --to on --environment production",
    "config": "incidents publish config --target config/configmaps/NAMESPACE/NAME --environment production",
}
_WEBHOOKS: Final[Mapping[ChangeKind, str]] = {
    "deploy": "# or a webhook of GitHub, GitLab, Argo CD and others: docs/sources.md",
    "flag": "# or a webhook of LaunchDarkly, Unleash and others: docs/sources.md",
    "config": "# or Kubernetes' audit log, Terraform, CloudTrail: docs/sources.md",
}
_BY_NAMESPACE: Final = 'NAMESPACE = "production"'
_ANNOTATIONS: Final = {
    "flag": "incidents/flags",
    "ssm": "incidents/parameters",
    "config": "incidents/objects",
}


def entry(service: str) -> str:
    """A catalog entry for a service that has none."""
    said = _entry(service, "", "{type: service, lifecycle: production, owner: TEAM}")
    return f"{said}\n{_SEND}"


def another_name(facts: EntityFacts, service: str) -> str:
    """The annotation by which an entry is known by another name, too."""
    return _annotated(facts, "incidents/aliases", service)


def owner(facts: EntityFacts) -> str:
    """The owner of an entry."""
    return f"# in the catalog entry {facts.entity}\nspec:\n  owner: TEAM"


def rota(team: str, name: str | None, at: int) -> str:
    """A rota of turns from today on."""
    lines = (f"rota: {_yaml(name or f'{team}-primary')}", f"team: {_yaml(team)}", "people: [PERSON, PERSON]")
    starts = f"starts: {date_text(at)}T00:00:00Z\ndays: 7"
    return "\n".join(
        [*lines, starts, "# then: incidents publish catalog rota.yaml   (or calendar: ADDRESS of a feed)"]
    )


def deploy(service: str) -> str:
    """The command of the job that deploys a service."""
    return f"incidents publish deploy --service {quote(service)} --environment production"


def change_environment(service: str, kind: str) -> str:
    """How a change says where it took effect."""
    if kind == "deploy":
        return deploy(service)
    return f"incidents publish {kind} ... --environment production\n{_settings(_BY_NAMESPACE)}"


def alert_environment() -> str:
    """How alerts say where they are from."""
    where = "# in prometheus.yml, for every alert of this Prometheus\n"
    label = "global:\n  external_labels: {environment: production}"
    return f"{where}{label}\n{_settings(_BY_NAMESPACE)}"


def spelling(other: str, meant: str) -> str:
    """The setting by which two spellings are one environment."""
    return _settings(f"{_toml(other)} = {_toml_text(meant)}")


def dependencies(facts: EntityFacts) -> str:
    """What an entry needs."""
    return f"# in the catalog entry {facts.entity}\nspec:\n  dependsOn: [component:default/NAME]"


def runbook(service: str, team: str | None, at: int) -> str:
    """An entry of the runbook index."""
    return (
        f"runbooks:\n  - service: {_yaml(service)}\n    link: https://ADDRESS\n    owner: {_yaml(team or 'TEAM')}\n"
        f"    reviewed: {date_text(at)}\n# then: incidents publish catalog runbooks.yaml"
    )


def reviewed(facts: EntityFacts, at: int) -> str:
    """The runbook, reviewed today."""
    about = "".join(
        f"    {key}: {_yaml(name)}\n" for key, _, name in (one.partition(":") for one in facts.about)
    )
    return (
        f"# once it has been read and is right\nrunbooks:\n  - link: {_yaml(facts.runbook or '')}\n{about}"
        f"    owner: {_yaml(facts.owner or 'TEAM')}\n    reviewed: {date_text(at)}\n"
        "# then: incidents publish catalog runbooks.yaml"
    )


def feed(kind: ChangeKind) -> str:
    """How changes of a kind get here at all."""
    return f"{_FEEDS[kind]}\n{_WEBHOOKS[kind]}"


def alert_service() -> str:
    """The label by which an alert says whose it is."""
    return "# in the alert's rule\nlabels: {service: SERVICE, environment: production}"


def tie(target: str) -> str:
    """The annotation by which what was changed belongs to a service."""
    kind, _, rest = target.partition("/")
    if target.startswith("ssm:"):
        kind, rest = "ssm", target.removeprefix("ssm:")
    annotation = _ANNOTATIONS.get(kind, "incidents/aliases")
    where = "# in the catalog entry of its service\nmetadata:\n  annotations:\n"
    return f"{where}    {annotation}: {_yaml(rest or target)}"


def runbook_care() -> str:
    """What each entry of the runbook index should say."""
    return "# in each entry of the runbook index\nowner: TEAM\nreviewed: YYYY-MM-DD\nreview_every_days: 180"


def refused(source: str) -> str:
    """Where to look at what was refused."""
    return f"incidents dead-letters list --source {quote(source)}"


def _entry(service: str, annotations: str, spec: str) -> str:
    head = f"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {_yaml(service)}\n"
    return f"{head}{annotations}spec: {spec}"


def _annotated(facts: EntityFacts, annotation: str, value: str) -> str:
    where = f"# in the catalog entry {facts.entity}"
    return f"{where}\nmetadata:\n  annotations:\n    {annotation}: {_yaml(value)}"


def _settings(line: str) -> str:
    kept = (
        "# takes the place of the built-in list (prod, prd, live, stage, stg): keep here what you use of it"
    )
    return f"# in the settings of the tenant\n[tenants.environments]\n{kept}\n{line}"


def _yaml(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _toml_text(text)


def _toml(text: str) -> str:
    return text if re.fullmatch(r"[\w-]+", text, re.ASCII) else _toml_text(text)


def _toml_text(text: str) -> str:
    """In quotes, as JSON, YAML and TOML write them alike."""
    return orjson.dumps(text).decode()
