"""Addresses at which SIP calls reach an agent (protocol.md 7.3)."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, CallingAccount, Dependencies, PrivateAccount
from api.idempotency import RequestOnce
from api.problems import AsciiJsonResponse
from api.routes.calls import BlankIsNull, CallRequest, registration_of
from api.sip_desk import Guard
from callcore.accounts.account import Account
from callcore.calls.registration import register
from callcore.errors import InvalidInput
from callcore.ids import AgentId, CallId, new_call_id
from callcore.phones.sip_addresses import MAX_TOKEN_S, TOKEN_S, SipAddress, sip_uri
from callstore import private_calls

router = APIRouter()

Text = Annotated[Annotated[str, Field(max_length=64)] | None, BlankIsNull]


class SipCallRequest(CallRequest):
    """The common request object, and how long the address is good for."""

    expires_in: Annotated[int, Field(ge=1, le=MAX_TOKEN_S)] | None = None
    """Ours: seconds; null is 60."""


class SipAddressRequest(BaseModel):
    """A permanent address. All but `init_agent` and `region` are ours.

    Its calls come from `sources` (networks such as 203.0.113.0/24), prove `username` and `password` (digest), or both.
    Without either, credentials are made and told in the reply.
    """

    init_agent: CallRequest
    region: Text = None
    user: Text = None
    """The part before the @: a number such as +15551234567, or a name; null is one that nobody can guess."""
    sources: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=100)] | None = None
    username: Text = None
    password: Text = None


@router.post("/register_sip_call")
async def register_sip_call(
    body: SipCallRequest, account: CallingAccount, stores: AppDependencies, once: RequestOnce
) -> AsciiJsonResponse:
    """Register a call, and get the address that one INVITE opens it with, within a minute.

    503 when no worker with a SIP endpoint has room. The same `Idempotency-Key` with the same body gives the same call.
    """
    return await once.reply(lambda: run_in_threadpool(_registered, body, account, stores))


def _registered(body: SipCallRequest, account: Account, stores: Dependencies) -> dict[str, Any]:
    now, lifetime_s = stores.clock.unix_s(), body.expires_in or TOKEN_S
    call = register(account.account_id, registration_of(body, account, stores), now)
    host = stores.sip.reserve(call.session_id, now)
    private_calls.register_call(call, stores.calls, stores.private)
    user = stores.sip.invite(call, now + lifetime_s)
    return {
        "call_id": call.call_id,
        "session_id": call.session_id,
        "sip_uri": sip_uri(user, host),
        "sip_uri_tcp": sip_uri(user, host, "tcp"),
        "expires_in": lifetime_s,
    }


@router.post("/sip")
async def create_sip_address(
    body: SipAddressRequest, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """A permanent address of an agent; a password that was made is told here and nowhere else.

    409 where the workers have no address that stays, and when `user` is taken.
    """
    return AsciiJsonResponse(await run_in_threadpool(_settled, body, account, stores))


def _settled(body: SipAddressRequest, account: Account, stores: Dependencies) -> dict[str, Any]:
    host, wanted = stores.sip.host(), body.init_agent
    for name in ("from_phone", "session_continuation"):
        if getattr(wanted, name) is not None:
            raise InvalidInput(f"init_agent.{name}: every call of a permanent address has its own")
    # What is wrong with it shall be told now, and not to the first caller.
    register(account.account_id, registration_of(wanted, account, stores), stores.clock.unix_s())
    address = SipAddress(
        call_id=new_call_id(),
        account_id=account.account_id,
        user="",
        created_at=stores.clock.unix_s(),
        agent_id=AgentId(wanted.agent_id) if wanted.agent_id else None,
        agent_config=wanted.agent_config,
        metadata=wanted.metadata or {},
        include_metadata_in_prompt=bool(wanted.include_metadata_in_prompt),
        to_phone=wanted.to_phone,
    )
    guard = Guard(tuple(body.sources or ()), body.username, body.password)
    settled, password = stores.sip.settle(address, body.user, guard)
    return address_body(settled, host) | ({"password": password} if password else {})


@router.get("/sip")
async def list_sip_addresses(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Ours: the account's permanent addresses, oldest first, as a bare array."""
    addresses = await run_in_threadpool(stores.sip.addresses.list_addresses, account.account_id)
    host = await run_in_threadpool(stores.sip.permanent_host)
    return AsciiJsonResponse([address_body(address, host) for address in addresses])


@router.delete("/sip/{call_id}")
async def delete_sip_address(call_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Take no more calls at this address; those that go on stay."""
    await run_in_threadpool(stores.sip.addresses.delete_address, account.account_id, CallId(call_id))
    return AsciiJsonResponse({"call_id": call_id})


def address_body(address: SipAddress, host: str) -> dict[str, Any]:
    """A permanent address as its owner sees it; it leads nowhere (null) where they are off now."""
    return {
        "call_id": address.call_id,
        "sip": sip_uri(address.user, host) if host else None,
        "sip_tcp": sip_uri(address.user, host, "tcp") if host else None,
        "agent_id": address.agent_id,
        "sources": list(address.sources),
        "username": address.username,
        "created_at": address.created_at,
    }
