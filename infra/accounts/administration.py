"""What whoever runs an installation does with its accounts; the same on every family of stores."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from callauth.keys import key_record, new_key
from callauth.tokens import new_embed_secret
from callcore.accounts.account import Account, AccountStatus, KeyKind
from callcore.accounts.ports import AccountDirectory, AccountStore, Credentials
from callcore.agents.agent import Agent
from callcore.agents.ports import AgentStore
from callcore.errors import InvalidInput
from callcore.ids import AccountId, AgentId, new_account_id, new_agent_id
from infra.local.first_run import demo_agent

FIRST_ACCOUNT = AccountId("acc_first")
"""The account that `bootstrap` makes: its id is fixed, so that it is made once."""
MAX_CONCURRENT_CALLS = 10_000
MAX_CALL_DURATION_S = 24 * 3600
MAX_PER_DAY = 1_000_000_000
MAX_RETENTION_DAYS = 3650
NO_LIMIT = -1


@dataclass(frozen=True)
class Stores:
    """What is worked on."""

    accounts: AccountStore
    directory: AccountDirectory
    credentials: Credentials
    agents: AgentStore


@dataclass(frozen=True)
class NewAccount:
    """What its owner is told, this once: the store has the keys as hashes only."""

    account: Account
    private_key: str
    public_key: str
    agent_id: AgentId


@dataclass(frozen=True)
class Limits:
    """New limits; None leaves one as it is."""

    concurrent_calls: int | None = None
    call_duration_s: int | None = None
    minutes_per_day: int | None = None
    spend_per_day: int | None = None
    """US cents."""
    retention_days: int | None = None
    """NO_LIMIT takes this limit away, and the two above."""
    discount_percent: Decimal | None = None


def create(stores: Stores, name: str, now: float, account_id: AccountId | None = None) -> NewAccount:
    """An account with a private key, a public key for pages and the demo agent. Raises InvalidInput."""
    if not name.strip():
        raise InvalidInput("an account needs a name")
    account = Account(account_id or new_account_id(), name.strip(), now, new_embed_secret())
    stores.accounts.put_account(account)
    agent_id = _demo_agent(stores.agents, account.account_id, now)
    public_key = _new_key(stores.accounts, KeyKind.PUBLIC, account.account_id, now)
    # Last: an account without a private key is one that was not finished.
    private_key = new_private_key(stores, account.account_id, now)
    return NewAccount(account, private_key, public_key, agent_id)


def bootstrap(stores: Stores, now: float) -> NewAccount | None:
    """The first account of an installation; None when it is there already."""
    keys = stores.credentials.list_keys(FIRST_ACCOUNT)
    if any(key.kind is KeyKind.PRIVATE for key in keys):
        return None
    return create(stores, "First", now, FIRST_ACCOUNT)


def new_private_key(stores: Stores, account_id: AccountId, now: float) -> str:
    """Another private key, for whoever lost the first. Raises NotFound."""
    stores.accounts.get_account(account_id)
    return _new_key(stores.accounts, KeyKind.PRIVATE, account_id, now)


def listed(stores: Stores) -> Sequence[Account]:
    """Every account, oldest first."""
    return stores.directory.list_accounts()


def set_status(stores: Stores, account_id: AccountId, status: AccountStatus) -> Account:
    """Suspend an account, or let it go on. Raises NotFound."""
    return stores.directory.change_account(account_id, lambda account: replace(account, status=status))


def set_limits(stores: Stores, account_id: AccountId, limits: Limits) -> Account:
    """The account with these limits. Raises NotFound and InvalidInput."""
    calls = _checked("concurrent calls", limits.concurrent_calls, MAX_CONCURRENT_CALLS)
    duration_s = _checked("seconds of a call", limits.call_duration_s, MAX_CALL_DURATION_S)
    for what, limit, most in (
        ("minutes a day", limits.minutes_per_day, MAX_PER_DAY),
        ("US cents a day", limits.spend_per_day, MAX_PER_DAY),
        ("days", limits.retention_days, MAX_RETENTION_DAYS),
    ):
        _checked(what, None if limit == NO_LIMIT else limit, most)
    discount = limits.discount_percent
    if discount is not None and not 0 <= discount <= 100:
        raise InvalidInput(f"percent of discount: from 0 to 100, not {discount}")

    def limited(account: Account) -> Account:
        return replace(
            account,
            max_concurrent_calls=account.max_concurrent_calls if calls is None else calls,
            max_call_duration_s=account.max_call_duration_s if duration_s is None else duration_s,
            max_minutes_per_day=_unless_lifted(limits.minutes_per_day, account.max_minutes_per_day),
            max_spend_per_day=_unless_lifted(limits.spend_per_day, account.max_spend_per_day),
            retention_days=_unless_lifted(limits.retention_days, account.retention_days),
            discount_percent=account.discount_percent if discount is None else discount,
        )

    return stores.directory.change_account(account_id, limited)


def _unless_lifted(limit: int | None, standing: int | None) -> int | None:
    return standing if limit is None else None if limit == NO_LIMIT else limit


def _checked(what: str, value: int | None, most: int) -> int | None:
    if value is not None and not 1 <= value <= most:
        raise InvalidInput(f"{what}: from 1 to {most}, not {value}")
    return value


def _demo_agent(agents: AgentStore, account_id: AccountId, now: float) -> AgentId:
    existing = agents.list_agents(account_id)
    if existing:
        return existing[0].agent_id
    demo = demo_agent()
    agent = Agent(new_agent_id(now), account_id, demo["name"], demo["config"], now)
    agents.put_agent(agent)
    return agent.agent_id


def _new_key(accounts: AccountStore, kind: KeyKind, account_id: AccountId, now: float) -> str:
    key = new_key()
    accounts.put_key(key_record(key, kind, account_id, "made by the operator", now))
    return key
