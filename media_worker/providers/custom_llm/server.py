"""The customer's server of one session, reached through the guarded WebSocket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcore.agents.agent import Webhook
from callcore.errors import InvalidInput, RequestFailed
from callcore.opening.plan import SessionPlan
from callcore.telephony.outbound import CALL_SID
from callcore.variables import render_url
from callnet.websocket import guarded_websocket
from media_worker.providers.custom_llm.line import Connection
from media_worker.providers.custom_llm.llm import CallFacts, CustomLlm

CONNECT_S = 5.0
TOLD = ("from", "to", "provider", "direction")
"""Of `voip`; the rest is between us and the carrier."""


def custom_llm(plan: SessionPlan, webhook: Webhook, *, private: bool) -> CustomLlm:
    """The model of this session; `private` admits servers of this machine and of private networks."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Connection]:
        try:
            url = render_url(webhook.url.strip(), plan.variables)
        except InvalidInput as error:
            raise RequestFailed(str(error), final=True) from error
        headers = webhook.headers
        async with guarded_websocket(url, headers=headers, timeout_s=CONNECT_S, private=private) as connection:
            yield connection

    facts = CallFacts(
        plan.session_id,
        plan.agent_id,
        plan.metadata,
        None if plan.voip is None else {name: plan.voip[name] for name in TOLD if name in plan.voip},
        (plan.voip or {}).get(CALL_SID),
        first_message=plan.first_message or "",
        earlier=plan.continued.chat if plan.continued and not plan.continued.resumed else (),
        owes_answer=plan.continued is not None and plan.continued.owes_answer,
    )
    return CustomLlm(facts, connect)
