"""Calls over WebRTC, begun by an offer (protocol.md 7.4)."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, CallingAccount, Dependencies
from api.problems import AsciiJsonResponse
from api.routes.calls import BlankIsNull, CallRequest, Continuation, call_off, continues_of, registration_of
from callcore.accounts.account import Account
from callcore.calls.call import Call
from callcore.calls.registration import register
from callcore.errors import CallError
from callcore.wire import client as wire
from callcore.wire.jobs import MAX_SDP_CHARS, Connect, Done
from callstore import private_calls

router = APIRouter()


class Offer(BaseModel):
    """A session description, as `RTCPeerConnection.createOffer` gives it."""

    sdp: Annotated[str, Field(min_length=1, max_length=MAX_SDP_CHARS)]
    type: Literal["offer"]


class Resumption(Continuation):
    """The earlier session, and how it goes on."""

    resume: Annotated[bool | None, BlankIsNull] = None
    """The connection to it was lost, and this offer is for the same conversation."""


class OfferRequest(CallRequest):
    """Who shall answer, and what."""

    offer: Offer
    session_continuation: Resumption | None = None
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
    resumes = bool(body.session_continuation and body.session_continuation.resume)
    back = wire.Continuation(session_id=continues_of(body.session_continuation), resume=resumes)
    initiate = wire.Initiate(session_continuation=back, web_forms=body.web_forms, voice=body.voice)
    connect = Connect(sdp=body.offer.sdp, initiate=initiate)
    try:
        done = await run_in_threadpool(stores.reception.send, account.account_id, call.session_id, connect)
    except CallError:
        await run_in_threadpool(call_off, call, stores)
        raise
    return AsciiJsonResponse({**answer_of(done), "call_id": call.call_id})


def _registered(body: OfferRequest, account: Account, stores: Dependencies) -> Call:
    wanted = registration_of(body, account, stores)
    call = register(account.account_id, wanted, stores.clock.unix_s())
    private_calls.register_call(call, stores.calls, stores.private)
    return call


def answer_of(done: Done) -> dict[str, Any]:
    """The reply to an offer, as clients of every kind find the answer in it."""
    answer = {"sdp": done.sdp, "type": "answer"}
    return {**answer, "answer": answer, "session_id": done.session_id}
