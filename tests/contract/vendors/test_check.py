"""`python -m media_worker.check` against the peers: what works, what does not, and what it advises."""

import asyncio
from collections.abc import Mapping

import pytest

from callcore.errors import ProviderFailure
from media_worker.check.__main__ import check
from media_worker.check.advice import NOBODY, remedy
from media_worker.check.trial import SENTENCE
from media_worker.providers.vendors import Vendor, Vendors
from media_worker.settings import WorkerSettings
from tests.peers.hearing_vendors import hearing_vendor
from tests.peers.openai import KEY
from tests.peers.thinking_vendors import THINKING_VENDORS, thinking_vendor


def line_of(printed: str, kind: str, name: str) -> str:
    return next(line for line in printed.splitlines() if line.split()[:2] == [kind, name])


def settings(environment: Mapping[str, str]) -> WorkerSettings:
    return WorkerSettings(vendors=Vendors(environment))


def test_without_a_key_it_says_how_to_give_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert not asyncio.run(check(settings({})))
    assert capsys.readouterr().out == NOBODY + "\n"


@pytest.mark.parametrize("name", THINKING_VENDORS)
def test_a_model_that_answers(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with thinking_vendor(name) as vendor:
            await check(settings(vendor.environment))

    asyncio.run(scenario())
    line = line_of(capsys.readouterr().out, "llm", name)
    assert line.split()[3] == "ms"
    assert line.endswith("“You said: Say hello in three words.”")


def test_a_wrong_key_is_told_with_what_to_do_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> bool:
        async with thinking_vendor("groq") as vendor:
            return await check(settings({**vendor.environment, "GROQ_API_KEY": "gsk-very-secret"}))

    assert not asyncio.run(scenario())
    told, advice = capsys.readouterr().out.splitlines()
    assert told.split()[:3] == ["llm", "groq", "FAILS"]
    assert told.endswith("status 401, invalid_api_key")
    assert advice.strip() == "check GROQ_API_KEY, and that its account may use this service and model"
    assert "secret" not in told


def test_a_recogniser_is_told_a_sentence_and_everything_may_work(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> bool:
        async with thinking_vendor("groq") as thinking, hearing_vendor("deepgram", SENTENCE) as hearing:
            await check(settings({**thinking.environment, **hearing.environment}))
            return await check(settings(thinking.environment))

    assert asyncio.run(scenario())
    assert line_of(capsys.readouterr().out, "stt", "deepgram").endswith(f"heard “{SENTENCE}”")


@pytest.mark.parametrize("vendor", Vendor)
@pytest.mark.parametrize("failure", ProviderFailure)
def test_there_is_advice_for_every_trouble(vendor: Vendor, failure: ProviderFailure) -> None:
    told = remedy(vendor, failure)
    assert "{" not in told
    assert KEY not in told
    if failure is ProviderFailure.REJECTED:
        assert vendor.name in told
