"""PARITY.md's REST table is what the API answers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.composition import Workers, dependencies_on
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.peers.recording_control import RecordingControl
from tests.peers.telephony import telephony

PAGE = (Path(__file__).parents[3] / "functions/callcore/wire/PARITY.md").read_text()
ROWS = re.findall(
    r"^\| `(GET|POST|PUT|PATCH|DELETE) (/\S+)` \| (.+?) \|(.*) \|$", PAGE.partition("## REST")[2], re.MULTILINE
)
OURS = {"/health"}
"""Routes that are no part of the platform's surface."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    directory = tmp_path_factory.mktemp("parity")
    with SqliteStores(directory / "parley.db", ManualClock()) as stores:
        blobs = FilesBlobStore(directory / "blobs")
        app = create_app(
            dependencies_on(
                stores, blobs, "http://api", ManualClock(), Workers(RecordingControl()), telephony(stores.call_changes)
            )
        )
        with TestClient(app) as opened:
            yield opened


@pytest.mark.parametrize(("method", "path", "status", "note"), ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_the_api_answers_as_the_page_says(client: TestClient, method: str, path: str, status: str, note: str) -> None:
    answered = client.request(method, re.sub(r"\{\w+\}", "x", path)).status_code
    expected = re.fullmatch(r"not yet \((\d{3})\)", status)
    if expected:
        assert answered == int(expected[1])
    else:
        assert status in {"done", "stored and returned only"}
        expected_status = 200 if "needs no key" in note else 422 if "key in the body" in note else 401
        assert answered == expected_status


def test_every_route_is_on_the_page(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    listed = {(method, unnamed(path)) for method, path, *_ in ROWS}
    described = app.openapi()["paths"].items()
    routes = {(method.upper(), unnamed(path)) for path, methods in described if path not in OURS for method in methods}
    assert routes
    assert routes <= listed


def unnamed(path: str) -> str:
    """The path, whatever its parameters are called."""
    return re.sub(r"\{\w+\}", "{}", path)
