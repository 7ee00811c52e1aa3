"""Calls over WebRTC that a page or a program begins with a public key: as `initiate` does, and as WHIP (RFC 9725)."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.dependencies import AppDependencies, Dependencies
from api.problems import AsciiJsonResponse
from api.routes.webrtc import Offer, answer_of
from callauth.keys import authenticate, parse_authorization
from callauth.turn_credentials import ice_link
from callcore.accounts.account import Account, KeyKind
from callcore.errors import InvalidInput, NotFound, Unauthenticated
from callcore.ids import SessionId, new_session_id
from callcore.loopback import is_forwarded
from callcore.wire.client import AgentChoice, Initiate
from callcore.wire.jobs import MAX_SDP_CHARS, Caller, Connect, Done, HangUp, Trickle
from callcore.workers.worker import place_of

router = APIRouter()

_Authorization = APIKeyHeader(
    name="Authorization", scheme_name="public key", description="The key, after Bearer.", auto_error=False
)
Key = Annotated[str | None, Security(_Authorization)]
SessionPath = Annotated[str, Path(description="As Location named it.", max_length=200)]
_SDP: dict[int | str, dict[str, Any]] = {
    201: {"content": {"application/sdp": {"schema": {"type": "string"}}}, "description": "The answer."}
}


class InitiateRequest(BaseModel):
    """An offer, and `data` of an `initiate`."""

    offer: Offer
    initiate: Initiate
    """With a public key: everything is refused that its policy refuses on `/millis`."""


@router.post("/webrtc/initiate")
async def initiate_over_webrtc(body: InitiateRequest, request: Request, stores: AppDependencies) -> AsciiJsonResponse:
    """Begin a call over WebRTC as `initiate` begins one over `/millis`, by the public key that stands in it.

    Pages of any origin may ask; which of them are answered is the key's policy.
    """
    done = await _connected(body.initiate, body.offer.sdp, request, stores)
    told = {**answer_of(done), "session_url": _url_of(done)}
    return AsciiJsonResponse(told, headers={"Location": _url_of(done)})


@router.post("/webrtc/whip/{agent_id}", status_code=201, responses=_SDP, response_class=Response)
async def begin_by_whip(
    agent_id: str,
    request: Request,
    stores: AppDependencies,
    authorization: Key = None,
    token: Annotated[str | None, Query(description="Signed metadata.")] = None,
) -> Response:
    """The same for clients of WHIP: an offer as application/sdp, opened by a public key after Bearer."""
    initiate = Initiate(public_key=_key(authorization), agent=AgentChoice(agent_id=agent_id), token=token)
    sdp = await _text(request, "an offer")
    done = await _connected(initiate, sdp, request, stores)
    reply = Response(done.sdp, 201, {"Location": _url_of(done)}, "application/sdp")
    reply.headers["Accept-Patch"] = "application/trickle-ice-sdpfrag"
    for server in _ice_servers(stores, str(done.session_id)):
        for link in ice_link(server):
            reply.headers.append("Link", link)
    return reply


@router.patch("/webrtc/sessions/{session}", status_code=204, response_class=Response)
async def add_candidates(
    session: SessionPath, request: Request, stores: AppDependencies, authorization: Key = None
) -> Response:
    """More of the client's candidates (RFC 8840). 422 for new credentials: another network needs another offer."""
    key, fragment = _key(authorization), await _text(request, "a fragment of an offer")
    await _tell(session, lambda place: Trickle(place=place, fragment=fragment), stores, key)
    return Response(status_code=204)


@router.delete("/webrtc/sessions/{session}")
async def hang_up(session: SessionPath, stores: AppDependencies, authorization: Key = None) -> AsciiJsonResponse:
    """The client hangs up: the call ends as `user-ended`."""
    await _tell(session, lambda place: HangUp(place=place), stores, _key(authorization))
    return AsciiJsonResponse({"session_id": session.partition(".")[0], "ended": True})


class IceServer(BaseModel):
    """As RTCPeerConnection takes it."""

    urls: list[str]
    username: Annotated[str | None, Field(description="Absent for servers that need none.")] = None
    credential: str | None = None


class IceServers(BaseModel):
    """For the configuration of an RTCPeerConnection."""

    iceServers: list[IceServer]


@router.get("/webrtc/ice_servers", response_model=IceServers)
async def list_ice_servers(stores: AppDependencies, authorization: Key = None) -> AsciiJsonResponse:
    """TURN servers for a client, with credentials for two hours; an empty list where none are needed."""
    account = await run_in_threadpool(_account, stores, _key(authorization))
    servers = await run_in_threadpool(_ice_servers, stores, account.account_id)
    return AsciiJsonResponse({"iceServers": servers}, headers={"Cache-Control": "no-store"})


def _key(authorization: str | None) -> str:
    try:
        return parse_authorization(authorization)
    except Unauthenticated:
        raise Unauthenticated("send the public key in the Authorization header, after Bearer") from None


async def _text(request: Request, what: str) -> str:
    text = (await request.body()).decode(errors="replace")
    if not 0 < len(text) <= MAX_SDP_CHARS:
        raise InvalidInput(f"the body has to be {what}, of at most {MAX_SDP_CHARS} characters")
    return text


def _account(stores: Dependencies, key: str) -> Account:
    """The account that a key of either kind opens. Raises Unauthenticated, NotAllowed and LimitExceeded."""
    try:
        record, account = authenticate(stores.accounts, key, KeyKind.PUBLIC)
    except Unauthenticated:
        record, account = authenticate(stores.accounts, key, KeyKind.PRIVATE)
    stores.limiter.count(record.key_hash, stores.clock.monotonic_s())
    return account


def _ice_servers(stores: Dependencies, who: str) -> list[dict[str, Any]]:
    return stores.turn.for_client(who, stores.clock.unix_s())


async def _connected(initiate: Initiate, sdp: str, request: Request, stores: Dependencies) -> Done:
    if not initiate.public_key:
        raise Unauthenticated("initiate needs a public_key")
    record, account = await run_in_threadpool(authenticate, stores.accounts, initiate.public_key, KeyKind.PUBLIC)
    stores.limiter.count(record.key_hash, stores.clock.monotonic_s())
    caller = Caller(
        host=request.client.host if request.client else "",
        origin=request.headers.get("origin"),
        forwarded=is_forwarded(request.headers.keys()),
    )
    connect = Connect(sdp=sdp, initiate=initiate, caller=caller)
    # The worker gives the session its id, which may be that of a registered call.
    return await run_in_threadpool(stores.reception.send, account.account_id, new_session_id(), connect)


def _url_of(done: Done) -> str:
    """Where the client changes its call: who holds it is part of the address."""
    return f"/webrtc/sessions/{done.session_id}.{place_of(done.worker_id)}"


async def _tell(session: str, command: Callable[[str], Trickle | HangUp], stores: Dependencies, key: str) -> None:
    session_id, _, place = session.partition(".")
    if not place:
        raise NotFound("session", session)
    account = await run_in_threadpool(_account, stores, key)
    told = command(place)
    await run_in_threadpool(stores.reception.send, account.account_id, SessionId(session_id), told)
