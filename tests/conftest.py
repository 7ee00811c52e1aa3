"""The time ledger: a test run fails when a folder takes more than its share of the twelve minutes.

Tests that compute are charged the processor time they took, tests that wait are charged by the clock; how much slower
than its processors a busy machine was is measured on the former, and granted to the latter.
"""

import os
import time
from collections import defaultdict
from pathlib import Path

import hypothesis
import pytest

from media_worker.providers.vendors import AWS_CREDENTIALS

# As in the worker's processes (infra/local/environment.py); numpy is imported later.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# No test asks a vendor, whatever the shell that runs it has keys for.
for _name in [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL")) or name in AWS_CREDENTIALS]:
    del os.environ[_name]

hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=300)
hypothesis.settings.load_profile("shared machine")

TESTS = Path(__file__).parent
COMPUTING = ("unit", "contract")
BUDGET_S = {"unit": 110.0, "contract": 120.0, "integration": 243.0, "widget": 197.0, "e2e": 440.0, "full": 3000.0}
"""Seconds a folder may take, the widget's tests on their own. Unit and contract tests run at once, and after them
e2e beside integration and widget; what waits takes three quarters of its share on two cores."""

_wall_s: defaultdict[str, float] = defaultdict(float)
_processor_s: defaultdict[str, float] = defaultdict(float)


def _processor_time_s() -> float:
    """Of this process and the children it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _folder(item: pytest.Item) -> str:
    if item.get_closest_marker("full"):
        return "full"
    parts = item.path.relative_to(TESTS).parts
    return "widget" if parts[:2] == ("e2e", "widget") else parts[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> object:
    wall_s, processor_s = time.perf_counter(), _processor_time_s()
    try:
        return (yield)
    finally:
        folder = _folder(item)
        _wall_s[folder] += time.perf_counter() - wall_s
        _processor_s[folder] += _processor_time_s() - processor_s


def _charges_s() -> dict[str, float]:
    computed_s = sum(_processor_s[folder] for folder in COMPUTING)
    busy = max(1.0, sum(_wall_s[folder] for folder in COMPUTING) / computed_s) if computed_s else 1.0
    return {
        folder: min(wall_s, _processor_s[folder]) if folder in COMPUTING else wall_s / busy
        for folder, wall_s in _wall_s.items()
    }


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("time ledger")
    for folder, charge_s in sorted(_charges_s().items()):
        line = f"{folder}: {charge_s:.1f} s of {BUDGET_S[folder]:.0f} s ({_wall_s[folder]:.1f} s by the clock)"
        terminalreporter.line(line)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == 0 and any(charge_s > BUDGET_S[folder] for folder, charge_s in _charges_s().items()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
