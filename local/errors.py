"""Owns the one error of the local system that a person reads.

May not: wrap bugs; only what a person can do something about. Goes to: the command line, which prints
the line and leaves with a non-zero code.
"""

from schemas.problem import Problem


class LocalError(Problem):
    """What went wrong on this machine and what to do about it, in one line."""
