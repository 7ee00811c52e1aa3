import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.agents.agent import AgentConfig, typed_config
from callcore.errors import InvalidInput
from infra.local.first_run import demo_agent
from playground.fields import Field, Kind, Section, enter, field_of, read, shown, value_at, with_value
from playground.sections import FORMS

ALL = tuple(section for _, sections in FORMS.values() for section in sections)
FIELDS = [field for section in ALL for field in section.fields]
FULL: dict[str, Any] = {
    "prompt": "Be kind.\nVery.",
    "llm": "gpt-4o",
    "voice": {"name": "slt", "settings": {"speed": 1.1, "style": "calm", "use_speaker_boost": True}},
    "session_data_webhook": "https://example.com/end",
    "flow": {"response_delay": 200, "interruption": {"first_message": False, "unknown": 1}, "mystery": [1]},
    "custom_vocabulary": {"keywords": {"Parley": 2, "Ann": None}},
    "default_metadata": {"userName": "there", "count": 3},
    "tools": [{"name": "book", "unknown": True}],
    "of_nobody": {"a": None},
}


@pytest.mark.parametrize("config", [FULL, demo_agent()["config"], {}], ids=["full", "demo", "empty"])
@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(form: str, config: dict[str, Any]) -> None:
    sections, before = FORMS[form][1], copy.deepcopy(config)
    texts = {field.name: shown(field, config) for section in sections for field in section.fields}
    entered = enter(sections, texts, config)
    assert (entered.config, entered.wrong) == (before, {})
    assert config == before


def test_short_forms_are_understood_and_grow_when_they_must() -> None:
    assert value_at(FULL, ("llm", "model")) == "gpt-4o"
    assert value_at(FULL, ("session_data_webhook", "url")) == "https://example.com/end"
    assert value_at(FULL, ("flow", "response_delay", "generic_delay")) == 200
    assert value_at(FULL, ("voice", "voice_id")) == "slt"
    assert value_at(FULL, ("flow", "interruption", "first_messsage")) is False
    warmer = with_value(FULL, ("llm", "temperature"), 0.7)
    assert warmer["llm"] == {"model": "gpt-4o", "temperature": 0.7}
    other = with_value(FULL, ("voice", "voice_id"), "rms")
    assert (other["voice"]["voice_id"], "name" in other["voice"]) == ("rms", False)
    assert FULL["llm"] == "gpt-4o", "nothing is changed in place"


def test_what_is_cleared_leaves_no_empty_object() -> None:
    assert with_value({"llm": {"model": "a"}, "x": 1}, ("llm", "model"), None) == {"x": 1}
    assert with_value({"llm": {"model": "a", "own": 1}}, ("llm", "model"), None) == {"llm": {"own": 1}}
    assert with_value({}, ("flow", "interruption", "allowed"), None) == {}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.NUMBER, "0,7", 0.7),
        (Kind.NUMBER, "20", 20),
        (Kind.LINES, " a \n\n b", ["a", "b"]),
        (Kind.PAIRS, "a: b: c\nd:", {"a": "b: c", "d": ""}),
        (
            Kind.VALUES,
            "speed: 1.5\nloud: true\nstyle: calm\nParley",
            {"speed": 1.5, "loud": True, "style": "calm", "Parley": None},
        ),
        (Kind.JSON, '{"a": [1]}', {"a": [1]}),
        (Kind.TEXT, "", None),
        (Kind.FLAG, "", None),
        (Kind.FLAG, "on", True),
    ],
)
def test_a_text_is_read_as_its_kind(kind: Kind, text: str, value: Any) -> None:
    assert read(Field(("x",), "X", kind=kind), text, {}) == value


@pytest.mark.parametrize(
    ("kind", "text"), [(Kind.NUMBER, "many"), (Kind.JSON, "{"), (Kind.PAIRS, "no colon"), (Kind.PAIRS, "a: 1\na: 2")]
)
def test_what_cannot_be_read_is_told_at_its_field_and_kept(kind: Kind, text: str) -> None:
    field = Field(("x",), "X", kind=kind)
    with pytest.raises(InvalidInput):
        read(field, text, {})
    entered = enter([Section("S", (field,))], {"x": text}, {"x": "before"})
    assert entered.config == {"x": "before"}
    assert entered.wrong["x"].endswith(".")
    assert entered.texts["x"] == text


def test_a_flag_that_is_on_by_default_is_written_when_it_is_off() -> None:
    field = Field(("x",), "X", kind=Kind.FLAG, default=True)
    assert shown(field, {}) == "on"
    assert read(field, "", {}) is False
    assert read(field, "on", {"x": False}) is True


@given(st.dictionaries(st.sampled_from([field.name for field in FIELDS]), st.text(max_size=30)))
def test_whatever_is_entered_is_a_configuration_or_is_told_at_a_field(texts: dict[str, str]) -> None:
    for _, sections in FORMS.values():
        entered = enter(sections, texts, FULL)
        typed = typed_config(entered.config)
        if isinstance(typed, AgentConfig):
            continue
        assert all(field_of(problem.path, sections) for problem in typed), typed


def test_every_field_of_a_configuration_has_a_place_in_a_form() -> None:
    """But for what nothing acts on (PARITY.md), and for functions, which have forms of their own."""
    placed = {field.path[0] for field in FIELDS}
    elsewhere = {"tools", "millis_functions", "app_functions", "knowledge_base", "memory"}
    assert placed == set(AgentConfig.model_fields) - elsewhere
    flow = AgentConfig.model_fields["flow"].annotation
    assert flow is not None
    of_flow = {field.path[1] for field in FIELDS if field.path[0] == "flow"}
    assert of_flow == set(flow.model_fields)


def test_flags_say_what_is_done_when_nothing_is_given() -> None:
    typed = AgentConfig()
    for field in FIELDS:
        if field.kind is Kind.FLAG:
            value: Any = typed
            for key in field.path:
                value = getattr(value, {"first_messsage": "first_message"}.get(key, key))
            assert value is field.default, field.name
