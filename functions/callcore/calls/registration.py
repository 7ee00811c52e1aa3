"""A call that a back end registers now and that begins later, by its `call_id` (protocol.md 6 and 7.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from callcore.agents.agent import Agent, AgentStatus, merge_override, parse_config
from callcore.calls.call import Call, CallStatus
from callcore.errors import InvalidInput, NotAllowed
from callcore.ids import AccountId, SessionId, new_call_id, new_session_id
from callcore.metadata import check_metadata

REGISTRATION_S = 24 * 3600
"""A call that has not begun by then is canceled."""


@dataclass(frozen=True)
class Registration:
    """What the account's back end asks for. Its word is trusted like that of a signed token."""

    agent: Agent | None
    """None: a temporary agent, made of `agent_config` alone."""
    agent_config: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    include_metadata_in_prompt: bool = False
    continues: SessionId | None = None
    """The earlier session whose history is wanted."""
    from_phone: str | None = None
    to_phone: str | None = None


def register(
    account_id: AccountId, wanted: Registration, now: float, *, phone_override: Mapping[str, Any] | None = None
) -> Call:
    """The row of the call; its configuration is that of this moment. `now` is unix seconds.

    `phone_override` replaces keys of the agent's configuration on the calls of a number; `wanted` replaces them again.

    Raises InvalidInput for a bad configuration, metadata over a limit or no agent at all, NotAllowed for a disabled
    agent.
    """
    if wanted.agent is None and wanted.agent_config is None:
        raise InvalidInput("the call needs agent_id or agent_config")
    if wanted.agent is not None:
        check_takes_calls(wanted.agent)
    config = merge_override(wanted.agent.config if wanted.agent else {}, phone_override or {})
    config = merge_override(config, wanted.agent_config or {})
    parse_config(config)
    check_metadata(wanted.metadata)
    return Call(
        session_id=new_session_id(),
        call_id=new_call_id(),
        account_id=account_id,
        status=CallStatus.REGISTERED,
        started_at=now,
        agent_id=wanted.agent.agent_id if wanted.agent else None,
        agent_config=config,
        metadata=dict(wanted.metadata),
        include_metadata_in_prompt=wanted.include_metadata_in_prompt,
        continues=wanted.continues,
        voip=voip_of(wanted.from_phone, wanted.to_phone),
    )


def check_takes_calls(agent: Agent) -> None:
    """Raises NotAllowed when the agent is disabled."""
    if agent.status is AgentStatus.DISABLED:
        raise NotAllowed(f"agent {agent.agent_id} is disabled")


def voip_of(
    from_phone: str | None, to_phone: str | None, carrier: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """`voip` of a call record: its numbers, and what its carrier calls it; None when there is none of it."""
    return {**(carrier or {}), "from": from_phone, "to": to_phone} if from_phone or to_phone or carrier else None


def is_forgotten(call: Call, now: float) -> bool:
    """Whether the call was registered and has not begun in time."""
    return call.status is CallStatus.REGISTERED and now - call.started_at > REGISTRATION_S
