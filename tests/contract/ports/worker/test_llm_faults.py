"""Every model behind a vendor that fails at every point: a reply comes all the same, or the failure is told in time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import pytest

from callcore.agents.agent import LlmConfig
from callcore.agents.script import Script
from callcore.errors import ProviderError
from callnet.guarded import GuardedClient
from media_worker.ports.llm import ReplyRequest, TextDelta
from media_worker.providers.local.speech_pool import SpeechPool
from media_worker.providers.registry import Kind, Registry, Resources
from media_worker.providers.script.llm import ScriptModel
from media_worker.providers.vendor_http import vendor_client
from media_worker.providers.vendors import Vendors
from media_worker.session.casting.hedged_model import ChosenModel, HedgedModel
from media_worker.session.stages.reply_stage import FIRST_TOKEN_S
from tests.peers import bedrock, openai
from tests.peers.openai import Answer, Drop, Stall, Wait
from tests.peers.thinking_vendors import THINKING_VENDORS, ThinkingVendor, thinking_vendor
from tests.virtual_time import VirtualClock, run_virtual

PROTOCOLS = ("openai", "bedrock")
VENDORS = [pytest.param(name, marks=() if name in PROTOCOLS else pytest.mark.full) for name in THINKING_VENDORS]
"""Every run takes one of each protocol."""
SPARE = "This is the spare one."
ASKED = ReplyRequest(LlmConfig(), "", ({"role": "user", "content": "we are open"},))
REPEATED = "You said: we are open"
"""What a peer answers that has nothing else to say."""

Faults = Callable[[ThinkingVendor], list[Answer]]


def busy(vendor: ThinkingVendor) -> list[Answer]:
    if isinstance(vendor.peer, bedrock.BedrockPeer):
        return [bedrock.refusing(429, "ThrottlingException", retry_after="0.1")]
    return [openai.refusing(429, code="rate_limit_exceeded", retry_after_ms="100")]


def down(vendor: ThinkingVendor) -> list[Answer]:
    if isinstance(vendor.peer, bedrock.BedrockPeer):
        return [bedrock.refusing(503, "ServiceUnavailableException")] * 2
    return [openai.refusing(503)] * 2


FAULTS: Mapping[str, tuple[Faults, tuple[str, ...], str]] = {
    "busy once": (busy, (REPEATED,), REPEATED),
    "down": (down, (), SPARE),
    "late": (lambda vendor: [vendor.saying("Hi.", ends=(Wait(0.3), *vendor.saying().steps[1:]))], ("Hi.",), "Hi."),
    "breaks in the middle of a word": (
        lambda vendor: [vendor.saying("We are op", ends=(Drop(),))],
        ("We are op You said: ",),
        "We are op You said: ",
    ),
    "breaks twice": (
        lambda vendor: [vendor.saying("We are ", ends=(Drop(),)), vendor.saying("open ", ends=(Drop(),))],
        ("We are open ",),
        f"We are open {SPARE}",
    ),
}
"""What goes wrong; what is heard of the vendor alone, which may fail then; what is heard with a spare one behind it."""

SLOW_FAULTS: Mapping[str, tuple[Faults, tuple[str, ...], str]] = {
    "silent": (lambda vendor: [Answer((Stall(),))] * 2, (), SPARE),
    "stops in the middle": (lambda vendor: [vendor.saying("We are ", ends=(Stall(),))], ("We are ",), "We are "),
}


@asynccontextmanager
async def model_of(vendor: ThinkingVendor, name: str, **changes: str) -> AsyncIterator[ChosenModel]:
    """The vendor's own adapter."""
    environment = {**vendor.environment, **changes}
    async with SpeechPool(1) as pool, GuardedClient() as web, vendor_client() as http:
        registry = Registry(Resources(pool, pool, web, http, Vendors(environment)))
        yield ChosenModel(registry.get(Kind.LLM, name), LlmConfig())


def spare() -> ChosenModel:
    return ChosenModel(ScriptModel(), LlmConfig(script=Script.model_validate({"fallback": SPARE})))


async def heard_of(*models: ChosenModel) -> tuple[str, ProviderError | None]:
    """What is said in the end, and how it fails."""
    said = ""
    try:
        async with asyncio.timeout(2 * FIRST_TOKEN_S), HedgedModel(models, VirtualClock()).reply(ASKED) as events:
            async for event in events:
                said += event.text if isinstance(event, TextDelta) else ""
    except ProviderError as error:
        return said, error
    return said, None


def check(name: str, fault: Faults, alone: tuple[str, ...], with_spare: str) -> None:
    async def scenario() -> None:
        async with thinking_vendor(name) as vendor, model_of(vendor, name) as chosen:
            vendor.peer.answers = fault(vendor)
            said, failure = await heard_of(chosen)
            assert said.startswith(alone or ("",))
            assert bool(said) == bool(alone)
            assert said or failure is not None
            vendor.peer.answers = fault(vendor)
            assert (await heard_of(chosen, spare()))[0].startswith(with_spare)

    run_virtual(scenario(), sockets=True)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", VENDORS)
def test_a_fault_costs_no_reply(name: str, fault: str) -> None:
    check(name, *FAULTS[fault])


@pytest.mark.full
@pytest.mark.parametrize("fault", SLOW_FAULTS)
@pytest.mark.parametrize("name", THINKING_VENDORS)
def test_nor_does_silence(name: str, fault: str) -> None:
    check(name, *SLOW_FAULTS[fault])


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize("is_there", [True, False], ids=["wrong key", "nobody there"])
def test_who_cannot_be_asked_at_all_is_replaced_at_once(
    name: str, is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with thinking_vendor(name) as vendor:
            variable = "AWS" if name == "bedrock" else name.upper()
            changes = {f"{variable}_API_KEY": "wrong"} if is_there else {f"{variable}_BASE_URL": "http://127.0.0.1:9"}
            if is_there:
                monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
            async with model_of(vendor, name, **changes) as chosen:
                said, failure = await heard_of(chosen)
                assert (said, failure is None) == ("", False)
                assert (await heard_of(chosen, spare()))[0] == SPARE

    run_virtual(scenario(), sockets=True)
