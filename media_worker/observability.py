"""Logs as one JSON object a line, with the fields of callcore.logkeys and no others."""

import json
import logging
import sys

from callcore.logkeys import PERSONAL, SAFE

FIELDS = frozenset(SAFE) | frozenset(PERSONAL)


class JsonFormatter(logging.Formatter):
    """One line a record. The text of an exception is left out: it may hold what a peer sent."""

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
            line["error"] = record.exc_info[0].__name__
            line["at"] = self._where(record)
        return json.dumps(line, default=str)

    @staticmethod
    def _where(record: logging.LogRecord) -> list[str]:
        """File and line of each frame, innermost last."""
        assert record.exc_info, "called for records with an exception only"
        places, frame = [], record.exc_info[2]
        while frame is not None:
            code = frame.tb_frame.f_code
            places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{frame.tb_lineno} {code.co_name}")
            frame = frame.tb_next
        return places


def configure_logging(level: str) -> None:
    """Send this process's logs to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # It would write a line for every connection, with its query.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
