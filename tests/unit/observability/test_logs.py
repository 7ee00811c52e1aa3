"""What a function writes to its log, and what never stands there."""

import json
import logging
from typing import Any

import pytest

from callcore.errors import InvalidInput
from observability.logs import configure_logs


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_any_logger_writes_one_line_with_its_listed_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("listed", "INFO").set_correlation_id("req-1")
    logging.getLogger("call_events.finisher").info("a call ended", extra={"session_id": "s-1", "prompt": "be nice"})
    (line,) = lines(capsys)
    assert line["message"] == "a call ended"
    assert (line["level"], line["service"]) == ("INFO", "listed")
    assert (line["session_id"], line["correlation_id"]) == ("s-1", "req-1")
    assert "prompt" not in line
    assert "be nice" not in json.dumps(line)


def test_an_exception_is_its_class_and_its_places(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("places", "INFO")
    try:
        raise InvalidInput("metadata.phone: +15550100")
    except InvalidInput:
        logging.getLogger("api.problems").exception("the store failed")
    (line,) = lines(capsys)
    assert line["exception_name"] == "InvalidInput"
    assert line["exception"].startswith("test_logs.py:")
    assert "15550100" not in json.dumps(line)


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("level", "WARNING")
    logging.getLogger("api").info("hello")
    logging.getLogger("mangum").info("hello")
    assert lines(capsys) == []
