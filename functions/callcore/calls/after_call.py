"""Functions that run when the call is over (protocol.md 4.1, `run_after_call`). Pure.

One whose arguments are all fixed runs after every call. One with arguments of the model's choice runs when the model,
asked at the end with the whole conversation before it, calls it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from callcore.agents.agent import AgentConfig, parse_config
from callcore.agents.tools import Tool
from callcore.calls.call import Call
from callcore.errors import InvalidInput
from callcore.ids import SessionId
from callcore.jsontext import to_json
from callcore.tools.tool_call import arguments_of, is_fixed
from callcore.variables import variables_of


@dataclass(frozen=True)
class AfterCall:
    """One function that the model wants to be run."""

    name: str
    params: Mapping[str, Any]
    """Checked, in the declared types."""


def after_call_tools(config: AgentConfig) -> tuple[Tool, ...]:
    """Those that can: a form has nobody to fill it in any more, and what has no webhook has nowhere to run."""
    tools = (*config.tools, *config.millis_functions)
    return tuple(tool for tool in tools if tool.run_after_call and tool.has_webhook and not tool.is_web_form)


def asks_model(tool: Tool, variables: Mapping[str, str]) -> bool:
    """Whether it has arguments of the model's choice."""
    return not all(is_fixed(param, variables) for param in tool.params)


def variables_of_call(call: Call) -> dict[str, str]:
    """The variables of a stored call."""
    voip = call.voip or {}
    system = {
        "session_id": call.session_id,
        "agent_id": call.agent_id,
        "FromPhone": voip.get("from"),
        "ToPhone": voip.get("to"),
    }
    return variables_of(call.metadata, {name: str(value) for name, value in system.items() if value})


def after_call_entries(call: Call, wanted: Iterable[AfterCall]) -> tuple[dict[str, Any], ...]:
    """What is to be run of an ending call's functions, as `function_calls` lists it; `wanted` by the model.

    `delivery_id` names the run: it is the same however often the call's end is stored. A function whose fixed arguments
    do not fit it, as a visitor's metadata may not, is not run: its entry has none, and says why.
    """
    variables = variables_of_call(call)
    counts: Counter[str] = Counter()
    entries: list[dict[str, Any]] = []
    for tool in _tools_of(call):
        try:
            runs = _runs(tool, wanted, variables)
        except InvalidInput as error:
            entries.append(_entry(tool.name, {}, to_json({"error": str(error)})))
            continue
        for run in runs:
            counts[run.name] += 1
            delivery_id = function_delivery_id(call.session_id, run.name, counts[run.name])
            entries.append(_entry(run.name, run.params) | {"delivery_id": delivery_id})
    return tuple(entries)


def _runs(tool: Tool, wanted: Iterable[AfterCall], variables: Mapping[str, str]) -> tuple[AfterCall, ...]:
    """Raises InvalidInput when the fixed arguments are not of their declared types."""
    if asks_model(tool, variables):
        return tuple(run for run in wanted if run.name == tool.name)
    return (AfterCall(tool.name, arguments_of(tool, "", variables)),)


def _entry(name: str, params: Mapping[str, Any], result: str = "") -> dict[str, Any]:
    return {"name": name, "params": dict(params), "result": result, "run_after_call": True}


def function_delivery_id(session_id: SessionId, name: str, number: int) -> str:
    """Of the n-th run of a function after a call, from 1."""
    return f"function.called:{session_id}:{name}.{number}"


def find_run(call: Call, delivery_id: str) -> tuple[Tool, Mapping[str, Any]] | None:
    """The function that a delivery runs, and its arguments; None when it runs none of the call's."""
    entries = [entry for entry in call.function_calls if entry.get("delivery_id") == delivery_id]
    tools = {tool.name: tool for tool in _tools_of(call)}
    if not entries or entries[0]["name"] not in tools:
        return None
    return tools[entries[0]["name"]], entries[0]["params"]


def _tools_of(call: Call) -> tuple[Tool, ...]:
    try:
        return after_call_tools(parse_config(call.agent_config))
    except InvalidInput:
        return ()
