"""The time ledger: a test run fails when a folder takes more than its share of the twelve minutes."""

import time
from collections import defaultdict
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.load_profile("shared machine")

TESTS = Path(__file__).parent
BUDGET_S = {"unit": 90.0, "contract": 60.0, "integration": 60.0, "e2e": 360.0}
"""Seconds a folder may take on two cores; twelve minutes less installing and checking."""

_spent_s: defaultdict[str, float] = defaultdict(float)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> object:
    begin_s = time.perf_counter()
    try:
        return (yield)
    finally:
        _spent_s[item.path.relative_to(TESTS).parts[0]] += time.perf_counter() - begin_s


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("time ledger")
    for folder, spent_s in sorted(_spent_s.items()):
        terminalreporter.line(f"{folder}: {spent_s:.1f} s of {BUDGET_S[folder]:.0f} s")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == 0 and any(spent_s > BUDGET_S[folder] for folder, spent_s in _spent_s.items()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
