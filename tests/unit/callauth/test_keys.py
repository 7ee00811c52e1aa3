from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callauth.keys import MAX_KEY_CHARS, authenticate, hash_key, key_record, new_key, parse_authorization
from callcore.accounts.account import Account, AccountStatus, KeyKind, KeyPolicy, KeyRecord, Overrides
from callcore.errors import CallError, NotAllowed, NotFound, Unauthenticated
from callcore.ids import AccountId

ANN = AccountId("acc_ann")
ACCOUNT = Account(ANN, "Ann", 1.0, "s" * 32)


class MemoryAccounts:
    """AccountStore in two dictionaries."""

    def __init__(self) -> None:
        self.accounts: dict[AccountId, Account] = {}
        self.keys: dict[str, KeyRecord] = {}

    def put_account(self, account: Account) -> None:
        self.accounts[account.account_id] = account

    def get_account(self, account_id: AccountId) -> Account:
        if account_id not in self.accounts:
            raise NotFound("account", account_id)
        return self.accounts[account_id]

    def put_key(self, key: KeyRecord) -> None:
        self.keys[key.key_hash] = key

    def find_key(self, key_hash: str) -> KeyRecord | None:
        return self.keys.get(key_hash)


def test_a_new_key_looks_as_on_the_wire_and_is_new() -> None:
    keys = {new_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(len(key) == 32 and key.isascii() and key.isalnum() for key in keys)


def test_a_row_holds_the_hash_and_never_the_key() -> None:
    key = new_key()
    record = key_record(key, KeyKind.PUBLIC, ANN, "site", 5.0)
    assert record.key_hash == hash_key(key)
    assert key not in repr(record)
    assert record.hint == key[:4]
    assert record.policy == KeyPolicy(None, None, Overrides.SAFE, phone=False, loopback_only=False)


def test_the_hash_is_sha256() -> None:
    # The example of FIPS 180-2, appendix B.1.
    assert hash_key("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("k3y", "k3y"),
        ("Bearer k3y", "k3y"),
        ("bearer k3y", "k3y"),
        ("BEARER\tk3y", "k3y"),
        ("  Bearer   k3y ", "k3y"),
        ("a-_b", "a-_b"),
        ("Bearerk3y", "Bearerk3y"),
    ],
)
def test_a_key_in_a_header(header: str, key: str) -> None:
    assert parse_authorization(header) == key


@pytest.mark.parametrize("header", [None, "", "  ", "Bearer", "bearer ", "Basic k3y", "Bearer a b"])
def test_a_header_without_a_key(header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        parse_authorization(header)


@given(st.text())
def test_a_header_gives_one_word_or_is_refused(header: str) -> None:
    try:
        key = parse_authorization(header)
    except Unauthenticated:
        return
    assert key in header
    assert key.split() == [key]


def store_with(record: KeyRecord, account: Account = ACCOUNT) -> MemoryAccounts:
    store = MemoryAccounts()
    store.put_account(account)
    store.put_key(record)
    return store


def test_a_valid_key_opens_its_account() -> None:
    key = new_key()
    record = key_record(key, KeyKind.PRIVATE, ANN, "", 5.0)
    assert authenticate(store_with(record), key, KeyKind.PRIVATE) == (record, ACCOUNT)


KEY = "k" * 32
PRIVATE = key_record(KEY, KeyKind.PRIVATE, ANN, "", 5.0)


@pytest.mark.parametrize(
    ("record", "account", "key", "expected", "words"),
    [
        (PRIVATE, ACCOUNT, "x" * 32, Unauthenticated, "not known"),
        (PRIVATE, ACCOUNT, "", Unauthenticated, "not known"),
        (PRIVATE, ACCOUNT, KEY + " ", Unauthenticated, "not known"),
        (PRIVATE, ACCOUNT, "\ud800", Unauthenticated, "not known"),
        (PRIVATE, ACCOUNT, "x" * (MAX_KEY_CHARS + 1), Unauthenticated, "not known"),
        (replace(PRIVATE, kind=KeyKind.PUBLIC), ACCOUNT, KEY, Unauthenticated, "needs a private key"),
        (replace(PRIVATE, revoked_at=6.0), ACCOUNT, KEY, NotAllowed, "revoked"),
        (PRIVATE, replace(ACCOUNT, status=AccountStatus.SUSPENDED), KEY, NotAllowed, "suspended"),
        (replace(PRIVATE, account_id=AccountId("acc_gone")), ACCOUNT, KEY, Unauthenticated, "not known"),
    ],
)
def test_a_key_that_opens_nothing(
    record: KeyRecord, account: Account, key: str, expected: type[CallError], words: str
) -> None:
    with pytest.raises(expected, match=words) as refusal:
        authenticate(store_with(record, account), key, KeyKind.PRIVATE)
    assert KEY not in str(refusal.value)


def test_a_long_key_is_not_cut_to_one_that_fits() -> None:
    longest = "k" * MAX_KEY_CHARS
    store = store_with(key_record(longest, KeyKind.PRIVATE, ANN, "", 5.0))
    assert authenticate(store, longest, KeyKind.PRIVATE)[1] == ACCOUNT
    with pytest.raises(Unauthenticated):
        authenticate(store, longest + "k", KeyKind.PRIVATE)
