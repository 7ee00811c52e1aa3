"""Agents are made, changed, compared, come back to, copied, disabled and deleted."""

import json
from dataclasses import replace
from typing import Any

import pytest

from callcore.agents.agent import Agent, AgentStatus, typed_config
from callcore.ids import AgentId
from callstore.sqlite.stores import SqliteStores
from playground.sections import FORMS
from playground.starting import EMPTY, starters
from tests.contract.ports import rows
from tests.integration.console.browser import Browser, Page

CONFIG: dict[str, Any] = {
    "prompt": "Be kind to {userName}.",
    "llm": "gpt-4o",
    "unknown": {"kept": [1]},
    "session_data_webhook": "https://example.com/end",
}
PATH = "/agents/-Desk"


@pytest.fixture
def desk(stores: SqliteStores) -> Agent:
    agent = Agent(AgentId("-Desk"), rows.ANN, "Front desk", CONFIG, 1_799_000_000.0)
    stores.agents.put_agent(agent)
    return agent


def stored(stores: SqliteStores) -> Agent:
    return stores.agents.get_agent(rows.ANN, AgentId("-Desk"))


def saved(browser: Browser, form: str, **entered: Any) -> Page:
    """The page after a form was filled in, looked at and saved."""
    action = f"{PATH}/configure/{form}"
    review = browser.send(browser.open(action), action, **entered)
    assert review.status == 200, review.text
    return browser.send(review, f"{PATH}/save")


@pytest.mark.parametrize("starter", starters(), ids=lambda starter: starter.key)
def test_an_agent_is_made_of_each_starter(ann: Browser, stores: SqliteStores, starter: Any) -> None:
    page = ann.send(ann.open("/agents/new"), "/agents/new", starter=starter.key, name="")
    assert (page.status, "The agent is made" in page.text) == (200, True)
    (agent,) = stores.agents.list_agents(rows.ANN)
    assert (agent.name, agent.config) == (starter.name, starter.config)
    typed = typed_config(agent.config)
    assert not isinstance(typed, tuple), typed
    assert (typed.llm.script is not None) == (starter.key != EMPTY), "it answers without a language model"
    names = {tool.name for tool in typed.tools}
    assert {intent.tool for intent in typed.llm.script.intents} - {None} <= names if typed.llm.script else True


def test_a_new_agent_without_a_start_or_with_a_bad_name_is_asked_for_again(ann: Browser, stores: SqliteStores) -> None:
    page = ann.open("/agents/new")
    assert "Choose what to start with" in (again := ann.send(page, "/agents/new", starter="none", name="Mine")).text
    assert dict(again.form("/agents/new").fields)["name"] == "Mine"
    assert "longer than 200" in ann.send(page, "/agents/new", starter="booking", name="x" * 201).text
    assert not stores.agents.list_agents(rows.ANN)


def test_the_first_page_says_what_to_do_when_there_is_nothing(ann: Browser) -> None:
    page = ann.open("/agents")
    assert "Make your first agent" in page.text
    assert "/console/agents/new" in page.paths()


def test_a_form_changes_its_own_fields_alone(ann: Browser, stores: SqliteStores, desk: Agent) -> None:
    page = saved(ann, "prompt", prompt="Be brief.", **{"agent-name": "Desk", "default_metadata": "userName: there"})
    assert "Saved." in page.text
    assert stored(stores).name == "Desk"
    assert stored(stores).config == {**CONFIG, "prompt": "Be brief.", "default_metadata": {"userName": "there"}}


def test_what_changes_is_seen_before_it_is_saved(ann: Browser, stores: SqliteStores, desk: Agent) -> None:
    action = f"{PATH}/configure/model"
    review = ann.send(ann.open(action), action, **{"llm.temperature": "0,5"})
    assert "<del>" in review.html
    assert "&#34;temperature&#34;: 0.5" in review.html
    assert stored(stores) == desk
    same = ann.send(ann.open(action), action)
    assert "Nothing changes" in same.text


