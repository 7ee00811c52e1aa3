"""The functions of an agent, run for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from callcore.agents.tools import Tool
from callcore.ids import SessionId


@dataclass(frozen=True)
class ToolRequest:
    """One run of one function."""

    tool: Tool
    """As its owner configured it: where it is, how it is called."""
    arguments: Mapping[str, Any]
    """Checked, in the declared types."""
    session_id: SessionId
    metadata: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    """Session variables by name, for the URL."""
    timeout_s: float = 5.0
    """The caller stops it after this long; what takes its own time over a connection need not take more."""


class ToolRunner(Protocol):
    """Runs functions."""

    async def run(self, request: ToolRequest) -> str:
        """The result, text or JSON, for the model; empty when there is none to have.

        Being cancelled stops it. Raises ToolFailed, whose message the model may repeat to the user.
        """
        ...
