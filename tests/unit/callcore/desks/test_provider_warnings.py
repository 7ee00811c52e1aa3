from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callcore.accounts.account import Account
from callcore.agents.agent import parse_config
from callcore.agents.providers import SCRIPTED
from callcore.billing.rate_card import rate_card
from callcore.desks.agent_warnings import agent_warnings
from callcore.desks.provider_warnings import KNOWN, provider_warnings, speaking_providers
from callcore.errors import StoreError
from callcore.voices import CATALOGUE_KEY, Voice, catalogue_text
from callstore.files import FilesBlobStore
from media_worker.providers.registry import ADAPTERS, Kind
from media_worker.providers.vendors import Vendor
from media_worker.providers.voice_lists import LISTS
from tests.contract.ports import rows


def warnings(config: dict[str, Any], speaking: Collection[str] | None = None) -> list[str]:
    return list(provider_warnings(parse_config(config), rate_card(), lambda: speaking))


def test_the_names_that_are_known_are_those_that_the_workers_have_adapters_for() -> None:
    for component, names in KNOWN.items():
        assert {*names, SCRIPTED} == set(ADAPTERS[Kind(component)])


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ({"llm": {"provider": "anthropik"}}, "llm.provider"),
        ({"speech_to_text": {"provider": "gladia"}}, "speech_to_text.provider"),
        ({"voice": {"provider": "Polly"}}, "voice.provider"),
        (
            {"voice": {"fallback": {"provider": "flite", "fallback": {"provider": "x"}}}},
            "voice.fallback.fallback.provider",
        ),
    ],
)
def test_a_provider_that_nobody_knows_is_told_with_those_that_there_are(config: dict[str, Any], where: str) -> None:
    (warning,) = warnings(config)
    assert warning.startswith(f"{where}: no provider of that name is known; there are ")
    assert warning.endswith(("flite", "script", "pocketsphinx"))


@pytest.mark.parametrize("component", KNOWN)
def test_those_that_there_are_are_passed_over(component: str) -> None:
    part = {"stt": "speech_to_text", "llm": "llm", "tts": "voice"}[component]
    for provider in (None, "", SCRIPTED, *KNOWN[Kind(component)]):  # type: ignore[index]
        assert warnings({part: {"provider": provider}}) == []


def test_a_provider_that_has_ended_is_told_once() -> None:
    config = parse_config({"voice": {"provider": "playht"}})
    (warning,) = agent_warnings(config, rate_card(), 1_800_000_000.0, lambda: None)
    assert "was shut down" in warning


def test_a_voice_of_a_vendor_that_is_not_set_up_is_told() -> None:
    told = ["voice.provider: elevenlabs is not set up here; another voice serves"]
    assert warnings({"voice": {"provider": "elevenlabs"}}, {"cartesia"}) == told
    assert warnings({"voice": {"provider": "elevenlabs"}}, {"elevenlabs"}) == []
    assert warnings({"voice": {"provider": "flite"}}, ()) == []
    assert warnings({"voice": {"provider": "elevenlabs"}}, None) == []


def test_who_speaks_is_what_the_workers_list_and_what_the_account_has_keys_for(tmp_path: Path) -> None:
    blobs, own = FilesBlobStore(tmp_path), replace(rows.account(), vendor_keys={"rime": "sealed"})
    assert speaking_providers(blobs, lambda: own) is None, "no worker has looked yet"
    for catalogue, speaking in (
        (catalogue_text([Voice("A", "polly", "a", "en", "neural")]), {"polly", "rime"}),
        (catalogue_text([]), {"rime"}),
        (b'[{"of": "another version"}]', None),
    ):
        writer = blobs.create(CATALOGUE_KEY, "application/json")
        writer.append(catalogue)
        writer.finish(b"")
        assert speaking_providers(blobs, lambda: own) == speaking


def test_an_agent_is_saved_though_the_store_cannot_say_who_speaks(tmp_path: Path) -> None:
    def account() -> Account:
        raise StoreError("down", retryable=True)

    assert speaking_providers(FilesBlobStore(tmp_path), account) is None


def test_every_vendor_that_may_be_used_lists_a_voice() -> None:
    """Else who is set up would be told not to be."""
    from importlib import import_module

    speaking = {listed.vendor for listed in ADAPTERS[Kind.TTS].values()} - {None}
    assert speaking == set(LISTS)
    for vendor, module in LISTS.items():
        (provider,) = {voice.provider for voice in import_module(module).STATIC}
        assert ADAPTERS[Kind.TTS][provider].vendor is Vendor(vendor)
