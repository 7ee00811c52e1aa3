"""The functions that a model is offered."""

from typing import Any

import pytest

from callcore.agents.agent import parse_config
from callcore.ids import AccountId, FileId
from callcore.knowledge.files import KnowledgeFile
from callcore.tools.toolbox import SHOWS_FORM, BuiltIn, Toolbox, ToolOffer, toolbox

VARIABLES = {"FromPhone": "+15551234567", "shop": "Luigi's"}


def made(**config: Any) -> Toolbox:
    return toolbox(parse_config(config), VARIABLES)


def only_offer(**config: Any) -> ToolOffer:
    (offer,) = made(**config).offers
    return offer


def test_an_agent_without_functions_offers_none() -> None:
    assert made() == Toolbox()


def test_a_function_is_offered_with_the_arguments_that_the_model_chooses() -> None:
    params = [
        {"name": "party", "type": "number", "description": "guests at {shop}", "required": True},
        {"name": "colour", "type": "rgb"},
        {"name": "phone", "description": "{FromPhone}", "required": True},
    ]
    offer = only_offer(tools=[{"name": "book", "description": "Books at {shop}.", "params": params}])
    assert offer == ToolOffer(
        "book",
        "Books at Luigi's.",
        {
            "type": "object",
            "properties": {
                "party": {"type": "number", "description": "guests at Luigi's"},
                "colour": {"type": "string", "description": ""},
            },
            "required": ["party"],
        },
    )


def test_a_form_is_offered_with_what_the_user_may_have_said_already() -> None:
    form = {"name": "email", "type": "web_form", "data": {"param": {"name": "address", "required": True}}}
    offer = only_offer(millis_functions=[form])
    assert offer.description == SHOWS_FORM
    assert offer.parameters["properties"] == {"address": {"type": "string", "description": ""}}
    assert offer.parameters["required"] == []


def test_a_strict_message_is_said_for_the_model_and_a_flexible_one_is_worded_by_it() -> None:
    tool = {"name": "book", "description": "Books.", "messages": ["One moment at {shop}.", ""]}
    assert only_offer(tools=[tool]).description == (
        "Books.\nCall it without saying anything first: the user is told already."
    )
    assert only_offer(tools=[tool | {"response_mode": "flexible"}]).description == (
        "Books.\nBefore the call say this in your own words: One moment at Luigi's."
    )


@pytest.mark.parametrize("name", ["", "two words", "1st", "naïve", "x" * 65])
def test_a_function_whose_name_no_model_accepts_is_not_offered_and_its_owner_is_told(name: str) -> None:
    box = made(tools=[{"name": name}, {"name": "fine"}])
    assert [offer.name for offer in box.offers] == ["fine"]
    assert len(box.notes) == 1
    assert "its name" in box.notes[0]


def test_the_first_of_two_functions_of_one_name_is_offered() -> None:
    box = made(tools=[{"name": "a", "method": "POST"}], millis_functions=[{"name": "a"}, {"name": "b"}])
    assert [offer.name for offer in box.offers] == ["a", "b"]
    assert box.tools["a"].method == "POST"
    assert "another one has its name" in box.notes[0]


def test_a_function_that_runs_after_the_call_is_not_offered() -> None:
    box = made(tools=[{"name": "survey", "run_after_call": True}])
    assert box.offers == ()
    assert "after the call" in box.notes[0]


def test_the_agent_may_end_the_call_when_it_is_enabled() -> None:
    assert made(flow={"agent_terminate_call": {"enabled": False, "instruction": "now"}}).offers == ()
    offer = only_offer(flow={"agent_terminate_call": {"enabled": True, "instruction": "End it after the booking."}})
    assert offer.name == BuiltIn.END_CALL
    assert "End it after the booking." in offer.description
    assert "Say goodbye" in offer.description
    offer = only_offer(flow={"agent_terminate_call": {"enabled": True, "messages": ["Bye"]}})
    assert "a goodbye is said for you" in offer.description


def test_variables_stand_in_the_owner_s_instructions_too() -> None:
    flow = {
        "agent_terminate_call": {"enabled": True, "instruction": "End it when {shop} closes."},
        "call_transfer": {"phone": "+1777", "instruction": "For the chef of {shop}."},
        "dtmf_dial": {"enabled": True, "instruction": "At {shop} press 2."},
    }
    offers = toolbox(parse_config({"flow": flow}), VARIABLES, by_phone=True).offers
    said = {offer.name: offer.description for offer in offers}
    assert "End it when Luigi's closes." in said[BuiltIn.END_CALL]
    assert "For the chef of Luigi's." in said[BuiltIn.TRANSFER_CALL]
    assert "At Luigi's press 2." in said[BuiltIn.DTMF_DIAL]


def test_the_built_in_function_keeps_its_name() -> None:
    box = made(tools=[{"name": "end_call"}], flow={"agent_terminate_call": {"enabled": True}})
    assert len(box.offers) == 1
    assert box.tools == {}
    assert len(box.notes) == 1


def test_the_languages_to_switch_to_are_a_closed_list() -> None:
    offer = only_offer(switch_language={"languages": ["en-US", "es"]})
    assert offer.name == BuiltIn.SWITCH_LANGUAGE
    assert offer.parameters["properties"] == {"language": {"type": "string", "enum": ["en-US", "es"]}}


def test_the_model_names_a_destination_and_never_a_number() -> None:
    phones = [
        {"phone": "+1 555 123", "description": "sales"},
        {"phone": "+1666"},
        {"description": "nobody"},
        {"phone": "{number}", "description": "whoever the caller wants"},
    ]
    box = made(flow={"call_transfer": {"phone": "+1777", "phones": phones, "instruction": "When asked."}})
    assert box.destinations == {"sales": "+1555123", "+1666": "+1666", "default": "+1777"}
    assert [note for note in box.notes if "destination 3" in note]
    assert [box.number_of(name) for name in ("sales", "+1777", "+1900555")] == ["+1555123", "+1777", None]
    (offer,) = box.offers
    assert offer.name == BuiltIn.TRANSFER_CALL
    assert "When asked." in offer.description
    assert offer.parameters["properties"]["destination"]["enum"] == ["sales", "+1666", "default"]


# --- knowledge --------------------------------------------------------------------------------------

MENU = KnowledgeFile(AccountId("acc"), FileId("0a"), "menu.md", "What we cook", "text/plain", 10, 0.0)


def knowing(**config: Any) -> Toolbox:
    return toolbox(parse_config(config), VARIABLES, searched=[MENU])


def test_files_are_searched_with_one_function() -> None:
    (offer,) = knowing().offers
    assert offer.name == "search_knowledge"
    assert "menu.md (What we cook)" in offer.description
    assert offer.parameters["required"] == ["query"]
    (announced,) = knowing(knowledge_base={"messages": ["", "One moment at {shop}."]}).offers
    assert announced.description.endswith("Call it without saying anything first: the user is told already.")


def test_the_agents_own_function_of_that_name_is_the_one() -> None:
    box = knowing(tools=[{"name": "search_knowledge", "description": "Asks my server."}])
    assert [offer.description for offer in box.offers] == ["Asks my server."]
    assert box.notes == ("knowledge files are not searched: a function of the agent is called search_knowledge",)


def test_a_custom_llm_searches_nothing() -> None:
    box = knowing(custom_llm_websocket="wss://llm.example")
    assert [offer.name for offer in box.offers] == [BuiltIn.TRANSFER_CALL]
    assert box.notes == ("knowledge files are not searched: a custom LLM calls no functions",)
