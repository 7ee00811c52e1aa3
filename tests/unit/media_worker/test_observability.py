"""What a log line holds, and what it never does."""

import json
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from contextvars import copy_context
from pathlib import Path

import pytest

from callcore.clock import SystemClock
from callcore.errors import StoreError
from callcore.ids import AccountId, SessionId
from callcore.trace import work_for
from callstore.sqlite.stores import SqliteStores
from infra.local.logs import configure_logs
from media_worker.observability import configure_logging

SPEECH = "my credit card number is"


def fail() -> None:
    raise ValueError(SPEECH)


def log_a_failure() -> None:
    try:
        fail()
    except ValueError:
        logging.getLogger("x").exception("a session failed", extra={"session_id": "s1", "transcript": SPEECH})


def test_a_line_is_json_with_listed_fields_and_no_text_of_an_exception(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")
    log_a_failure()
    line = json.loads(capsys.readouterr().err)
    assert (line["message"], line["session_id"], line["error"]) == ("a session failed", "s1", "ValueError")
    assert line["at"][-1].startswith("test_observability.py:")
    assert SPEECH not in json.dumps(line)


def test_lines_for_a_terminal_hold_no_text_of_an_exception_either(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("media")
    try:
        fail()
    except ValueError:
        logging.getLogger("x").exception("a session failed", extra={"session_id": "s1"})
    text = capsys.readouterr().err
    assert "media ERROR a session failed" in text
    assert "ValueError at test_observability.py:" in text
    assert "session_id=s1" in text
    assert SPEECH not in text


def test_lines_for_a_terminal_say_what_is_wrong_with_the_database(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    configure_logs("api")
    with SqliteStores(tmp_path / "parley.db", SystemClock()) as stores:
        with closing(sqlite3.connect(tmp_path / "parley.db")) as other:
            other.execute("DROP TABLE agents")
        try:
            stores.agents.list_agents(AccountId("acc_1"))
        except StoreError:
            logging.getLogger("x").exception("the store failed")
    assert "StoreError from SQLITE_ERROR at " in capsys.readouterr().err


@pytest.mark.parametrize("configure", [lambda: configure_logging("INFO"), lambda: configure_logs("media")])
def test_a_line_of_a_sessions_work_names_it_unasked(
    capsys: pytest.CaptureFixture[str], configure: Callable[[], None]
) -> None:
    def work() -> None:
        work_for(SessionId("s1"))
        logging.getLogger("x").warning("the connection was lost")
        logging.getLogger("x").info("session ended", extra={"session_id": "s1"})

    configure()
    copy_context().run(work)
    for line in capsys.readouterr().err.splitlines():
        assert (line.count("session_id"), line.count("s1")) == (1, 1)
    logging.getLogger("x").warning("nobody's")
    assert "session_id" not in capsys.readouterr().err


def test_the_latencies_of_a_session_are_metrics_too(capsys: pytest.CaptureFixture[str]) -> None:
    """As CloudWatch's embedded metric format has them: at most a hundred values, and where they stand."""
    configure_logging("INFO")
    log = logging.getLogger("x")
    log.info("session ended", extra={"session_id": "s1", "first_audio": list(range(130)), "llm_ttft": []})
    log.info("session ended", extra={"session_id": "s2", "first_audio": []})
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first["first_audio"] == list(range(30, 130))
    (described,) = first["_aws"]["CloudWatchMetrics"]
    assert described["Metrics"] == [{"Name": "first_audio", "Unit": "Milliseconds"}]
    assert (described["Namespace"], described["Dimensions"]) == ("Parley", [[]])
    assert first["_aws"]["Timestamp"] == round(first["ts"] * 1000)
    assert "_aws" not in second


def test_the_load_of_a_worker_is_a_metric_of_its_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")
    load = {"cluster": "c", "sessions": 3, "free_slots": 37, "busy_percent": 7.5, "late_percent": 0.0}
    logging.getLogger("x").info("load", extra=load)
    line = json.loads(capsys.readouterr().err)
    (described,) = line["_aws"]["CloudWatchMetrics"]
    assert described["Dimensions"] == [["cluster"]]
    assert {one["Name"]: one["Unit"] for one in described["Metrics"]} == {
        **{"sessions": "Count", "free_slots": "Count"},
        **{"busy_percent": "Percent", "late_percent": "Percent"},
    }
    assert {name: line[name] for name in load} == load
