from callcore.accounts.account import Account, AccountStatus, KeyPolicy, Overrides
from callcore.ids import AccountId


def test_a_new_key_opens_every_agent_from_every_page_with_safe_overrides_and_no_phone() -> None:
    assert KeyPolicy() == KeyPolicy(
        agents=None, origins=None, overrides=Overrides.SAFE, phone=False, loopback_only=False
    )


def test_a_new_account_is_active_and_capped() -> None:
    account = Account(AccountId("acc_1"), "Ann", 0.0, "secret")
    assert account.status is AccountStatus.ACTIVE
    assert account.max_concurrent_calls > 0
    assert account.max_call_duration_s > 0
