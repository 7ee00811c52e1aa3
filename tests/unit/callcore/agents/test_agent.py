import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.agents.agent import (
    MAX_CONFIG_BYTES,
    AgentConfig,
    VoiceConfig,
    Webhook,
    merge_override,
    merge_update,
    parse_config,
)
from callcore.agents.flow import ResponseDelay
from callcore.errors import InvalidInput
from callcore.jsontext import to_json

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
CONFIG_KEYS = st.sampled_from([*AgentConfig.model_fields, "calendar_ids"])
CONFIGS = st.dictionaries(CONFIG_KEYS, JSON_VALUES, max_size=6)
MERGEABLE = st.dictionaries(
    CONFIG_KEYS, st.none() | st.integers() | st.lists(st.text(max_size=3), max_size=2), max_size=6
)

PUBLISHED: dict[str, Any] = {
    "prompt": "You help.",
    "voice": {
        "provider": "elevenlabs",
        "voice_id": "v1",
        "model": "eleven_turbo_v2_5",
        "settings": {"stability": 0.5, "similarity_boost": 0.75},
    },
    "flow": {
        "user_start_first": True,
        "interruption": {"allowed": True, "keep_interruption_message": True, "first_messsage": False},
        "response_delay": 0,
        "auto_fill_responses": {"response_gap_threshold": 1500, "messages": ["Um", "Okay"]},
        "agent_terminate_call": {"enabled": True, "instruction": None, "messages": ["Bye"]},
        "voicemail": {
            "action": "hangup",
            "message": None,
            "continue_on_voice_activity": True,
            "detection_phrases": ["leave a message"],
        },
        "call_transfer": {
            "phone": "+15550100",
            "phones": [{"phone": "+15550101", "description": "sales"}],
            "instruction": None,
            "messages": ["One moment"],
        },
        "inactivity_handling": {"idle_time": 20, "message": "Are you still there?"},
        "dtmf_dial": {"enabled": False, "instruction": None},
    },
    "first_message": None,
    "tools": [
        {
            "name": "get_user_data",
            "description": "what and when",
            "params": [{"name": "phone_number", "type": "string", "description": "{FromPhone}", "required": True}],
            "webhook": "https://x.org",
            "header": {"Authorization": "key"},
            "method": "GET",
            "timeout": 5,
            "run_after_call": False,
            "messages": ["One moment..."],
            "response_mode": "strict",
            "execute_after_message": True,
            "exclude_session_id": False,
            "include_metadata": True,
        }
    ],
    "millis_functions": [
        {
            "name": "get_email",
            "type": "web_form",
            "data": {"param": {"name": "email", "type": "string", "description": "", "required": False}},
            "params": [],
        }
    ],
    "app_functions": [{"name": "calendar", "credentials": {"api_key": "k", "event_type_id": 1}}],
    "custom_llm_websocket": None,
    "language": "en",
    "vad_threshold": 0.65,
    "llm": {
        "model": "gpt-4o",
        "temperature": 0.7,
        "history_settings": {"history_message_limit": 20, "history_tool_result_limit": 5},
    },
    "session_timeout": {"max_duration": 3600, "max_idle": 40, "message": "Ending session."},
    "session_data_webhook": "https://x.org/done",
    "extra_prompt_webhook": {"url": "https://x.org/prefetch", "headers": {"a": "b"}},
    "privacy_settings": {"opt_out_data_collection": False, "do_not_call_detection": False},
    "custom_vocabulary": {"keywords": {"Millis": 2.0}},
    "switch_language": {"languages": ["en-US", "es"]},
    "knowledge_base": {"files": ["fileId"], "messages": ["let me check"]},
    "speech_to_text": {"provider": "deepgram", "multilingual": True, "model": "nova-2"},
    "call_settings": {"enable_recording": True},
    "memory": {},
    "timezone": None,
}


def extras_of(part: object) -> list[str]:
    """Keys that no field took, anywhere inside."""
    if isinstance(part, tuple):
        return [name for item in part for name in extras_of(item)]
    extras = list(getattr(part, "model_extra", None) or {})
    for name in getattr(type(part), "model_fields", {}):
        extras += extras_of(getattr(part, name))
    return extras


def test_the_published_configuration_is_understood_to_the_last_key() -> None:
    config = parse_config(PUBLISHED)
    assert extras_of(config) == []
    assert config.flow.interruption.first_message is False
    assert config.flow.call_transfer.phones[0].description == "sales"
    assert config.tools[0].params[0].required
    assert not config.tools[0].is_web_form
    assert config.millis_functions[0].is_web_form


def test_nothing_is_required_and_null_is_not_given() -> None:
    assert parse_config({}) == AgentConfig() == parse_config(dict.fromkeys(AgentConfig.model_fields))
    inner = {"flow": {"interruption": {"allowed": None}, "voicemail": None}, "voice": {"voice_id": None}}
    assert parse_config(inner) == AgentConfig()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"flow": {"interruption": {"first_messsage": False}}}, {"flow": {"interruption": {"first_message": False}}}),
        ({"voice": {"voice_id": "v"}}, {"voice": {"name": "v"}}),
        ({"voice": {"voice_id": None, "name": "v"}}, {"voice": {"name": "v"}}),
        ({"llm": {"model": "gpt-4o"}}, {"llm": "gpt-4o"}),
        ({"flow": {"response_delay": {"generic_delay": 5}}}, {"flow": {"response_delay": 5}}),
        ({"session_data_webhook": {"url": "https://x"}}, {"session_data_webhook": "https://x"}),
        ({"extra_prompt_webhook": {"url": "https://x"}}, {"extra_prompt_webhook": "https://x"}),
        ({"session_data_webhook": " "}, {}),
        ({"session_data_webhook": {"url": None, "headers": {}}}, {}),
        ({"tools": [{"header": {"a": "b"}}]}, {"tools": [{"headers": {"a": "b"}}]}),
        ({"language": ""}, {"language": "en"}),
        ({"voice": {"voice_id": 7}}, {"voice": {"voice_id": "7"}}),
        ({"vad_threshold": "0.5"}, {"vad_threshold": 0.5}),
        ({"session_timeout": {"max_duration": 3600000, "max_idle": 1e12}},) * 2,
    ],
)
def test_spellings_that_mean_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert parse_config(one).model_dump() == parse_config(other).model_dump()


