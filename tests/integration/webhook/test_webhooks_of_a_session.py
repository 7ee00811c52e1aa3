"""Functions and the prefetch, against a customer's real server."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest

from callcore.agents.tools import Tool
from callcore.errors import RequestFailed, ToolFailed
from callcore.ids import SessionId
from callcore.opening.plan import Prefetched, PrefetchRequest
from callnet.guarded import GuardedClient
from media_worker.ports.tools import ToolRequest
from media_worker.providers.local.client_tools import ClientTools
from media_worker.providers.webhook.prefetch import WebhookPrefetch
from media_worker.providers.webhook.tools import MAX_RESULT_BYTES, WebhookTools
from tests.peers.customer_web import CustomerWeb, customer_web


@pytest.fixture(scope="module")
def web() -> Iterator[CustomerWeb]:
    with customer_web() as running:
        yield running


def run_tool(*, private: bool = True, **config: Any) -> str:
    tool = Tool.model_validate({"name": "f", **config})
    request = ToolRequest(tool, {"size": 2}, SessionId("s-1"), {"userName": "Ann"})

    async def scenario() -> str:
        async with GuardedClient(private=private) as client:
            return await WebhookTools(client, ClientTools()).run(request)

    return asyncio.run(scenario())


def test_a_function_gets_its_arguments_and_gives_its_reply(web: CustomerWeb) -> None:
    web.replies["/book"] = (201, '{"table": 7}')
    result = run_tool(webhook=web.url("/book"), method="POST", header={"X-Key": "k"}, include_metadata=True)
    assert result == '{"table": 7}'
    asked = web.asked[-1]
    assert asked.json == {"size": 2, "session_id": "s-1", "metadata": {"userName": "Ann"}}
    assert asked.headers["x-key"] == "k"


def test_a_refusal_is_told_with_its_words(web: CustomerWeb) -> None:
    web.replies["/full"] = (409, '{"detail": "fully booked"}')
    with pytest.raises(ToolFailed, match=re.escape('409: {"detail": "fully booked"}')):
        run_tool(webhook=web.url("/full"))


def test_a_reply_that_nobody_would_read_aloud(web: CustomerWeb) -> None:
    web.replies["/long"] = (200, "x" * (MAX_RESULT_BYTES + 1))
    with pytest.raises(ToolFailed, match="too long"):
        run_tool(webhook=web.url("/long"))


def test_a_private_address_is_refused_unless_the_operator_admits_it(web: CustomerWeb) -> None:
    before = len(web.asked)
    with pytest.raises(ToolFailed, match="https://"):
        run_tool(webhook=web.url("/x"), private=False)
    assert len(web.asked) == before


def test_a_function_without_a_webhook_happens_at_the_client() -> None:
    assert run_tool(webhook=" ") == ""


def prefetch(url: str) -> Prefetched:
    async def scenario() -> Prefetched:
        async with GuardedClient(private=True) as client:
            return await WebhookPrefetch(client).fetch(PrefetchRequest(url, {"X-Key": "k"}))

    return asyncio.run(scenario())


def test_what_the_customer_knows(web: CustomerWeb) -> None:
    web.replies["/who"] = (200, '{"metadata": {"tier": "gold"}, "extra_prompt": "Be quick."}')
    assert prefetch(web.url("/who?session_id=s-1")) == Prefetched({"tier": "gold"}, "Be quick.")
    asked = web.asked[-1]
    assert (asked.method, asked.query, asked.headers["x-key"]) == ("GET", {"session_id": "s-1"}, "k")


@pytest.mark.parametrize(("status", "body"), [(422, "{}"), (500, ""), (302, ""), (200, "<html>"), (200, "\xff")])
def test_a_prefetch_that_gives_nothing(web: CustomerWeb, status: int, body: str) -> None:
    web.replies["/broken"] = (status, body)
    with pytest.raises(RequestFailed):
        prefetch(web.url("/broken"))
