"""Who may start a session, and with what: from `initiate` to a plan."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from callauth.keys import authenticate
from callauth.tokens import SignedMetadata, TokenUse, verify
from callcore.accounts import Account, KeyKind
from callcore.agents import Agent
from callcore.clock import Clock
from callcore.errors import InvalidInput, NotFound, Unauthenticated
from callcore.ids import AgentId, new_session_id
from callcore.key_policy import KeyUse, check_key_use
from callcore.opening import OpeningRequest, SessionPlan, begin_opening, finish_opening
from callcore.ports import AccountStore, AgentStore, UsedTokens
from callcore.wire.client import Initiate
from media_worker.ports.socket import Peer


@dataclass(frozen=True)
class Admitted:
    """A session that may begin."""

    account: Account
    plan: SessionPlan


@dataclass(frozen=True)
class Admission:
    """Checks keys, policies and tokens, and makes the plan. Its stores are synchronous."""

    accounts: AccountStore
    agents: AgentStore
    used_tokens: UsedTokens
    clock: Clock
    own_origins: Collection[str]
    """Origins of our own pages: a public key is always usable there."""

    async def admit(self, initiate: Initiate, peer: Peer) -> Admitted:
        """The plan of the session. Raises CallError with a reason for the client."""
        return await asyncio.to_thread(self._admit, initiate, peer)

    def _admit(self, initiate: Initiate, peer: Peer) -> Admitted:
        if not initiate.public_key:
            raise Unauthenticated("initiate needs a public_key")
        if initiate.call_id is not None:
            raise NotFound("call", "named by call_id")
        key, account = authenticate(self.accounts, initiate.public_key, KeyKind.PUBLIC)
        agent = self._agent(account, initiate)
        override = initiate.agent.agent_config
        check_key_use(
            key.policy,
            KeyUse(
                agent_id=agent.agent_id if agent else None,
                override=override,
                stored_config=agent.config if agent else None,
                origin=peer.origin,
                own_origins=self.own_origins,
                has_token=initiate.token is not None,
                from_loopback=_is_loopback(peer.host) and not peer.forwarded,
            ),
        )
        signed = self._signed_metadata(account, initiate, peer)
        request = OpeningRequest(
            session_id=new_session_id(),
            account_id=account.account_id,
            max_call_duration_s=account.max_call_duration_s,
            agent_id=agent.agent_id if agent else None,
            stored_config=agent.config if agent else None,
            session_override=override,
            metadata=initiate.metadata,
            signed_metadata=signed.metadata if signed else None,
            include_metadata_in_prompt=initiate.include_metadata_in_prompt,
        )
        return Admitted(account, finish_opening(begin_opening(request), None))

    def _agent(self, account: Account, initiate: Initiate) -> Agent | None:
        """The stored agent; None for a temporary one."""
        if initiate.agent.agent_id:
            return self.agents.get_agent(account.account_id, AgentId(initiate.agent.agent_id))
        if initiate.agent.agent_config is None:
            raise InvalidInput("initiate needs agent.agent_id or agent.agent_config")
        return None

    def _signed_metadata(self, account: Account, initiate: Initiate, peer: Peer) -> SignedMetadata | None:
        if initiate.token is None:
            return None
        use = TokenUse(
            account_id=account.account_id,
            agent_id=AgentId(initiate.agent.agent_id or ""),
            origin=peer.origin,
            now=self.clock.unix_s(),
        )
        return verify(initiate.token, account.embed_secret, use, self.used_tokens)


def _is_loopback(host: str) -> bool:
    """Whether the address is this machine's own, an IPv4 one written as IPv6 (RFC 4291 2.5.5.2) included."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
