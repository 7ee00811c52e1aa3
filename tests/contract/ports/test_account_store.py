from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from callcore.accounts.account import Account, AccountStatus, KeyPolicy
from callcore.errors import InvalidInput, NotFound
from callcore.ids import AccountId
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores


def test_an_account_comes_back_as_it_was_put(stores: Stores) -> None:
    assert stores.accounts.get_account(rows.ANN) == rows.account(rows.ANN)


def test_putting_an_account_again_replaces_it_and_keeps_its_keys(stores: Stores) -> None:
    stores.accounts.put_key(rows.key())
    changed = replace(rows.account(), name="Ann & Co", status=AccountStatus.ACTIVE)
    stores.accounts.put_account(changed)
    assert stores.accounts.get_account(rows.ANN) == changed
    assert stores.accounts.find_key(rows.key().key_hash) == rows.key()


def test_an_unknown_account_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound) as refusal:
        stores.accounts.get_account(AccountId("acc_nobody"))
    assert (refusal.value.kind, refusal.value.name) == ("account", "acc_nobody")


@pytest.mark.parametrize(
    "policy", [rows.key().policy, KeyPolicy(), KeyPolicy(agents=(), origins=("https://a.example",))]
)
def test_a_key_comes_back_with_its_policy(stores: Stores, policy: KeyPolicy) -> None:
    stored = replace(rows.key(), policy=policy)
    stores.accounts.put_key(stored)
    assert stores.accounts.find_key(stored.key_hash) == stored


def test_putting_a_key_again_replaces_it(stores: Stores) -> None:
    stores.accounts.put_key(replace(rows.key(), revoked_at=None))
    stores.accounts.put_key(rows.key())
    assert stores.accounts.find_key(rows.key().key_hash) == rows.key()


@pytest.mark.parametrize("key_hash", ["00" * 32, "", "ab" * 31, "' OR 1=1 --"])
def test_an_unknown_hash_finds_no_key(stores: Stores, key_hash: str) -> None:
    stores.accounts.put_key(rows.key())
    assert stores.accounts.find_key(key_hash) is None


def test_keys_are_listed_oldest_first_and_per_account(stores: Stores) -> None:
    young = replace(rows.key("aa" * 32), created_at=20.0)
    old = replace(rows.key("bb" * 32), created_at=10.0, revoked_at=None)
    for key in (young, old, rows.key("cc" * 32, rows.BOB)):
        stores.accounts.put_key(key)
    assert list(stores.credentials.list_keys(rows.ANN)) == [old, young]
    assert list(stores.credentials.list_keys(AccountId("acc_nobody"))) == []


def test_a_key_is_revoked_once_and_by_its_account_only(stores: Stores) -> None:
    key = replace(rows.key(), revoked_at=None)
    stores.accounts.put_key(key)
    for account_id, key_hash in ((rows.BOB, key.key_hash), (rows.ANN, "00" * 32)):
        with pytest.raises(NotFound):
            stores.credentials.revoke_key(account_id, key_hash, 5.0)
    assert stores.accounts.find_key(key.key_hash) == key
    for moment in (5.0, 6.0):
        stores.credentials.revoke_key(rows.ANN, key.key_hash, moment)
        assert stores.accounts.find_key(key.key_hash) == replace(key, revoked_at=5.0)


def test_the_embed_secret_changes_alone(stores: Stores) -> None:
    stores.credentials.set_embed_secret(rows.ANN, "new")
    assert stores.accounts.get_account(rows.ANN) == replace(rows.account(), embed_secret="new")
    assert stores.accounts.get_account(rows.BOB) == rows.account(rows.BOB)
    with pytest.raises(NotFound):
        stores.credentials.set_embed_secret(AccountId("acc_nobody"), "new")


def test_every_account_is_listed_oldest_first(stores: Stores) -> None:
    before = {account.account_id for account in stores.directory.list_accounts()}
    assert before >= {rows.ANN, rows.BOB}
    for account_id, created_at in (("acc_young", 3e9), ("acc_old", 0.5)):
        stores.accounts.put_account(replace(rows.account(), account_id=AccountId(account_id), created_at=created_at))
    stores.accounts.put_account(replace(stores.accounts.get_account(rows.ANN), name="Ann & Co"))
    listed = [account.account_id for account in stores.directory.list_accounts()]
    assert (listed[0], listed[-1]) == ("acc_old", "acc_young")
    assert sorted(listed) == sorted({*before, "acc_old", "acc_young"})


def test_two_changes_of_an_account_at_once_both_take_effect(stores: Stores) -> None:
    def one_call_more(account: Account) -> Account:
        return replace(account, max_concurrent_calls=account.max_concurrent_calls + 1)

    before = stores.accounts.get_account(rows.ANN).max_concurrent_calls
    with ThreadPoolExecutor(4) as pool:
        changed = list(pool.map(lambda _: stores.directory.change_account(rows.ANN, one_call_more), range(4)))
    assert sorted(account.max_concurrent_calls for account in changed) == [before + more for more in (1, 2, 3, 4)]
    assert stores.accounts.get_account(rows.ANN).max_concurrent_calls == before + 4


def test_a_refused_change_stores_nothing(stores: Stores) -> None:
    def refuse(account: Account) -> Account:
        raise InvalidInput("no")

    before = stores.accounts.get_account(rows.ANN)
    with pytest.raises(InvalidInput):
        stores.directory.change_account(rows.ANN, refuse)
    assert stores.accounts.get_account(rows.ANN) == before


def test_an_unknown_account_is_not_changed(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores.directory.change_account(AccountId("acc_nobody"), lambda account: account)


def test_the_webhook_secrets_change_alone(stores: Stores) -> None:
    assert stores.credentials.change_webhook_secrets(rows.ANN, lambda _: ("new", "old")) == ("new", "old")
    assert stores.accounts.get_account(rows.ANN) == replace(rows.account(), webhook_secrets=("new", "old"))
    with pytest.raises(NotFound):
        stores.credentials.change_webhook_secrets(AccountId("acc_nobody"), lambda standing: standing)


def test_of_two_webhook_secrets_made_at_once_none_is_lost(stores: Stores) -> None:
    def made(name: str) -> tuple[str, ...]:
        return stores.credentials.change_webhook_secrets(rows.ANN, lambda standing: (name, *standing[:1]))

    with ThreadPoolExecutor(2) as pool:
        returned = list(pool.map(made, ("one", "other")))
    standing = stores.accounts.get_account(rows.ANN).webhook_secrets
    assert standing in (("one", "other"), ("other", "one"))
    assert sorted(returned, key=len) == [standing[1:], standing]
