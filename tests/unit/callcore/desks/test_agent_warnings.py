import json
from pathlib import Path
from typing import Any

import pytest

from callcore.agents.agent import AgentConfig, parse_config
from callcore.billing.rate_card import rate_card
from callcore.desks.agent_warnings import MAX_WARNINGS, agent_warnings

REPOSITORY = Path(__file__).parents[4]
NOW = 1_760_000_000.0


def warnings(config: dict[str, Any]) -> tuple[str, ...]:
    return agent_warnings(parse_config(config), rate_card(), NOW, lambda: None)


@pytest.mark.parametrize(
    ("config", "warning"),
    [
        ({"first_mesage": "Hi"}, "first_mesage: not known; first_message may be meant"),
        ({"firstMessage": "Hi"}, "firstMessage: not known; first_message may be meant"),
        ({"voice": {"voiceid": "x"}}, "voice.voiceid: not known; voice_id may be meant"),
        ({"flow": {"voice_mail": {}}}, "flow.voice_mail: not known; voicemail may be meant"),
        ({"flow": {"dtmf_dial": {"enable": True}}}, "flow.dtmf_dial.enable: not known; enabled may be meant"),
        (
            {"tools": [{"name": "a"}, {"name": "b", "webhok": "https://a.example"}]},
            "tools.1.webhok: not known; webhook may be meant",
        ),
        ({"timezone": "Europe/Berlino"}, "timezone: no time zone of that name is known"),
        (
            {"session_data_webhook": "a.example/end"},
            "session_data_webhook: its URL begins with neither http:// nor https://",
        ),
        (
            {"extra_prompt_webhook": "ftp://a.example"},
            "extra_prompt_webhook: its URL begins with neither http:// nor https://",
        ),
        (
            {"custom_llm_websocket": "https://a.example"},
            "custom_llm_websocket: its URL begins with neither ws:// nor wss://",
        ),
        (
            {"tools": [{"name": "a", "webhook": "a.example/x"}]},
            "tools.0.webhook: begins with neither http:// nor https://",
        ),
        (
            {"tools": [{"name": "what is it", "webhook": "https://a.example"}]},
            "the function what is it is not offered: its name is not a letter followed by letters, digits, _ and -",
        ),
    ],
)
def test_a_slip_is_told_with_its_place(config: dict[str, Any], warning: str) -> None:
    assert warning in warnings(config)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"crm_id": 7, "notes": {"of": "another program"}, "voice": {"speed": 1}},
        {"flow": {"inactivity_handling": {"first_messsage": "Are you there?"}}, "voice": {"name": "x"}},
        {"timezone": "Europe/Berlin", "session_data_webhook": "https://{shop}.example/end"},
        {"tools": [{"name": "a", "webhook": " ", "headers": {"a": "b"}}], "extra_prompt_webhook": " "},
        {"custom_llm_websocket": "WSS://a.example"},
    ],
)
def test_what_may_be_meant_is_passed_over(config: dict[str, Any]) -> None:
    assert warnings(config) == ()


def test_every_known_name_is_known() -> None:
    whole = json.loads(AgentConfig().model_dump_json(by_alias=True))
    assert warnings({key: value for key, value in whole.items() if value is not None}) == ()


OURS = (REPOSITORY / "infra/local/demo_agent.json", *(REPOSITORY / "functions/playground/starters").glob("*.json"))


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_our_own_agents_are_warned_of_nothing(path: Path) -> None:
    told = json.loads(path.read_text())
    assert warnings(told.get("config", told)) == ()


def test_somebody_who_is_wrong_throughout_is_told_enough() -> None:
    assert len(warnings({"tools": [{"name": f"not one {number}"} for number in range(50)]})) == MAX_WARNINGS
