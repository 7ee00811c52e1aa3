"""How a webhook function becomes a request."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from callcore.agents.tools import Tool
from callcore.errors import InvalidInput
from callcore.ids import SessionId
from callcore.tools.tool_request import HttpRequest, tool_request

ARGUMENTS = {"phone": "+15551234567", "party": 2, "vip": True}
METADATA = {"userName": "Ann & Bob", "tier": 3}


def request(**config: Any) -> HttpRequest:
    tool = Tool.model_validate({"name": "f", "webhook": "https://shop.example/f?x=1#here", **config})
    variables = {"userName": "Ann & Bob", "token": "t-1"}
    return tool_request(tool, ARGUMENTS, SessionId("s-1"), METADATA, variables)


def test_a_get_carries_everything_in_its_query() -> None:
    asked = request()
    assert (asked.method, asked.body) == ("GET", None)
    parts = urlsplit(asked.url)
    assert (parts.netloc, parts.path, parts.fragment) == ("shop.example", "/f", "")
    expected = {"x": ["1"], "session_id": ["s-1"], "phone": ["+15551234567"], "party": ["2"], "vip": ["true"]}
    assert parse_qs(parts.query) == expected
    assert "%2B15551234567" in parts.query


@pytest.mark.parametrize("method", ["POST", "put", "PATCH", "DELETE"])
def test_the_others_carry_it_in_a_json_body(method: str) -> None:
    asked = request(method=method)
    assert (asked.method, asked.url) == (method.upper(), "https://shop.example/f?x=1#here")
    assert asked.headers == {"Content-Type": "application/json"}
    assert json.loads(asked.body or b"") == {"session_id": "s-1", **ARGUMENTS}


def test_session_id_and_metadata_as_configured() -> None:
    asked = request(method="POST", exclude_session_id=True, include_metadata=True)
    assert json.loads(asked.body or b"") == {"metadata": METADATA, **ARGUMENTS}
    query = parse_qs(urlsplit(request(include_metadata=True).url).query)
    assert json.loads(query["metadata"][0]) == METADATA


def test_the_owners_headers_and_variables_in_url_and_headers() -> None:
    asked = request(
        method="POST",
        webhook="https://shop.example/{userName}",
        headers={"Authorization": "Bearer {token}", "content-type": "application/vnd.shop+json"},
    )
    assert asked.url == "https://shop.example/Ann%20%26%20Bob"
    assert asked.headers == {"Authorization": "Bearer t-1", "content-type": "application/vnd.shop+json"}


@pytest.mark.parametrize(
    ("config", "what"),
    [({"method": "TRACE"}, "TRACE"), ({"webhook": "https://{userName}.example/"}, "host")],
)
def test_what_cannot_be_a_request(config: dict[str, Any], what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        request(**config)
