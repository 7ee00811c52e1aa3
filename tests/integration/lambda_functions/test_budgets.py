"""What the artifact may hold, what a function may load, and how long it may take to start."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.artifact import MAX_BYTES, WORKER_ONLY, Target, host, problems
from tests.integration.lambda_functions.built import Built
from tests.integration.lambda_functions.measure import measure, ratio, report
from tests.peers.lambda_events import http_api

API, WIDGET_PAGE, CALL_EVENTS = "api.handler.handler", "widget_page.handler.handler", "call_events.handler.handler"
TELEPHONY_WEBHOOK, PLAYGROUND = "telephony_webhook.handler.handler", "playground.handler.handler"
MAX_INIT = {WIDGET_PAGE: 6.0, API: 14.0}
"""Multiples of a function that does nothing. Of the API's, half is FastAPI before it has a route (12.7 measured)."""
ATTEMPTS = 4
"""What else runs on the machine slows a start, and never hurries one: a start that is too slow is so every time."""
LATE = ("boto3", "botocore.session", "s3transfer", "urllib3")
"""Loaded by the first request that needs them."""
LIGHT = ("pydantic", "fastapi")
"""Never loaded by the widget's page before a request."""


def test_the_artifact_is_whole_and_light(built: Built) -> None:
    assert list(problems(built.functions, host())) == []
    assert not any((built.functions / name).exists() for name in (*WORKER_ONLY, "boto3", "botocore", "uvicorn"))


def test_every_module_has_its_byte_code(built: Built) -> None:
    sources = [path for path in built.functions.rglob("*.py") if path.name != "bare.py"]
    compiled = [path for path in sources if list((path.parent / "__pycache__").glob(f"{path.stem}.cpython-*.pyc"))]
    assert len(sources) > 500
    assert set(sources) == set(compiled)


@contextmanager
def added(path: Path, size_bytes: int) -> Iterator[None]:
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size_bytes)
    yield
    path.unlink()
    path.parent.rmdir()


def test_an_artifact_with_what_a_function_cannot_use_is_refused(built: Built) -> None:
    other = Target("python3.13" if host().version != "3.13" else "python3.12", host().architecture)
    assert any("another Python" in problem for problem in problems(built.functions, other))
    elsewhere = Target(host().runtime, "arm64" if host().architecture == "x86_64" else "x86_64")
    assert any("another machine" in problem for problem in problems(built.functions, elsewhere))
    with added(built.functions / "numpy/__init__.py", 0):
        assert list(problems(built.functions, host())) == ["numpy belongs to the worker"]
    with added(built.functions / "data/large", MAX_BYTES):
        (problem,) = problems(built.functions, host())
        assert "bytes are more than" in problem


def probe(built: Built, handler: str) -> str:
    """A handler that loads what the other does, and says which of the modules in its event are there."""
    module = handler.rpartition(".")[0]
    source = f"import sys, {module}\ndef handler(event, context): return [n for n in event if n in sys.modules]\n"
    path = built.functions / f"probe_{module.replace('.', '_')}.py"
    path.write_text(source)
    return f"{path.stem}.handler"


@pytest.mark.parametrize(("handler", "unloaded"), [(API, LATE), (CALL_EVENTS, LATE), (WIDGET_PAGE, (*LATE, *LIGHT))])
def test_a_start_loads_only_what_it_needs(
    built: Built, environment: dict[str, str], handler: str, unloaded: tuple[str, ...]
) -> None:
    with built.start(probe(built, handler), environment) as function:
        assert function.invoke([*unloaded, *WORKER_ONLY, "observability.logs"]) == ["observability.logs"]


@pytest.mark.parametrize(
    ("handler", "needed"),
    [
        *((handler, "callstore.aws.stores") for handler in (API, CALL_EVENTS, TELEPHONY_WEBHOOK, PLAYGROUND)),
        (WIDGET_PAGE, "callstore.dynamo.accounts"),
    ],
)
def test_a_snapshot_holds_what_a_start_leaves_to_the_first_request(
    built: Built, environment: dict[str, str], handler: str, needed: str
) -> None:
    snapshot = environment | {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
    with built.start(probe(built, handler), snapshot) as function:
        assert function.invoke(["boto3", needed]) == ["boto3", needed]


def test_a_start_takes_a_small_multiple_of_the_least(built: Built, environment: dict[str, str]) -> None:
    events = {WIDGET_PAGE: http_api("GET", "/embed.js"), API: http_api("GET", "/health")}
    for _ in range(ATTEMPTS):
        measured = measure(built, events, environment, rounds=3, warm=5)
        print(report(measured))  # with -s
        slow = {name: ratio(measured, name) for name in MAX_INIT if ratio(measured, name) > MAX_INIT[name]}
        if not slow:
            return
    pytest.fail(f"too slow: {slow}")
