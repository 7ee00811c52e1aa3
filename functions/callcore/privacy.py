"""`privacy_settings.opt_out_data_collection`: what of a call may be kept (architecture.md 5)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from callcore.calls import Call


def opted_out(agent_config: Mapping[str, Any]) -> bool:
    """Whether nothing that the user said or brought along may be stored. In doubt, it may not."""
    settings = agent_config.get("privacy_settings")
    return isinstance(settings, Mapping) and bool(settings.get("opt_out_data_collection"))


def storable(call: Call) -> Call:
    """The call as it may be stored: itself, or without transcript, metadata values and function calls."""
    if not opted_out(call.agent_config):
        return call
    return replace(call, metadata={}, chat=None, function_calls=())