@pytest.mark.parametrize(
    ("form", "field", "value", "told"),
    [
        ("model", "llm.temperature", "warm", "Must be a number."),
        ("model", "llm.temperature", "-1", "greater than or equal to 0"),
        ("model", "llm.script", "{", "It is not JSON."),
        ("model", "llm.script", '{"intents": [{"phrases": ["a {slot}"]}]}', "names a slot"),
        ("voice", "vad_threshold", "2", "less than or equal to 1"),
        ("voice", "custom_vocabulary.keywords", "Parley: loud", "valid number"),
        ("conversation", "flow.interruption.min_words", "99", "less than or equal to 20"),
        ("webhooks", "session_data_webhook.headers", "no colon", "must look like name: value"),
        ("prompt", "agent-name", "", "needs a name"),
        ("prompt", "default_metadata", "a" * 65 + ": x", "longer than 64"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_nothing_is_lost(
    ann: Browser, stores: SqliteStores, desk: Agent, form: str, field: str, value: str, told: str
) -> None:
    action = f"{PATH}/configure/{form}"
    page = ann.send(ann.open(action), action, **{field: value})
    assert page.status == 422
    assert f'id="{field}-wrong"' in page.html
    assert told.lower() in page.text.lower()
    assert 'aria-invalid="true"' in page.html
    assert dict(page.form(action).fields)[field].strip() == value
    assert stored(stores) == desk


def test_json_is_edited_whole(ann: Browser, stores: SqliteStores, desk: Agent) -> None:
    wanted = {"prompt": "New", "mystery": {"deep": [None, 1.5]}}
    saved(ann, "json", config=json.dumps(wanted))
    assert stored(stores).config == wanted
    action = f"{PATH}/configure/json"
    for text, told in (
        ("{", "is not JSON"),
        ("[]", "must be a JSON object"),
        ('{"vad_threshold": 2}', "vad_threshold"),
    ):
        page = ann.send(ann.open(action), action, config=text)
        assert (page.status, told in page.text) == (422, True)


def test_every_save_leaves_a_version_to_come_back_to(ann: Browser, stores: SqliteStores, desk: Agent) -> None:
    assert "No versions yet" in ann.open(f"{PATH}/versions").text
    saved(ann, "prompt", prompt="Second")
    saved(ann, "prompt", prompt="Third")
    numbers = [version.number for version in stores.agent_versions.list_versions(rows.ANN, desk.agent_id)]
    assert numbers == [3, 2, 1]
    page = ann.open(f"{PATH}/versions/1")
    assert "Be kind to {userName}." in page.text
    review = ann.send(page, f"{PATH}/versions/1/restore")
    assert stored(stores).config["prompt"] == "Third", "it is looked at first"
    ann.send(review, f"{PATH}/save")
    assert stored(stores).config == CONFIG
    assert ann.open(f"{PATH}/versions/99").status == 404


def test_two_who_save_at_once_do_not_overwrite_each_other(ann: Browser, stores: SqliteStores, desk: Agent) -> None:
    action = f"{PATH}/configure/prompt"
    review = ann.send(ann.open(action), action, prompt="Mine")
    stores.agents.put_agent(replace(desk, config=CONFIG | {"language": "de"}))
    page = ann.send(review, f"{PATH}/save")
    assert (page.status, "Somebody else has saved" in page.text) == (409, True)
    assert stored(stores).config["prompt"] == CONFIG["prompt"]
    assert "language" in page.text, "what would be lost is shown"


def test_an_agent_is_copied_disabled_and_deleted(ann: Browser, stores: SqliteStores, desk: Agent) -> None:
    page = ann.send(ann.open(f"{PATH}/configure/prompt"), f"{PATH}/duplicate")
    assert "Front desk (copy)" in page.text
    page = ann.send(ann.open(f"{PATH}/configure/prompt"), f"{PATH}/status", status="disabled")
    assert "refuses new calls" in page.text
    assert stored(stores).status is AgentStatus.DISABLED
    page = ann.send(ann.open(f"{PATH}/delete"), f"{PATH}/delete")
    assert [agent.name for agent in stores.agents.list_agents(rows.ANN)] == ["Front desk (copy)"]
    assert not stores.agent_versions.list_versions(rows.ANN, desk.agent_id)
    assert ann.open(f"{PATH}/configure/prompt").status == 404


def test_a_configuration_that_is_wrong_already_can_be_mended(ann: Browser, stores: SqliteStores, desk: Agent) -> None:
    stores.agents.put_agent(replace(desk, config={"prompt": "P", "vad_threshold": 7}))
    page = ann.open(f"{PATH}/configure/voice")
    assert "config.vad_threshold" in page.text
    for path in ("/try", "/embed", "/configure/functions", "/versions"):
        assert ann.open(f"{PATH}{path}").status == 200
    saved(ann, "voice", vad_threshold="0.5")
    assert stored(stores).config["vad_threshold"] == 0.5


def test_another_accounts_agent_is_not_there(ann: Browser, stores: SqliteStores) -> None:
    stores.agents.put_agent(rows.agent("-Bobs", rows.BOB))
    for path in ("", "/configure/prompt", "/configure/json", "/versions", "/delete"):
        page = ann.open(f"/agents/-Bobs{path}")
        assert (page.status, "Front desk" in page.text) == (404, False)


@pytest.mark.parametrize("form", [*FORMS, "json"])
def test_no_customers_text_becomes_markup(ann: Browser, stores: SqliteStores, desk: Agent, form: str) -> None:
    evil = "</textarea>\"'><img src=x onerror=alert(1)><script>alert(1)</script>{{ 91*91 }}"
    hostile = {
        "prompt": evil,
        "first_message": evil,
        "language": evil,
        "llm": {"provider": evil, "model": evil, "script": {"fallback": evil}},
        "voice": {"voice_id": evil, "settings": {evil: evil}},
        "default_metadata": {"x": evil},
        "session_data_webhook": {"url": evil, "headers": {evil: evil}},
        "flow": {"voicemail": {"action": evil}, "call_transfer": {"messages": [evil]}},
        evil: evil,
    }
    stores.agents.put_agent(replace(desk, name=evil[:200], config=hostile))
    page = ann.open(f"{PATH}/configure/{form}")
    assert page.status == 200
    assert "<img" not in page.html
    assert "<script>alert" not in page.html
    assert "8281" not in page.text
    review = ann.send(page, f"{PATH}/configure/{form}")
    assert "<img" not in review.html
