from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from callcore.errors import Conflict, NotFound
from callcore.ids import AccountId, AgentId, CallId, SessionId
from callcore.phones.sip_addresses import SipAddress, SipToken
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

HASH = "ab" * 32


def token(clock: ManualClock, user_hash: str = HASH) -> SipToken:
    return SipToken(user_hash, rows.ANN, SessionId("s-1"), CallId("c-1"), clock.now_s + 60)


def address(
    user: str = "sales", call_id: str = "c-1", account_id: AccountId = rows.ANN, created_at: float = 5.5
) -> SipAddress:
    return SipAddress(
        CallId(call_id),
        account_id,
        user,
        created_at,
        AgentId("-A"),
        {"prompt": "Be kind é", "voice": None},
        {"site": "café", "plan": None},
        True,
        "+15551234567",
        ("203.0.113.0/24", "2001:db8::/32"),
        "trunk",
        "sealed",
    )


def test_a_token_is_taken_by_one_invite_which_may_ask_again(stores: Stores, clock: ManualClock) -> None:
    stored = token(clock)
    stores.sip_tokens.put_token(stored)
    assert stores.sip_tokens.claim_token(HASH, "invite-1", clock.now_s) == stored
    assert stores.sip_tokens.claim_token(HASH, "invite-2", clock.now_s) is None
    assert stores.sip_tokens.claim_token(HASH, "invite-1", clock.now_s) == stored


def test_a_token_that_is_given_back_may_be_taken_by_another(stores: Stores, clock: ManualClock) -> None:
    stores.sip_tokens.put_token(token(clock))
    stores.sip_tokens.claim_token(HASH, "invite-1", clock.now_s)
    stores.sip_tokens.release_token(HASH, "invite-2")
    assert stores.sip_tokens.claim_token(HASH, "invite-2", clock.now_s) is None
    stores.sip_tokens.release_token(HASH, "invite-1")
    assert stores.sip_tokens.claim_token(HASH, "invite-2", clock.now_s) is not None


def test_unknown_and_expired_tokens_open_nothing(stores: Stores, clock: ManualClock) -> None:
    assert stores.sip_tokens.claim_token(HASH, "invite-1", clock.now_s) is None
    stores.sip_tokens.release_token(HASH, "invite-1")
    assert stores.sip_tokens.claim_token(HASH, "invite-1", clock.now_s) is None
    stores.sip_tokens.put_token(token(clock))
    assert stores.sip_tokens.claim_token(HASH, "invite-1", clock.now_s + 60) is None
    assert stores.sip_tokens.claim_token(HASH, "invite-1", clock.now_s + 59.5) is not None


def test_of_many_invites_at_once_one_gets_the_token(stores: Stores, clock: ManualClock) -> None:
    stores.sip_tokens.put_token(token(clock))
    with ThreadPoolExecutor(8) as threads:
        taken = threads.map(
            lambda number: stores.sip_tokens.claim_token(HASH, f"invite-{number}", clock.now_s), range(16)
        )
        assert sum(found is not None for found in taken) == 1


def test_a_token_belongs_to_an_account_that_exists(stores: Stores, clock: ManualClock) -> None:
    with pytest.raises(Conflict):
        stores.sip_tokens.put_token(replace(token(clock), account_id=AccountId("acc_none")))


def test_an_address_is_found_as_it_was_stored(stores: Stores) -> None:
    plain = SipAddress(CallId("c-2"), rows.ANN, "+15550000000", 6.5)
    for stored in (address(), plain):
        stores.sip_addresses.put_address(stored)
        assert stores.sip_addresses.find_address(stored.user) == stored
    assert stores.sip_addresses.find_address("nobody") is None
    assert list(stores.sip_addresses.list_addresses(rows.ANN)) == [address(), plain]
    assert list(stores.sip_addresses.list_addresses(rows.BOB)) == []


def test_a_user_is_of_one_account_only(stores: Stores) -> None:
    stores.sip_addresses.put_address(address())
    with pytest.raises(Conflict):
        stores.sip_addresses.put_address(address(call_id="c-2", account_id=rows.BOB))
    assert list(stores.sip_addresses.list_addresses(rows.BOB)) == []
    with pytest.raises(Conflict):
        stores.sip_addresses.put_address(address("other", "c-3", AccountId("acc_none")))


def test_a_deleted_address_is_gone_and_its_user_free(stores: Stores) -> None:
    stores.sip_addresses.put_address(address())
    with pytest.raises(NotFound):
        stores.sip_addresses.delete_address(rows.BOB, CallId("c-1"))
    stores.sip_addresses.delete_address(rows.ANN, CallId("c-1"))
    with pytest.raises(NotFound):
        stores.sip_addresses.delete_address(rows.ANN, CallId("c-1"))
    assert stores.sip_addresses.find_address("sales") is None
    stores.sip_addresses.put_address(address(call_id="c-2", account_id=rows.BOB))
