"""Requests that an agent's owner has made to see what his servers answer, as a call would make them. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from callcore.accounts.account import Account
from callcore.agents.agent import Agent
from callcore.agents.tools import Tool
from callcore.calls.call import Call, CallStatus
from callcore.deliveries.delivery import delivery_id_of, webhook_of
from callcore.errors import InvalidInput
from callcore.ids import CallId, SessionId
from callcore.jsontext import to_json
from callcore.opening.plan import OpeningRequest, begin_opening
from callcore.tools.tool_call import checked
from callcore.tools.tool_request import HttpRequest, tool_request
from callcore.variables import render_url, variables_of
from callcore.wire.webhooks import call_ended
from callnet.standard_webhooks import signed_headers

SESSION = SessionId("00000000-0000-4000-8000-000000000000")
"""Of no call: by it your server knows a trial."""


def system_values(agent: Agent) -> dict[str, str]:
    """The variables that every session has."""
    return {"session_id": SESSION, "agent_id": agent.agent_id}


def tool_trial(agent: Agent, tool: Tool, arguments: Mapping[str, Any], metadata: Mapping[str, Any]) -> HttpRequest:
    """What a function would send. Raises InvalidInput."""
    if not tool.has_webhook:
        raise InvalidInput("the function has no address: the page alone learns of it")
    variables = variables_of(metadata, system_values(agent))
    return tool_request(tool, checked(tool.model_params, arguments), SESSION, metadata, variables)


def prefetch_trial(agent: Agent, account: Account, metadata: Mapping[str, Any]) -> HttpRequest:
    """What the webhook before a call would be asked. Raises InvalidInput."""
    request = OpeningRequest(
        SESSION, account.account_id, account.max_call_duration_s, agent.agent_id, agent.config, signed_metadata=metadata
    )
    opening = begin_opening(request)
    if opening.prefetch is None:
        raise InvalidInput("; ".join(opening.notes) or "there is no webhook before a call")
    return HttpRequest("GET", opening.prefetch.url, opening.prefetch.headers)


def end_trial(agent: Agent, account: Account, metadata: Mapping[str, Any], now: float) -> HttpRequest:
    """What the webhook after a call would be told of a short call, signed as ever. Raises InvalidInput."""
    webhook = webhook_of(agent.config)
    if webhook is None:
        raise InvalidInput("there is no webhook after a call")
    call = _call(agent, account, metadata, now)
    body = to_json({**call_ended(call, None), "test": True}).encode()
    proof = signed_headers(delivery_id_of(call.session_id), now, body, account.webhook_secrets)
    url = render_url(webhook.url.strip(), variables_of(metadata, system_values(agent)))
    return HttpRequest("POST", url, {**webhook.headers, "Content-Type": "application/json", **proof}, body)


def _call(agent: Agent, account: Account, metadata: Mapping[str, Any], now: float) -> Call:
    """A call as it might have been."""
    call = Call(
        session_id=SESSION,
        call_id=CallId(SESSION),
        account_id=account.account_id,
        status=CallStatus.USER_ENDED,
        started_at=now - 12,
        agent_id=agent.agent_id,
        agent_config=agent.config,
        metadata=metadata,
        worker_id=None,
        duration_s=12,
    )
    chat = [{"role": "assistant", "content": "Hello, this is a test."}, {"role": "user", "content": "Thank you."}]
    return replace(call, chat=chat, chars_used=22)
