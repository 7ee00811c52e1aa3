"""Voices are listed, heard and chosen."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from callcore.agents.agent import Agent
from callcore.errors import Conflict
from callcore.ids import AgentId
from callcore.voices import CATALOGUE_KEY, EMBEDDED_VOICES, Voice, catalogue_text
from callcore.wire.jobs import Done, Say
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.integration.console.browser import Browser
from tests.integration.console.conftest import Told

PATH = "/agents/-Desk/configure"
VOICE: dict[str, Any] = {
    "provider": "flite",
    "name": "rms",
    "model": "m",
    "settings": {"a": 1},
    "fallback": {"voice_id": "x"},
}
KATJA = Voice("Katja <b>", "cartesia", "k-1", "de-DE", "vendor")
MULTI = Voice("Polyglot", "elevenlabs", "p-1", "multi", "vendor", is_own=True)


@pytest.fixture(autouse=True)
def desk(stores: SqliteStores, blobs: FilesBlobStore) -> Agent:
    agent = Agent(AgentId("-Desk"), rows.ANN, "Front desk", {"prompt": "P", "voice": VOICE}, 1_799_000_000.0)
    stores.agents.put_agent(agent)
    writer = blobs.create(CATALOGUE_KEY, "application/json")
    writer.append(catalogue_text([KATJA, MULTI]))
    writer.finish(b"")
    return agent


def test_voices_of_vendors_and_our_own_are_listed_and_searched(ann: Browser) -> None:
    page = ann.open(f"{PATH}/voices")
    assert f"{len(EMBEDDED_VOICES) + 2} voices" in page.text
    assert "Katja &lt;b&gt;" in page.html
    german = ann.open(f"{PATH}/voices?language=de").text
    assert ("Katja" in german, "Polyglot" in german, "KAL" in german) == (True, True, False)
    assert "1 voice." in ann.open(f"{PATH}/voices?q=poly&provider=elevenlabs").text
    assert "No voice fits" in ann.open(f"{PATH}/voices?q=nobody").text


def test_a_catalogue_of_another_version_is_no_reason_to_fail(ann: Browser, blobs: FilesBlobStore) -> None:
    writer = blobs.create(CATALOGUE_KEY, "application/json")
    writer.append(b'[{"other": 1}]')
    writer.finish(b"")
    assert f"{len(EMBEDDED_VOICES)} voices" in ann.open(f"{PATH}/voices").text


def test_a_voice_is_chosen_without_what_was_set_for_another_provider(ann: Browser, stores: SqliteStores) -> None:
    page = ann.open(f"{PATH}/voices?q=Katja")
    ann.send(ann.send(page, f"{PATH}/voices"), "/agents/-Desk/save")
    voice = stores.agents.get_agent(rows.ANN, AgentId("-Desk")).config["voice"]
    assert voice == {"provider": "cartesia", "voice_id": "k-1", "fallback": {"voice_id": "x"}}


def test_another_voice_of_the_same_provider_keeps_its_settings(ann: Browser, stores: SqliteStores) -> None:
    page = ann.open(f"{PATH}/voices?q=SLT")
    ann.send(ann.send(page, f"{PATH}/voices"), "/agents/-Desk/save")
    voice = stores.agents.get_agent(rows.ANN, AgentId("-Desk")).config["voice"]
    assert voice == {**{key: value for key, value in VOICE.items() if key != "name"}, "voice_id": "slt"}


def test_a_voice_is_heard_from_a_worker(ann: Browser, told: Told) -> None:
    told.done = Done(worker_id="w-1", sound=base64.b64encode(b"RIFF").decode())
    reply = ann.open("/voices/say?provider=cartesia&voice_id=k-1&language=de-DE").response
    assert (reply.headers["content-type"], reply.content) == ("audio/wav", b"RIFF")
    ((account_id, _, command),) = told.commands
    assert account_id == rows.ANN
    assert isinstance(command, Say)
    assert (command.text[:9], command.voice) == ("Guten Tag", {"provider": "cartesia", "voice_id": "k-1"})


def test_a_voice_that_cannot_be_heard_says_why_and_trials_are_counted(ann: Browser, told: Told) -> None:
    told.done = Conflict("cartesia does not say it: rejected")
    page = ann.open("/voices/say?provider=cartesia")
    assert (page.status, "does not say it" in page.text) == (409, True)
    for _ in range(9):
        ann.open("/voices/say?provider=cartesia")
    assert ann.open("/voices/say?provider=cartesia").status == 429


def test_another_site_has_nothing_said(ann: Browser, told: Told) -> None:
    assert ann.open("/voices/say?provider=cartesia", **{"sec-fetch-site": "cross-site"}).status == 403
    assert not told.commands


def test_agents_without_a_voice_have_one_chosen_too(ann: Browser, stores: SqliteStores, desk: Agent) -> None:
    stores.agents.put_agent(replace(desk, config={"prompt": "P"}))
    page = ann.open(f"{PATH}/voices?q=Katja")
    ann.send(ann.send(page, f"{PATH}/voices"), "/agents/-Desk/save")
    config = stores.agents.get_agent(rows.ANN, AgentId("-Desk")).config
    assert config["voice"] == {"provider": "cartesia", "voice_id": "k-1"}
