"""What an agent can do besides talking: the functions that its model is offered, its own and ours."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from callcore.agents.agent import AgentConfig
from callcore.agents.tools import Tool, ToolParam
from callcore.errors import InvalidInput
from callcore.knowledge.files import KnowledgeFile
from callcore.knowledge.known import QUERY, SEARCH_KNOWLEDGE, search_hint
from callcore.phones.phone import parse_number
from callcore.tools.tool_call import is_fixed
from callcore.variables import render

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
"""What every vendor of language models accepts."""
_TYPES = frozenset({"string", "number", "integer", "boolean"})


WHEN_TO_END = "Call this when the user says goodbye or has nothing more to ask."
WHEN_TO_TRANSFER = "Call this when the user asks for a person."
WHEN_TO_PRESS = "Call this when a machine asks for keys, and say nothing with it."
KEYS_HINT = "Keys are 0 to 9, A to D, * and #, at most 32; w waits for half a second."
SUMMARY = "summary"
"""Of `transfer_call`, with `flow.call_transfer.whisper`."""
SUMMARY_HINT = "Said to whoever takes the call, before they hear the user: who calls and what about, in two sentences."
_UNSEARCHED = ("knowledge files are not searched: a custom LLM calls no functions",)
SHOWS_FORM = "Shows the user a form and returns what was entered. Pass what the user has said already."


class BuiltIn(StrEnum):
    """Functions of the call itself."""

    END_CALL = "end_call"
    SWITCH_LANGUAGE = "switch_language"
    TRANSFER_CALL = "transfer_call"
    DTMF_DIAL = "dtmf_dial"


@dataclass(frozen=True)
class ToolOffer:
    """One function as the model is told of it."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """A JSON schema of the arguments."""


@dataclass(frozen=True)
class Toolbox:
    """The functions of one session."""

    offers: Sequence[ToolOffer] = ()
    tools: Mapping[str, Tool] = field(default_factory=dict)
    """The agent's own, by name."""
    destinations: Mapping[str, str] = field(default_factory=dict)
    """Where a call may be transferred to: what the model says, and the number. There is no other way to be dialled."""
    notes: Sequence[str] = ()
    """What is not offered and why; safe to tell the client."""

    def number_of(self, destination: str) -> str | None:
        """The number of a destination, which may be told by its number; None: its owner named no such one."""
        is_number = destination in self.destinations.values()
        return destination if is_number else self.destinations.get(destination)


def toolbox(
    config: AgentConfig,
    variables: Mapping[str, str],
    *,
    by_phone: bool = False,
    searched: Sequence[KnowledgeFile] = (),
) -> Toolbox:
    """The functions of an agent in a session with these variables.

    `by_phone`: a telephone is at the other end; `searched`: the files that it knows, and is not told in its prompt.
    """
    destinations, refused = _destinations(config)
    if config.custom_llm_websocket is not None:
        return _of_custom_llm(config, destinations, [*refused, *(_UNSEARCHED if searched else ())])
    built_in = {offer.name: offer for offer in _built_in_offers(config, variables, destinations, by_phone=by_phone)}
    tools: dict[str, Tool] = {}
    notes: list[str] = [*refused]
    for tool in (*config.tools, *config.millis_functions):
        refusal = _refusal(tool, {*tools, *built_in})
        if refusal:
            notes.append(f"the function {tool.name[:40] or 'without a name'} is not offered: {refusal}")
        elif not tool.run_after_call:
            tools[tool.name] = tool
    if searched and SEARCH_KNOWLEDGE in tools:
        notes.append(f"knowledge files are not searched: a function of the agent is called {SEARCH_KNOWLEDGE}")
    elif searched:
        built_in[SEARCH_KNOWLEDGE] = _search_offer(config, variables, searched)
    offers = (*(offer_of(tool, variables) for tool in tools.values()), *built_in.values())
    return Toolbox(offers, tools, destinations, tuple(notes))


def _of_custom_llm(config: AgentConfig, destinations: Mapping[str, str], refused: Sequence[str]) -> Toolbox:
    """Its protocol knows no functions but the call's own, and ends calls by itself."""
    transfer = ToolOffer(BuiltIn.TRANSFER_CALL, "Transfers the call.", _text("destination"))
    names = [tool.name[:40] for tool in (*config.tools, *config.millis_functions)]
    notes = [f"the function {name or 'without a name'} is not offered: a custom LLM calls none" for name in names]
    return Toolbox((transfer,), destinations=destinations, notes=(*refused, *notes))


def _refusal(tool: Tool, taken: Iterable[str]) -> str:
    if not _NAME.fullmatch(tool.name):
        return "its name is not a letter followed by letters, digits, _ and -"
    if tool.name in taken:
        return "another one has its name"
    if tool.run_after_call and (tool.is_web_form or not tool.has_webhook):
        return "after the call only a webhook can be run"
    return ""


