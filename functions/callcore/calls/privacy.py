"""`privacy_settings.opt_out_data_collection`: what of a call may be kept (architecture.md 5)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from callcore.agents.agent import PrivacySettings
from callcore.calls.call import Call


def opted_out(agent_config: Mapping[str, Any]) -> bool:
    """Whether nothing that the user said or brought along may be stored. In doubt, it may not."""
    try:
        return PrivacySettings.model_validate(agent_config.get("privacy_settings") or {}).opt_out_data_collection
    except ValidationError:
        return True


def storable(call: Call) -> Call:
    """The call as it may be stored: itself, or without transcript, recording, metadata values and function calls."""
    if not opted_out(call.agent_config):
        return call
    return replace(call, metadata={}, chat=None, recording=None, function_calls=())
