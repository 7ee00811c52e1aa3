"""Which functions a call ran: `function_calls` of its record, read from its chat (protocol.md 9.2)."""

from collections.abc import Mapping, Sequence
from typing import Any

from callcore.errors import InvalidInput
from callcore.jsontext import parse_json
from callcore.tools.tool_call import REPEATED
from callcore.tools.toolbox import BuiltIn


def function_calls_of(chat: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Every function of the agent that was called, in order, with its result. Those of the call itself are none."""
    results = {message.get("tool_call_id"): message.get("content") for message in chat if message["role"] == "tool"}
    calls = [
        call for message in chat for call in message.get("tool_calls") or () if not _is_repeated(call["id"], results)
    ]
    return tuple(
        {
            "name": call["function"]["name"],
            "params": _params(call["function"]["arguments"]),
            "result": results.get(call["id"], ""),
            "run_after_call": False,
        }
        for call in calls
        if call["function"]["name"] not in set(BuiltIn)
    )


def _is_repeated(call_id: str, results: Mapping[Any, Any]) -> bool:
    return call_id.endswith(REPEATED) and call_id.removesuffix(REPEATED) in results


def _params(arguments: str) -> dict[str, Any]:
    """The arguments as an object; what the model wrote may be none."""
    try:
        params = parse_json(arguments or "{}")
    except InvalidInput:
        return {}
    return params if isinstance(params, dict) else {}
