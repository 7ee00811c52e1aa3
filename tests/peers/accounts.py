"""Two accounts and their keys."""

from dataclasses import replace

from callauth.keys import key_record
from callcore.accounts.account import AccountStatus, KeyKind
from callcore.accounts.ports import AccountStore
from tests.contract.ports import rows

PRIVATE, BOBS, PUBLIC = "p" * 32, "b" * 32, "w" * 32
"""Ann's private key, Bob's private key, Ann's public key."""


def put_accounts(accounts: AccountStore) -> None:
    """Both of them, active, with their keys."""
    for account_id, key, kind in (
        (rows.ANN, PRIVATE, KeyKind.PRIVATE),
        (rows.ANN, PUBLIC, KeyKind.PUBLIC),
        (rows.BOB, BOBS, KeyKind.PRIVATE),
    ):
        account = replace(rows.account(account_id), status=AccountStatus.ACTIVE, embed_secret="secret" * 6)
        accounts.put_account(account)
        accounts.put_key(key_record(key, kind, account_id, "", 1.0))
