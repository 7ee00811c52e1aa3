"""Who may start a session, and with what: from `initiate` to a plan."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from callauth.keys import authenticate
from callauth.tokens import TokenUse, verify
from callcore.accounts.account import Account, KeyKind, KeyRecord
from callcore.accounts.key_policy import KeyUse, check_key_use
from callcore.accounts.ports import AccountStore, UsedTokens
from callcore.agents.agent import Agent, AgentConfig
from callcore.agents.ports import AgentStore
from callcore.calls.call import Call, CallStatus
from callcore.calls.ports import CallLog
from callcore.calls.registration import check_takes_calls, is_forgotten
from callcore.clock import Clock
from callcore.deliveries.outbox import PrivateReports
from callcore.errors import Conflict, InvalidInput, RequestFailed, Unauthenticated
from callcore.ids import AccountId, AgentId, CallId, SessionId, new_session_id
from callcore.knowledge.known import NO_KNOWLEDGE, Knowledge
from callcore.loopback import is_loopback
from callcore.opening.continuation import IGNORED, ContinuationWish
from callcore.opening.plan import (
    Opening,
    OpeningRequest,
    Prefetched,
    PrefetchRequest,
    SessionPlan,
    begin_opening,
    finish_opening,
)
from callcore.telephony.streams import PhoneStream
from callcore.trace import work_for
from callcore.wire.client import Initiate
from callstore.private_calls import with_its_metadata
from media_worker.ports.prefetch import Prefetch
from media_worker.ports.socket import Peer
from media_worker.session.admission.arrivals import Arrivals
from media_worker.session.admission.earlier_calls import EarlierCalls

Checked = Callable[[AccountId], PhoneStream]
"""The stream, once it is seen whether the carrier that the account has opened it. Raises Unauthenticated."""
Knows = Callable[[AccountId, AgentConfig], Coroutine[None, None, Knowledge]]
"""What an agent of the account knows from files; what cannot be read is told in its notes."""


async def knows_nothing(account_id: AccountId, config: AgentConfig) -> Knowledge:
    """There are no files."""
    return NO_KNOWLEDGE


@dataclass(frozen=True)
class Admitted:
    """A session that may begin."""

    account: Account
    plan: SessionPlan
    key: KeyRecord | None = None
    """The public key that opened it, if one did."""


@dataclass(frozen=True)
class Admission:
    """Checks keys, policies and tokens, and makes the plan. Its stores are synchronous."""

    accounts: AccountStore
    agents: AgentStore
    call_log: CallLog
    used_tokens: UsedTokens
    prefetch: Prefetch
    clock: Clock
    own_origins: Collection[str]
    """Origins of our own pages: a public key is always usable there."""
    earlier: EarlierCalls
    arrivals: Arrivals = field(default_factory=Arrivals)
    knows: Knows = knows_nothing
    reports: PrivateReports | None = None
    """Where the metadata of registered calls waits that no row may hold."""

    async def admit(self, initiate: Initiate, peer: Peer, checked: Checked | None = None) -> Admitted:
        """The plan of the session; `checked`: a carrier's stream asks for it, with nothing but a public key.

        Raises CallError with a reason for the client.
        """
        self.arrivals.count(initiate.public_key or "", peer, self.clock.monotonic_s())
        return await self.complete(*await asyncio.to_thread(self._begin, initiate, peer, checked))

    async def complete(self, account: Account, opening: Opening, key: KeyRecord | None = None) -> Admitted:
        """The plan of an opening that nothing speaks against, with what the customer's server knows."""
        work_for(opening.request.session_id)
        async with asyncio.TaskGroup() as tasks:
            known = tasks.create_task(self.knows(account.account_id, opening.config))
            prefetched = await self._prefetched(opening.prefetch) if opening.prefetch else None
        return Admitted(account, finish_opening(opening, prefetched, known.result()), key)

    async def _prefetched(self, request: PrefetchRequest) -> Prefetched:
        """What the customer's server knows; that it gave nothing is no reason to refuse the session."""
        try:
            return await self.prefetch.fetch(request)
        except RequestFailed as error:
            return Prefetched(failure=str(error))

    def _begin(self, initiate: Initiate, peer: Peer, checked: Checked | None) -> tuple[Account, Opening, KeyRecord]:
        if not initiate.public_key:
            raise Unauthenticated("initiate needs a public_key")
        key, account = authenticate(self.accounts, initiate.public_key, KeyKind.PUBLIC)
        call = self._registered_call(account, initiate) if initiate.call_id else None
        agent = self._agent(account, initiate, call)
        stored_config = call.agent_config if call else agent.config if agent else None
        wanted = KeyUse(
            agent_id=agent.agent_id if agent else None,
            override=initiate.agent.agent_config,
            stored_config=stored_config,
            origin=peer.origin,
            own_origins=self.own_origins,
            has_token=initiate.token is not None,
            is_registered=call is not None,
            by_phone=checked is not None,
            from_loopback=is_loopback(peer.host) and not peer.forwarded,
        )
        check_key_use(key.policy, wanted)
        request = OpeningRequest(
            session_id=new_session_id(),
            account_id=account.account_id,
            max_call_duration_s=account.max_call_duration_s,
            agent_id=wanted.agent_id,
            stored_config=stored_config,
            session_override=initiate.agent.agent_config,
            metadata=initiate.metadata,
            signed_metadata=self._signed_metadata(account, agent, initiate, peer),
            include_metadata_in_prompt=initiate.include_metadata_in_prompt,
            shows_forms=initiate.web_forms,
            text_only=not initiate.voice,
            opened_by=key.key_id,
        )
        if checked is not None:
            request = _of_stream(request, checked(account.account_id))
        if call is not None:
            request = _of_registered_call(request, call)
        request = self.continuing(request, _wish(initiate, call, request.agent_id, key))
        return account, begin_opening(request), key

    def continuing(self, request: OpeningRequest, wish: ContinuationWish | None) -> OpeningRequest:
        """The request with what it takes over; what cannot be had is told and is no reason to refuse the session."""
        if wish is None:
            return request
        continued = self.earlier.find(request.account_id, wish)
        return replace(request, continued=continued, notes=() if continued else (IGNORED,))

    def _registered_call(self, account: Account, initiate: Initiate) -> Call:
        """The call that `call_id` names; whether it begins only once is seen when it is stored as begun."""
        call = self.call_log.find_call(account.account_id, CallId(initiate.call_id or ""))
        if call.status is not CallStatus.REGISTERED:
            raise Conflict(f"call {call.call_id} has begun already")
        if is_forgotten(call, self.clock.unix_s()):
            raise Conflict(f"call {call.call_id} was not started in time")
        return with_its_metadata(call, self.reports, self.clock.unix_s())

    def _agent(self, account: Account, initiate: Initiate, call: Call | None) -> Agent | None:
        """The stored agent; None for a temporary one."""
        agent_id = initiate.agent.agent_id or None
        if call is not None:
            if agent_id not in (None, call.agent_id):
                raise InvalidInput("agent.agent_id is not that of the registered call")
            agent_id = call.agent_id
        elif agent_id is None and initiate.agent.agent_config is None:
            raise InvalidInput("initiate needs agent.agent_id, agent.agent_config or call_id")
        if agent_id is None:
            return None
        agent = self.agents.get_agent(account.account_id, AgentId(agent_id))
        check_takes_calls(agent)
        return agent

    def _signed_metadata(
        self, account: Account, agent: Agent | None, initiate: Initiate, peer: Peer
    ) -> Mapping[str, Any] | None:
        if initiate.token is None:
            return None
        use = TokenUse(
            account_id=account.account_id,
            agent_id=agent.agent_id if agent else AgentId(""),
            origin=peer.origin,
            now=self.clock.unix_s(),
        )
        return verify(initiate.token, account.embed_secret, use, self.used_tokens).metadata


