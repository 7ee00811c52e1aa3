"""Logs as one JSON object a line, with the fields of callcore.logkeys and no others."""

import json
import logging
import sys

from callcore.logkeys import PERSONAL, SAFE
from callcore.places import places

FIELDS = frozenset(SAFE) | frozenset(PERSONAL)


class JsonFormatter(logging.Formatter):
    """One line a record."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = {
            "ts": round(record.created, 3),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name in FIELDS}
        if record.exc_info and record.exc_info[0] is not None:
            line |= {"error": record.exc_info[0].__name__, "at": places(record.exc_info)}
        return json.dumps(line, default=str)


def configure_logging(level: str) -> None:
    """Send this process's logs to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # It would write a line for every connection, with its query.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