def test_every_part_keeps_what_it_does_not_know() -> None:
    config = parse_config({"calendar_ids": [1], "flow": {"future": {"a": 1}}})
    assert config.model_extra == {"calendar_ids": [1]}
    assert config.flow.model_extra == {"future": {"a": 1}}


def test_parts_can_be_built_by_name() -> None:
    assert parse_config({"voice": {"name": "rms"}}).voice == VoiceConfig(voice_id="rms")
    assert parse_config({"flow": {"response_delay": 5}}).flow.response_delay == ResponseDelay(generic_delay=5)
    assert parse_config({"session_data_webhook": "https://x"}).session_data_webhook == Webhook(url="https://x")


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ({"prompt": {"secret": 1}}, "agent_config.prompt: "),
        ({"prompt": ["secret"]}, "agent_config.prompt: "),
        ({"voice": "secret"}, "agent_config.voice: "),
        ({"flow": {"response_delay": "secret"}}, "agent_config.flow.response_delay.generic_delay: "),
        ({"flow": {"endpointing": {"mode": "secret"}}}, "agent_config.flow.endpointing.mode: "),
        ({"flow": {"interruption": {"first_messsage": "secret"}}}, "agent_config.flow.interruption.first_messsage: "),
        ({"tools": [{}, {"timeout": -1}]}, "agent_config.tools.1.timeout: "),
        ({"tools": [None]}, "agent_config.tools.0: "),
        ({"vad_threshold": 1.5}, "agent_config.vad_threshold: "),
        ({"session_timeout": {"max_duration": -1}}, "agent_config.session_timeout.max_duration: "),
        ({"llm": {"script": {"intents": [{"phrases": []}]}}}, "agent_config.llm.script.intents.0.phrases: "),
        ({"llm": {"script": {"end": ["{secret}"]}}}, "agent_config.llm.script: end.0 names a slot "),
        (
            {"custom_vocabulary": {"keywords": {"x" * 100: "secret"}}},
            f"agent_config.custom_vocabulary.keywords.{'x' * 64}: ",
        ),
        ({"signed_metadata": ["a"] * 65}, "agent_config.signed_metadata: "),
        ({"default_metadata": {"a": "secret" * 500}}, "agent_config.default_metadata: metadata.a is longer than 2000"),
        ({"anything": float("nan")}, "agent_config holds a value that JSON cannot carry"),
        ({"prompt": "x" * MAX_CONFIG_BYTES}, "agent_config is larger than 256 KiB"),
    ],
)
def test_the_first_bad_field_is_named_and_its_value_never_shown(raw: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_config(raw)
    assert str(caught.value).startswith(where)
    assert "secret" not in str(caught.value)


@given(CONFIGS)
def test_any_json_parses_or_is_refused(raw: dict[str, Any]) -> None:
    try:
        parse_config(raw)
    except InvalidInput:
        return
    to_json(raw)


@given(MERGEABLE, MERGEABLE)
def test_an_override_replaces_what_it_gives_and_nothing_else(stored: dict[str, Any], override: dict[str, Any]) -> None:
    given_keys = {key for key, value in override.items() if value is not None}
    merged = merge_override(stored, override)
    assert merged.keys() == stored.keys() | given_keys
    for key, value in merged.items():
        assert value == (override[key] if key in given_keys else stored[key])


@given(MERGEABLE, MERGEABLE)
def test_an_update_also_clears_but_never_prompt_or_voice(stored: dict[str, Any], update: dict[str, Any]) -> None:
    cleared = {key for key, value in update.items() if value is None} - {"prompt", "voice"}
    merged = merge_update(stored, update)
    overridden = merge_override(stored, update)
    assert merged == {key: value for key, value in overridden.items() if key not in cleared}


@given(MERGEABLE, MERGEABLE)
def test_merging_twice_changes_nothing_more(stored: dict[str, Any], change: dict[str, Any]) -> None:
    for merge in (merge_update, merge_override):
        once = merge(stored, change)
        assert merge(once, change) == once
        assert merge(stored, {}) == stored


def test_merging_leaves_its_arguments_alone() -> None:
    stored, change = {"prompt": "a", "tools": []}, {"tools": None, "language": "de"}
    merge_update(stored, change)
    merge_override(stored, change)
    assert (stored, change) == ({"prompt": "a", "tools": []}, {"tools": None, "language": "de"})


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"tools": "x"}, "agent_config.tools: Input should be a valid list"),
        ({"llm": 5}, "agent_config.llm: Input should be a valid object"),
        ({"default_metadata": []}, "agent_config.default_metadata: Input should be a valid object"),
        ({"tools": ["x"]}, "agent_config.tools.0: Input should be a valid object"),
    ],
)
def test_a_wrong_kind_of_value_is_told_in_words_of_json(config: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{re.escape(told)}$"):
        parse_config(config)
