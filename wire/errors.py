"""Owns the errors of the Kafka edge: each is one line that says what is wrong and what to do.

May not: decide whether to go on. Goes to: the command line, which prints the line and leaves with a
non-zero code.
"""

from schemas.problem import Problem


class KafkaProblem(Problem, RuntimeError):
    """Kafka cannot do what is needed. The text is one line for a person."""


class Unreachable(KafkaProblem):
    """No broker answers in time."""

    def __init__(self, bootstrap: str, why: str = "") -> None:
        cause = f" ({why})" if why else ""
        super().__init__(
            f"no Kafka broker answers at {bootstrap}{cause}; start one, or set kafka.bootstrap to where it is"
        )
