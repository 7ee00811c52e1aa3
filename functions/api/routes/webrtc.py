"""Calls over WebRTC, begun by an offer (protocol.md 7.4)."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, CallingAccount, Dependencies
from api.problems import AsciiJsonResponse
from api.routes.calls import continues_of
from callcore.accounts import Account
from callcore.calls import Call, CallStatus
from callcore.errors import CallError
from callcore.ids import AgentId
from callcore.outbound import never_answered
from callcore.registration import Registration, register
from callcore.wire.client import Continuation, Initiate
from callcore.wire.jobs import MAX_SDP_CHARS, Connect, Done
from callstore import private_calls

router = APIRouter()

_BlankIsNull = BeforeValidator(lambda value: None if value == "" else value)


class Offer(BaseModel):
    """A session description, as `RTCPeerConnection.createOffer` gives it."""

    sdp: Annotated[str, Field(min_length=1, max_length=MAX_SDP_CHARS)]
    type: Literal["offer"]


class OfferRequest(BaseModel):
    """Who shall answer, and what."""

    offer: Offer
    agent_id: Annotated[str | None, _BlankIsNull] = None
    agent_config: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    include_metadata_in_prompt: Annotated[bool | None, _BlankIsNull] = None
    session_continuation: Continuation | None = None
    """`resume`: the connection to that session was lost, and this offer is for the same conversation."""
    web_forms: bool = False
    """The client shows the forms of `onfunction`."""
    voice: bool = True
    """Whether the agent is to be heard; else it only writes."""


@router.post("/webrtc/offer")
async def answer_offer(body: OfferRequest, account: CallingAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Answer an offer; the call begins when the client has connected, within ten seconds.

    The answer holds all candidates. It stands in the reply twice, as clients look for it in two places.
    """
    call = await run_in_threadpool(_registered, body, account, stores)
    initiate = Initiate(
        session_continuation=body.session_continuation or Continuation(), web_forms=body.web_forms, voice=body.voice
    )
    connect = Connect(sdp=body.offer.sdp, initiate=initiate)
    try:
        done = await run_in_threadpool(stores.reception.send, account.account_id, call.session_id, connect)
    except CallError:
        await run_in_threadpool(stores.calls.finish_call, never_answered(call, CallStatus.CANCELED))
        raise
    return AsciiJsonResponse({**answer_of(done), "call_id": call.call_id})


def _registered(body: OfferRequest, account: Account, stores: Dependencies) -> Call:
    agent = stores.agents.get_agent(account.account_id, AgentId(body.agent_id)) if body.agent_id else None
    wanted = Registration(
        agent=agent,
        agent_config=body.agent_config,
        metadata=body.metadata or {},
        include_metadata_in_prompt=bool(body.include_metadata_in_prompt),
        continues=continues_of(body.session_continuation),
    )
    call = register(account.account_id, wanted, stores.clock.unix_s())
    private_calls.register_call(call, stores.calls, stores.private)
    return call


def answer_of(done: Done) -> dict[str, Any]:
    """The reply to an offer, as clients of every kind find the answer in it."""
    answer = {"sdp": done.sdp, "type": "answer"}
    return {**answer, "answer": answer, "session_id": done.session_id}
