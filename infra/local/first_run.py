"""What an installation starts with: an account, its keys and a demo agent. A later run finds them all there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callauth.keys import hash_key, key_record, new_key
from callauth.tokens import new_embed_secret
from callcore.accounts.account import Account, KeyKind, KeyPolicy, Overrides
from callcore.accounts.ports import AccountStore
from callcore.agents.agent import Agent
from callcore.agents.ports import AgentStore
from callcore.errors import NotFound
from callcore.ids import AccountId, AgentId, new_agent_id
from infra.local.connection import Connection, Keys

LOCAL_ACCOUNT = AccountId("acc_local")
"""The one account of a local installation."""
_DEMO_AGENT = Path(__file__).with_name("demo_agent.json")


@dataclass(frozen=True)
class Installation:
    """What there is once `install` has run."""

    agent_id: AgentId
    keys: Keys
    notes: tuple[str, ...] = ()
    """What its owner should know."""


def install(accounts: AccountStore, agents: AgentStore, connection: Connection | None, now: float) -> Installation:
    """Make what is missing and keep the rest. `connection` is what the last run wrote; `now` is unix seconds."""
    is_new = _ensure_account(accounts, now)
    agent_id = _ensure_agent(agents, connection, now)
    kept = _usable_keys(accounts, connection) if connection else {}
    made = {name: _make_key(accounts, name, now) for name in _KEYS if name not in kept}
    keys = Keys(**kept, **made)
    if not made or is_new:
        return Installation(agent_id, keys)
    which = ", ".join(made)
    return Installation(agent_id, keys, (f"These keys were not found or are revoked, so there are new ones: {which}.",))


def demo_agent() -> dict[str, Any]:
    """`name` and `config` of the agent that a new installation has."""
    content: dict[str, Any] = json.loads(_DEMO_AGENT.read_text(encoding="utf-8"))
    return content


def _ensure_account(accounts: AccountStore, now: float) -> bool:
    try:
        accounts.get_account(LOCAL_ACCOUNT)
    except NotFound:
        accounts.put_account(Account(LOCAL_ACCOUNT, "Local", now, new_embed_secret()))
        return True
    return False


def _ensure_agent(agents: AgentStore, connection: Connection | None, now: float) -> AgentId:
    existing = [agent.agent_id for agent in agents.list_agents(LOCAL_ACCOUNT)]
    if connection is not None and connection.agent_id in existing:
        return connection.agent_id
    if existing:
        return existing[0]
    demo = demo_agent()
    agent = Agent(new_agent_id(now), LOCAL_ACCOUNT, demo["name"], demo["config"], now)
    agents.put_agent(agent)
    return agent.agent_id


_KEYS: Mapping[str, tuple[KeyKind, str, KeyPolicy]] = {
    "private_key": (KeyKind.PRIVATE, "local", KeyPolicy()),
    "public_key": (KeyKind.PUBLIC, "this machine", KeyPolicy(overrides=Overrides.ALL, loopback_only=True)),
    "snippet_key": (KeyKind.PUBLIC, "snippets", KeyPolicy()),
}
"""Kind, label and policy of each of `Keys`."""


def _usable_keys(accounts: AccountStore, keys: Keys) -> dict[str, str]:
    """Those that this database knows and that nobody revoked."""
    usable = {}
    for name, (kind, _, _) in _KEYS.items():
        key = getattr(keys, name)
        record = accounts.find_key(hash_key(key))
        if record is not None and record.kind is kind and record.revoked_at is None:
            usable[name] = key
    return usable


def _make_key(accounts: AccountStore, name: str, now: float) -> str:
    kind, label, policy = _KEYS[name]
    key = new_key()
    accounts.put_key(key_record(key, kind, LOCAL_ACCOUNT, label, now, policy))
    return key
