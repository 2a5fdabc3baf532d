"""Owns how a deploy reads in one line, the same for every sender.

Goes to: the adapters of deploys.
"""


def deploy_title(subject: str, version: str | None, environment: str | None, state: str) -> str:
    """`deploy of checkout v1.4.2 to production: success`, without the parts that are not known."""
    where = f" to {environment}" if environment else ""
    return f"deploy of {subject}{' ' + version if version else ''}{where}{': ' + state if state else ''}"
