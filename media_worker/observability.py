"""Logs as one JSON object a line, with the fields of callcore.logkeys and no others."""

import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

from callcore.exception_places import places
from callcore.logkeys import PERSONAL, SAFE
from callcore.trace import session_worked_for

FIELDS = frozenset(SAFE) | frozenset(PERSONAL)
LATENCIES = ("first_audio", "endpointing_delay", "transcription_delay", "llm_ttft", "tts_ttfb")
"""Fields that hold a list of milliseconds; CloudWatch makes metrics of them, with percentiles."""
GAUGES = {"sessions": "Count", "free_slots": "Count", "busy_percent": "Percent", "late_percent": "Percent"}
"""Fields of a worker's load, each with its unit; metrics of their cluster."""
NAMESPACE = "Parley"
MAX_VALUES = 100
"""Of one metric in one line (CloudWatch embedded metric format)."""

QUIET = ("uvicorn", "httpx2", "httpcore2", "websockets", "botocore", "aioice", "aiortc")
"""Libraries that tell every connection and request, with its query, its signature or its caller's address."""


def _metrics(line: Mapping[str, Any]) -> dict[str, Any]:
    """The line's latencies and load as CloudWatch takes them, and what it is told of them; nothing without any."""
    latencies = {name: line[name][-MAX_VALUES:] for name in LATENCIES if line.get(name)}
    units = dict.fromkeys(latencies, "Milliseconds") | {name: unit for name, unit in GAUGES.items() if name in line}
    if not units:
        return {}
    metrics = [{"Name": name, "Unit": unit} for name, unit in units.items()]
    # Never a session or a worker: every value of a dimension is a metric with a price.
    dimensions = [["cluster"]] if "cluster" in line else [[]]
    described = {"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": metrics}
    return latencies | {"_aws": {"Timestamp": round(line["ts"] * 1000), "CloudWatchMetrics": [described]}}


class JsonFormatter(logging.Formatter):
    """One line a record."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "ts": round(record.created, 3),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (session_id := session_worked_for()) is not None:
            line["session_id"] = session_id
        line |= {name: value for name, value in vars(record).items() if name in FIELDS}
        line |= _metrics(line)
        if record.exc_info and record.exc_info[0] is not None:
            line |= {"error": record.exc_info[0].__name__, "at": places(record.exc_info)}
        return json.dumps(line, default=str)


def configure_logging(level: str) -> None:
    """Send this process's logs to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