def _wish(initiate: Initiate, call: Call | None, agent_id: AgentId | None, key: KeyRecord) -> ContinuationWish | None:
    """What the session shall go on from: what a registered call names was named by the account's back end."""
    wanted = initiate.session_continuation
    if call is not None and call.continues:
        return ContinuationWish(call.continues, agent_id=agent_id)
    if not wanted.session_id:
        return None
    return ContinuationWish(SessionId(wanted.session_id), wanted.resume, agent_id, key.key_id)


def _of_stream(request: OpeningRequest, stream: PhoneStream) -> OpeningRequest:
    """The request as a carrier's stream makes it."""
    return replace(
        request,
        from_phone=stream.from_phone,
        to_phone=stream.to_phone,
        carrier_call=stream.to_voip(),
        transport=str(stream.carrier),
    )


def _of_registered_call(request: OpeningRequest, call: Call) -> OpeningRequest:
    """The request as the account's back end registered it: its metadata is trusted like that of a token."""
    voip = call.voip or {}
    return replace(
        request,
        session_id=call.session_id,
        call_id=call.call_id,
        signed_metadata={**call.metadata, **(request.signed_metadata or {})},
        include_metadata_in_prompt=request.include_metadata_in_prompt or call.include_metadata_in_prompt,
        from_phone=voip.get("from"),
        to_phone=voip.get("to"),
    )
