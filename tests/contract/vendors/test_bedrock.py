"""Bedrock: boto3 talks with the peer as it talks with AWS, and our adapter gets the same out of it; every fault."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, EventStreamError

from callcore.agents.agent import LlmConfig
from callcore.errors import ProviderError, ProviderFailure
from callcore.tools.toolbox import ToolOffer
from media_worker.ports.llm import CallTool, ReplyEvent, ReplyRequest, TextDelta, TokensUsed
from media_worker.providers.aws.signing import Signer
from media_worker.providers.bedrock.converse import ConverseModel
from media_worker.providers.vendor_http import vendor_client
from tests.peers import replies
from tests.peers.asgi_server import serving
from tests.peers.bedrock import (
    KEY_ID,
    REGION,
    SECRET,
    BedrockPeer,
    calling,
    exception,
    refusing,
    saying,
    text,
)
from tests.peers.openai import Answer, Drop, Stall, in_pieces
from tests.virtual_time import run_virtual

FIRST_BYTE_S = 2.0
"""Long enough for a healthy reply on a busy machine."""
MODEL = "us.amazon.nova-micro-v1:0"
ASKED = ReplyRequest(LlmConfig(model=MODEL), "Be kind.", [{"role": "user", "content": "hi"}])
OFFER = ToolOffer("hours", "When we are open.", {"type": "object", "properties": {}, "required": []})


def play(peer: BedrockPeer, scene: Callable[[ConverseModel], Awaitable[None]], secret: str = SECRET) -> None:
    async def scenario() -> None:
        async with serving(peer) as address, vendor_client() as http, asyncio.timeout(30):
            signer = Signer("bedrock", REGION, Credentials(KEY_ID, secret))
            await scene(ConverseModel(http, f"http://{address}", signer, FIRST_BYTE_S))

    run_virtual(scenario(), sockets=True)


async def told(model: ConverseModel, request: ReplyRequest = ASKED) -> list[ReplyEvent]:
    return await replies.told(model, request)


async def until_failure(model: ConverseModel) -> tuple[list[ReplyEvent], ProviderError]:
    return await replies.until_failure(model, ASKED)


# --- the peer, by AWS's own client ------------------------------------------------------------


def with_boto3(peer: BedrockPeer, scene: Callable[[Any], None]) -> None:
    async def scenario() -> None:
        async with serving(peer) as address:
            config = Config(retries={"total_max_attempts": 1}, read_timeout=30)
            session = boto3.Session(KEY_ID, SECRET, region_name=REGION)
            client = session.client("bedrock-runtime", endpoint_url=f"http://{address}", config=config)
            try:
                await asyncio.to_thread(scene, client)
            finally:
                client.close()

    asyncio.run(scenario())


def events_of(client: Any, **more: Any) -> list[Any]:
    hi = [{"role": "user", "content": [{"text": "hi"}]}]
    with closing(client.converse_stream(**{"modelId": MODEL, "messages": hi, **more})["stream"]) as stream:
        return list(stream)


def test_boto3_reads_text_calls_and_usage() -> None:
    peer = BedrockPeer([in_pieces(saying("Grüß", " Gott."), 7), calling(("hours", '{"day":"Monday"}'))])

    def scene(client: Any) -> None:
        first = events_of(client)
        words = [event["contentBlockDelta"]["delta"]["text"] for event in first if "contentBlockDelta" in event]
        assert words == ["Grüß", " Gott."]
        assert first[-1]["metadata"]["usage"] == {"inputTokens": 9, "outputTokens": 3, "totalTokens": 12}
        tool = {"toolSpec": {"name": "hours", "inputSchema": {"json": {"type": "object"}}}}
        second = events_of(client, toolConfig={"tools": [tool]}, outputConfig={"effort": "low"})
        deltas = [event["contentBlockDelta"]["delta"] for event in second if "contentBlockDelta" in event]
        assert "".join(delta["toolUse"]["input"] for delta in deltas if "toolUse" in delta) == '{"day":"Monday"}'
        assert peer.models == [MODEL, MODEL]

    with_boto3(peer, scene)


def test_boto3_understands_the_refusals() -> None:
    def scene(client: Any) -> None:
        for code, more in (
            ("ThrottlingException", {}),
            ("ValidationException", {"messages": [{"role": "assistant", "content": [{"text": "Hello."}]}]}),
        ):
            with pytest.raises(ClientError) as refused:
                events_of(client, **more)
            assert refused.value.response["Error"]["Code"] == code
        with pytest.raises(EventStreamError, match="throttlingException"):
            events_of(client)

    answers = [refusing(429, "ThrottlingException"), saying("Hi", ends=(exception("throttlingException"),))]
    with_boto3(BedrockPeer(answers), scene)


# --- the adapter ------------------------------------------------------------------------------


def test_a_reply_in_any_pieces_of_a_model_whose_name_has_a_colon() -> None:
    reply = saying("Grüß", " Gott.")
    peer = BedrockPeer([reply, in_pieces(reply, 1), in_pieces(reply, 7)])

    async def scene(model: ConverseModel) -> None:
        for _ in range(3):
            assert await told(model) == [TextDelta("Grüß"), TextDelta(" Gott."), TokensUsed(9, 3)]
        assert peer.models == [MODEL] * 3
        assert len(peer.connections) == 1

    play(peer, scene)


def test_calls() -> None:
    async def scene(model: ConverseModel) -> None:
        request = ReplyRequest(LlmConfig(model=MODEL), "", ASKED.messages, tools=(OFFER,))
        assert CallTool("hours", "{}") in await told(model, request)

    play(BedrockPeer(), scene)


def test_the_model_that_nobody_names_thinks_little() -> None:
    peer = BedrockPeer()

    async def scene(model: ConverseModel) -> None:
        assert await told(model, ReplyRequest(LlmConfig(), "", ASKED.messages))
        assert peer.models == ["global.anthropic.claude-haiku-5-5"]
        assert peer.requests[0]["outputConfig"] == {"effort": "low"}

    play(peer, scene)


def test_a_refused_field_is_left_out_once_and_for_all() -> None:
    peer = BedrockPeer(unsupported=frozenset({"outputConfig", "temperature"}))
    request = ReplyRequest(LlmConfig(temperature=0.5), "", ASKED.messages)

    async def scene(model: ConverseModel) -> None:
        assert await told(model, request)
        assert len(peer.requests) == 3
        assert await told(model, request)
        assert len(peer.requests) == 4

    play(peer, scene)


def test_whoever_leaves_stops_the_model_at_once() -> None:
    peer = BedrockPeer([saying("Hi", ends=(Stall(),))])

    async def scene(model: ConverseModel) -> None:
        async with model.reply(ASKED) as events:
            assert await anext(events) == TextDelta("Hi")
        while not peer.left:  # noqa: ASYNC110 - a server has no event for it
            await asyncio.sleep(0.005)

    play(peer, scene)


FAULTS: dict[str, tuple[Answer, ProviderFailure, list[str]]] = {
    "busy": (refusing(429, "ThrottlingException", retry_after="1"), ProviderFailure.RATE_LIMIT, []),
    "no access": (refusing(403, "AccessDeniedException"), ProviderFailure.REJECTED, []),
    "down": (refusing(503, "ServiceUnavailableException"), ProviderFailure.UNAVAILABLE, []),
    "silent": (Answer((Stall(),)), ProviderFailure.TIMEOUT, []),
    "hangs up in the middle": (saying("Hel", ends=(Drop(),)), ProviderFailure.UNAVAILABLE, ["Hel"]),
    "stops in the middle": (saying("Hel", ends=(Stall(),)), ProviderFailure.TIMEOUT, ["Hel"]),
    "ends in the middle": (saying("Hel", ends=()), ProviderFailure.UNAVAILABLE, ["Hel"]),
    "ends in a frame": (saying("Hel", ends=(text(0, "lo")[:-4],)), ProviderFailure.UNAVAILABLE, ["Hel"]),
    "fails in the middle": (
        saying("Hel", ends=(exception("modelTimeoutException"),)),
        ProviderFailure.TIMEOUT,
        ["Hel"],
    ),
    "talks nonsense": (Answer((b"<html>" * 20,)), ProviderFailure.UNAVAILABLE, []),
}


@pytest.mark.parametrize("case", FAULTS)
def test_every_fault_is_an_error_of_ours_in_time_and_the_next_reply_is_well(case: str) -> None:
    answer, failure, heard = FAULTS[case]

    async def scene(model: ConverseModel) -> None:
        said, error = await until_failure(model)
        assert error.failure is failure
        assert said == [TextDelta(words) for words in heard]
        assert await told(model)

    play(BedrockPeer([answer]), scene)


def test_a_wrong_secret_is_refused_and_shown_nowhere() -> None:
    async def scene(model: ConverseModel) -> None:
        _, error = await until_failure(model)
        assert error.failure is ProviderFailure.REJECTED
        assert "InvalidSignatureException" in str(error)
        assert "very-secret" not in str(error)

    play(BedrockPeer(), scene, secret="very-secret")
