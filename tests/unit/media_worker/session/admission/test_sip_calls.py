"""Whose call an INVITE is, and what becomes of it."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from callauth.private_reports import SealedReports
from callauth.sealing import Sealer
from callcore.accounts.account import Account, AccountStatus
from callcore.agents.agent import Agent
from callcore.calls.call import CallStatus
from callcore.calls.registration import Registration, register
from callcore.errors import Conflict, NotAllowed, NotFound
from callcore.ids import AccountId, AgentId, CallId
from callcore.phones.sip_addresses import TOKEN_S, SipAddress, SipToken, new_user, user_hash
from callstore.private_calls import register_call
from callstore.sqlite.stores import SqliteStores
from media_worker.ports.sip_claims import SipCaller, SipClaim, SipCredentials
from media_worker.session.admission.admission import Admitted
from media_worker.session.admission.sip_calls import SipCalls
from tests.clocks import ManualClock
from tests.peers.worker_parts import admission_on

ACCOUNT = AccountId("acc_1")
SEAL = Sealer(lambda: ("w" * 32,))
SOURCE = "203.0.113.9"
ADDRESS = SipAddress(
    CallId("a-1"),
    ACCOUNT,
    "sales",
    0.0,
    AgentId("-a"),
    metadata={"site": "north"},
    to_phone="+15550002222",
    sources=("203.0.113.0/24",),
)


class Exchange:
    """An account with an agent, and what stands between it and the INVITEs."""

    def __init__(self, stores: SqliteStores, clock: ManualClock) -> None:
        self.stores, self.clock = stores, clock
        stores.accounts.put_account(Account(ACCOUNT, "Ann's", 0.0, "embed"))
        config = {"prompt": "P", "first_message": "Hi {userName}, from {FromPhone}."}
        self.agent = Agent(AgentId("-a"), ACCOUNT, "Desk", config, 0.0)
        stores.agents.put_agent(self.agent)
        reports = SealedReports(stores.outbox, lambda: ("o" * 32,))
        admission = admission_on(stores, clock, reports)
        self.calls = SipCalls(admission, stores.calls, reports, stores.sip_tokens, stores.sip_addresses, SEAL)

    def invite(self, from_phone: str | None = None) -> str:
        """The user part of an address of one call."""
        wanted = Registration(self.agent, metadata={"userName": "Ann"}, from_phone=from_phone)
        call = register(ACCOUNT, wanted, self.clock.unix_s())
        register_call(call, self.stores.calls, self.calls.private)
        user = new_user()
        expires_at = self.clock.unix_s() + TOKEN_S
        token = SipToken(user_hash(user), ACCOUNT, call.session_id, call.call_id, expires_at)
        self.stores.sip_tokens.put_token(token)
        return user

    def claim(self, user: str, invite: str = "i-1", source: str = SOURCE) -> SipClaim | None:
        return asyncio.run(self.calls.claim(user, source, invite))

    def admit(self, user: str, caller: SipCaller | None = None) -> Admitted:
        claim = self.claim(user)
        assert claim is not None
        return asyncio.run(self.calls.admit(claim, caller or SipCaller()))


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    clock = ManualClock()
    with SqliteStores(tmp_path / "db", clock) as stores:
        yield Exchange(stores, clock)


def test_a_token_opens_the_call_that_it_was_made_for(exchange: Exchange) -> None:
    caller = SipCaller("+15550001111", "+15550003333", {"X-Order": "7"})
    plan = exchange.admit(exchange.invite(), caller).plan
    assert plan.first_message == "Hi Ann, from +15550001111."
    assert plan.transport == "sip"
    assert plan.metadata["sip_headers"] == {"X-Order": "7"}
    assert plan.visitor_names == {"sip_headers"}
    assert plan.voip == {
        "provider": "sip",
        "direction": "inbound",
        "sip_call_id": "i-1",
        "from": "+15550001111",
        "to": "+15550003333",
    }


def test_numbers_that_were_registered_win(exchange: Exchange) -> None:
    plan = exchange.admit(exchange.invite("+15559999999"), SipCaller("+15550001111")).plan
    assert plan.variables["FromPhone"] == "+15559999999"


def test_a_token_is_good_for_one_invite_and_for_a_minute(exchange: Exchange) -> None:
    user = exchange.invite()
    assert exchange.claim(user) == exchange.claim(user)
    assert exchange.claim(user, "i-2") is None
    late = exchange.invite()
    exchange.clock.advance(TOKEN_S)
    assert exchange.claim(late) is None


def test_a_canceled_invite_gives_its_token_back(exchange: Exchange) -> None:
    user = exchange.invite()
    claim = exchange.claim(user)
    assert claim is not None
    asyncio.run(exchange.calls.release(claim))
    assert exchange.claim(user, "i-2") is not None


def test_nobody_is_called_by_a_guess(exchange: Exchange) -> None:
    assert exchange.claim(new_user()) is None
    assert exchange.claim("") is None
    assert exchange.claim("\udcff") is None


def test_a_call_that_has_begun_is_not_opened_again(exchange: Exchange) -> None:
    user = exchange.invite()
    claim = exchange.claim(user)
    assert claim is not None
    assert isinstance(claim.target, SipToken)
    call = exchange.stores.calls.get_call(ACCOUNT, claim.target.session_id)
    exchange.stores.calls.begin_call(replace(call, status=CallStatus.IN_PROGRESS, worker_id="w"))
    with pytest.raises(Conflict):
        exchange.admit(user)


def test_a_permanent_address_opens_a_new_call_for_each_invite(exchange: Exchange) -> None:
    exchange.stores.sip_addresses.put_address(ADDRESS)
    first, second = (exchange.admit("sales", SipCaller("+15550001111")).plan for _ in range(2))
    assert first.session_id != second.session_id
    assert first.metadata["site"] == "north"
    assert first.voip is not None
    assert (first.voip["to"], first.voip["sip_address"]) == ("+15550002222", "a-1")


def test_a_permanent_address_is_called_from_its_networks_only(exchange: Exchange) -> None:
    exchange.stores.sip_addresses.put_address(ADDRESS)
    assert exchange.claim("sales", source="198.51.100.1") is None
    assert exchange.claim("sales", source="2001:db8::1") is None
    claim = exchange.claim("sales")
    assert claim is not None
    assert claim.credentials is None


def test_credentials_are_told_to_who_has_to_check_them(exchange: Exchange) -> None:
    sealed = SEAL.seal("a long password")
    exchange.stores.sip_addresses.put_address(replace(ADDRESS, sources=(), username="trunk", sealed_password=sealed))
    claim = exchange.claim("sales", source="198.51.100.1")
    assert claim is not None
    assert claim.credentials == SipCredentials("trunk", "a long password")
    assert "a long password" not in repr(claim)


def test_a_suspended_account_and_a_deleted_agent_take_no_call(exchange: Exchange) -> None:
    exchange.stores.sip_addresses.put_address(ADDRESS)
    user = exchange.invite()
    exchange.stores.accounts.put_account(Account(ACCOUNT, "Ann's", 0.0, "embed", AccountStatus.SUSPENDED))
    with pytest.raises(NotAllowed):
        exchange.admit(user)
    exchange.stores.agents.delete_agent(ACCOUNT, AgentId("-a"))
    with pytest.raises(NotFound):
        exchange.admit("sales")
