"""Owns which calls of AWS's API cannot be to blame: a table of rules, the first one counts.

May not: drop anything; what a rule names is kept, and shown as not suspectable. Goes to: `sources.aws_trail`.
"""

import re
from collections.abc import Callable
from typing import Final

from sources.fields import at, text
from streams.redact import Json

_READS: Final = re.compile(
    r"(?:Get|List|Describe|Head|BatchGet|Lookup|Query|Scan|Search|Select|View|Check|Test|Validate|Simulate)[A-Z0-9]\w*"
)
"""Names of calls that only ask, for events that do not say so themselves."""
_BOOKKEEPING: Final = re.compile(
    r"AssumeRole\w*|ConsoleLogin|SwitchRole|Decrypt|Encrypt|GenerateDataKey\w*|Sign|Verify|CreateLogStream"
    r"|PutLogEvents|PutMetricData|StartSession|TerminateSession|ResumeSession|UpdateInstanceInformation"
    r"|PutInventory|SendHeartbeat|CreateTags|DeleteTags|TagResource\w*|UntagResource\w*|AddTagsToResource"
)
"""Sessions, keys in use, logs, metrics and tags: written all the time, and nothing runs otherwise for it."""
_DEPLOYERS: Final = frozenset(
    f"{name}.amazonaws.com"
    for name in ("cloudformation", "codedeploy", "codepipeline", "appconfig", "elasticbeanstalk", "proton")
)
"""Services that carry out what people asked for; the change is theirs."""
_DRY_RUN: Final = "Client.DryRunOperation"

Rule = Callable[[Json], str | None]


def verdict_of(detail: Json) -> str:
    """Why the call cannot be to blame, in words; an empty text where no rule holds."""
    return next((words for rule in _RULES if (words := rule(detail))), "")


def _read(detail: Json) -> str | None:
    call = text(at(detail, ("eventName",))) or ""
    stated = at(detail, ("readOnly",))
    reads = stated if isinstance(stated, bool) else bool(_READS.fullmatch(call))
    return f"a read ({call}) changes nothing" if reads else None


def _failed(detail: Json) -> str | None:
    code = text(at(detail, ("errorCode",)))
    if code == _DRY_RUN:
        return "a dry run changes nothing"
    return f"AWS refused it with {code}" if code else None


def _bookkeeping(detail: Json) -> str | None:
    call = text(at(detail, ("eventName",))) or ""
    return f"{call} is bookkeeping; nothing runs otherwise for it" if _BOOKKEEPING.fullmatch(call) else None


def _by_aws(detail: Json) -> str | None:
    invoker = text(at(detail, ("userIdentity", "invokedBy"))) or ""
    is_service = text(at(detail, ("userIdentity", "type"))) == "AWSService"
    if invoker in _DEPLOYERS or not (is_service or invoker.endswith(".amazonaws.com")):
        return None
    return f"made by AWS itself, {invoker or 'a service'}"


_RULES: Final[tuple[Rule, ...]] = (_read, _failed, _bookkeeping, _by_aws)
