"""Log lines for a person at a terminal: time, process, message, fields."""

import logging
import sys
from collections.abc import Iterator
from typing import Any

from callcore.exception_places import places
from callcore.trace import session_worked_for

_QUIET = ("httpx2", "httpcore2", "websockets", "uvicorn", "aioice", "aiortc")
"""Libraries that tell every request, with its query, or every step of their own."""
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class _LineFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        fields = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if (session_id := session_worked_for()) is not None:
            fields = {"session_id": session_id} | fields
        return " ".join([line, *(f"{name}={value}" for name, value in fields.items())])

    def formatException(self, ei: Any) -> str:  # the name is the base class's
        return f"{' from '.join(_kinds(ei[1]))} at {' < '.join(reversed(places(ei)))}" if ei[0] else ""


def _kinds(error: BaseException | None) -> Iterator[str]:
    """What it is and what it came from; of SQLite by its name, as SQLITE_FULL. Their texts may hold speech."""
    while error is not None:
        yield getattr(error, "sqlite_errorname", type(error).__name__)
        error = error.__cause__


def configure_logs(process_name: str) -> None:
    """Send the logs of this process to standard error, from INFO up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LineFormatter(f"%(asctime)s {process_name} %(levelname)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
