"""The logs of a function: one JSON object a line, with the fields of callcore.logkeys and no others."""

import logging
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from callcore.exception_places import places
from callcore.logkeys import PERSONAL, SAFE
from callcore.trace import session_worked_for

ENVELOPE = frozenset(
    {
        "level",
        "location",
        "message",
        "timestamp",
        "service",
        "cold_start",
        "function_name",
        "function_request_id",
        "correlation_id",
        "xray_trace_id",
        "exception",
        "exception_name",
    }
)
"""What Powertools says about every line; an exception by its class and its places."""
_FIELDS = ENVELOPE | frozenset(SAFE) | frozenset(PERSONAL)


class FieldsFormatter(LambdaPowertoolsFormatter):
    """Leaves out every field that nobody has listed, and what exceptions say."""

    def serialize(self, log: Any) -> str:
        """The line."""
        if (session_id := session_worked_for()) is not None:
            log = {"session_id": session_id} | log
        return super().serialize({name: value for name, value in log.items() if name in _FIELDS})

    def formatException(self, ei: Any) -> str:  # the name is the base class's
        """Where it came from."""
        return " < ".join(reversed(places(ei))) if ei[0] else ""


def configure_logs(service: str, level: str) -> Logger:
    """Make every logger of this process write through the one that is returned, which knows the invocation.

    `service` becomes the name of a logger with a handler of its own: let no package be called like it.
    """
    formatter = FieldsFormatter(utc=True, use_rfc3339=True)
    logger = Logger(service=service, level=level, logger_formatter=formatter)
    # It replaces the handler that Lambda's runtime has put there.
    logging.basicConfig(level=level, handlers=logger.handlers, force=True)
    # It names the event that it cannot handle, and each step of the application.
    logging.getLogger("mangum").setLevel(logging.WARNING)
    return logger