def offer_of(tool: Tool, variables: Mapping[str, str]) -> ToolOffer:
    """The function as the model is told of it in a session with these variables."""
    description = render(tool.description, variables).strip()
    announcement = _announcement(rendered(tool.messages, variables), tool.is_flexible)
    parts = [description, SHOWS_FORM if tool.is_web_form else "", announcement]
    return ToolOffer(tool.name, "\n".join(filter(None, parts)), schema_of(tool.model_params, variables))


def rendered(messages: Iterable[str], variables: Mapping[str, str]) -> tuple[str, ...]:
    """What is said before a function acts, in a session with these variables."""
    return tuple(filter(None, (render(message, variables).strip() for message in messages)))


def _search_offer(config: AgentConfig, variables: Mapping[str, str], files: Sequence[KnowledgeFile]) -> ToolOffer:
    announcement = _announcement(rendered(config.knowledge_base.messages, variables), is_flexible=False)
    description = "\n".join(filter(None, (search_hint(files), announcement)))
    return ToolOffer(SEARCH_KNOWLEDGE, description, _text(QUERY))


def _announcement(messages: Sequence[str], is_flexible: bool) -> str:
    """How the model has to announce the call, if it has to be announced."""
    if not messages:
        return ""
    if not is_flexible:
        return "Call it without saying anything first: the user is told already."
    return "Before the call say this in your own words: " + " / ".join(messages)


def schema_of(params: Sequence[ToolParam], variables: Mapping[str, str]) -> dict[str, Any]:
    """The JSON schema of the arguments that the model chooses."""
    open_params = [param for param in params if not is_fixed(param, variables)]
    properties = {
        param.name: {
            "type": param.type if param.type in _TYPES else "string",
            "description": render(param.description, variables),
        }
        for param in open_params
    }
    return {
        "type": "object",
        "properties": properties,
        "required": [param.name for param in open_params if param.required],
    }


def _built_in_offers(
    config: AgentConfig, variables: Mapping[str, str], destinations: Mapping[str, str], *, by_phone: bool
) -> Iterator[ToolOffer]:
    ending, transfer, keys = config.flow.agent_terminate_call, config.flow.call_transfer, config.flow.dtmf_dial
    if ending.enabled:
        when = render(ending.instruction or WHEN_TO_END, variables)
        yield ToolOffer(BuiltIn.END_CALL, f"Ends the call. {when}\n{_goodbye(ending.messages)}", schema_of((), {}))
    if config.switch_language.languages:
        yield ToolOffer(
            BuiltIn.SWITCH_LANGUAGE,
            "Goes on in another language. Call this as soon as the user speaks or asks for it, then answer in it.",
            _one_of("language", config.switch_language.languages),
        )
    if destinations:
        when = render(transfer.instruction or WHEN_TO_TRANSFER, variables)
        wanted = _one_of("destination", tuple(destinations))
        if transfer.whisper:
            wanted["properties"][SUMMARY] = {"type": "string", "description": SUMMARY_HINT}
            wanted["required"].append(SUMMARY)
        yield ToolOffer(BuiltIn.TRANSFER_CALL, f"Transfers the call. {when}", wanted)
    if by_phone and keys.enabled:
        when = render(keys.instruction or WHEN_TO_PRESS, variables)
        yield ToolOffer(BuiltIn.DTMF_DIAL, f"Presses telephone keys. {when}\n{KEYS_HINT}", _text("keys"))


def _goodbye(messages: Sequence[str]) -> str:
    if not messages:
        return "Say goodbye before the call."
    return "Say nothing before the call: a goodbye is said for you."


def _one_of(name: str, values: Sequence[str]) -> dict[str, Any]:
    properties = {name: {"type": "string", "enum": list(values)}}
    return {"type": "object", "properties": properties, "required": [name]}


def _text(name: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}


def _destinations(config: AgentConfig) -> tuple[dict[str, str], list[str]]:
    """Where calls may go, and what is wrong with the others. A number stands as it was written: nothing is put in."""
    transfer = config.flow.call_transfer
    wanted = [(target.description or target.phone, target.phone) for target in transfer.phones if target.phone]
    if transfer.phone:
        wanted.append(("default", transfer.phone))
    named: dict[str, str] = {}
    notes: list[str] = []
    for place, (name, phone) in enumerate(wanted):
        try:
            named.setdefault(name or phone, parse_number(phone))
        except InvalidInput:
            notes.append(f"destination {place + 1} of flow.call_transfer is not offered: it is no number in E.164")
    return named, notes
