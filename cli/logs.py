"""Owns how processes log: JSON lines on standard error, for programs, from the level that is asked for.

May not: write a line. Goes to: `cli.main`.
"""

import logging
import sys
from enum import StrEnum

import structlog


class LogLevel(StrEnum):
    """From which weight on a line is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def log_from(level: LogLevel) -> None:
    """Have this process log from a level on; what is below costs a call that does nothing."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level.value),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
