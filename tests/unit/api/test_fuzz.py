"""Whatever is sent, the API answers with a status that its description has, never with an error of its own."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.app import described_app
from callcore.agents.agent import Agent
from callcore.ids import AgentId
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.unit.api.owners import PRIVATE

DESCRIPTION = described_app().openapi()
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in DESCRIPTION["paths"].items()
    for method, operation in methods.items()
]

TEXTS = st.text(max_size=20) | st.sampled_from(
    ["", "-Agent", "-Campaign", "+15551234567", "s-1", "active", "public", "\ud800", "x" * 3000, "nan", "\0", "../x"]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, 1, -1, 2**63, 1e300, 10**400])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def names_of(operation: dict[str, Any]) -> list[str]:
    """Names that its body may have."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    found = re.findall(r"#/components/schemas/(\w+)", json.dumps(content))
    return [name for schema in found for name in DESCRIPTION["components"]["schemas"][schema].get("properties", {})]


@st.composite
def bodies(draw: st.DrawFn, names: list[str]) -> Any:
    whole = draw(JSON)
    if not names or draw(st.booleans()):
        return whole
    body = draw(st.dictionaries(st.sampled_from(names), JSON, max_size=len(names)))
    return [body] if draw(st.booleans()) and draw(st.booleans()) else body


@pytest.mark.parametrize(
    ("method", "path", "operation"), OPERATIONS, ids=[f"{method} {path}" for method, path, _ in OPERATIONS]
)
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_nothing_that_is_sent_is_an_accident(
    client: TestClient, stores: SqliteStores, method: str, path: str, operation: dict[str, Any], data: st.DataObject
) -> None:
    stores.agents.put_agent(Agent(AgentId("-Agent"), rows.ANN, "Desk", {"prompt": "P"}, 0.0))
    sent = {name: data.draw(TEXTS) for name in re.findall(r"\{(\w+)\}", path)}
    query = {
        parameter["name"]: str(data.draw(TEXTS | NUMBERS))
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query" and data.draw(st.booleans())
    }
    target = re.sub(r"\{(\w+)\}", lambda place: quote(sent[place[1]], safe="", errors="replace") or "-", path)
    encoded = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in query.items())
    content = json.dumps(data.draw(bodies(names_of(operation)))).encode()
    headers = {"authorization": PRIVATE}
    reply = client.request(method, f"{target}?{encoded}", headers=headers, content=content)
    statuses = {int(status) for status in operation["responses"]} - {503} | {405}
    assert reply.status_code in statuses
    if reply.status_code == 204:
        assert not reply.content
        return
    body = reply.json()
    if reply.status_code != 200:
        assert set(body) == {"detail", "message"}
        assert body["message"]
