"""What an installation starts with: an account, its keys and a demo agent. A later run finds them all there."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callauth.keys import authenticate, key_record, new_key
from callauth.tokens import new_embed_secret
from callcore.accounts import Account, KeyKind, KeyPolicy, Overrides
from callcore.agents import Agent
from callcore.errors import NotFound, Unauthenticated
from callcore.ids import AccountId, AgentId, new_agent_id
from callcore.ports import AccountStore, AgentStore
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
    if connection is not None and _keys_are_valid(accounts, connection):
        keys = Keys(**{name: getattr(connection, name) for name in Keys.model_fields})
        return Installation(agent_id, keys)
    keys = _make_keys(accounts, now)
    if is_new:
        return Installation(agent_id, keys)
    return Installation(agent_id, keys, ("The keys of this installation were not found, so it has new ones.",))


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


def _keys_are_valid(accounts: AccountStore, keys: Keys) -> bool:
    try:
        authenticate(accounts, keys.private_key, KeyKind.PRIVATE)
        authenticate(accounts, keys.public_key, KeyKind.PUBLIC)
        authenticate(accounts, keys.snippet_key, KeyKind.PUBLIC)
    except Unauthenticated:
        return False
    return True


def _make_keys(accounts: AccountStore, now: float) -> Keys:
    keys = Keys(public_key=new_key(), private_key=new_key(), snippet_key=new_key())
    for key, kind, label, policy in (
        (keys.private_key, KeyKind.PRIVATE, "local", KeyPolicy()),
        (keys.public_key, KeyKind.PUBLIC, "this machine", KeyPolicy(overrides=Overrides.ALL, loopback_only=True)),
        (keys.snippet_key, KeyKind.PUBLIC, "snippets", KeyPolicy()),
    ):
        accounts.put_key(key_record(key, kind, LOCAL_ACCOUNT, label, now, policy))
    return keys
