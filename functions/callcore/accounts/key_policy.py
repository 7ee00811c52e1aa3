"""What a public key opens (architecture.md 7): decided from values, before anything is fetched or started.

Whether the key itself is known and alive is the business of whoever looks it up.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from callcore.accounts.account import Account, KeyPolicy, Overrides
from callcore.accounts.origins import plain_origin
from callcore.errors import NotAllowed
from callcore.ids import AgentId

SAFE_OVERRIDES = frozenset({"language", "first_message", "voice"})
"""What a visitor may change without changing what the agent is."""
OPAQUE_ORIGIN = "null"
"""What a browser sends from a sandboxed frame or a local file (HTML, "origin")."""

_MAX_SHOWN = 64


@dataclass(frozen=True)
class KeyUse:
    """What somebody asks with a public key."""

    agent_id: AgentId | None
    """None: a temporary agent, made of the override alone."""
    override: Mapping[str, Any] | None = None
    """The `agent_config` that the visitor sent; what a signed token brings is not in here."""
    stored_config: Mapping[str, Any] | None = None
    """Of the stored agent; None for a temporary one."""
    origin: str | None = None
    """Of the page; None outside browsers."""
    own_origins: Collection[str] = ()
    """Of our own pages: always allowed."""
    has_token: bool = False
    """Whether a valid signed token came along."""
    is_registered: bool = False
    """Agent and `stored_config` are those of a call that a private key registered: it may be a temporary one."""
    by_phone: bool = False
    """A carrier's stream brings it, from a place that anybody could have written it into."""
    from_loopback: bool = False
    """The connection comes from this machine and carries no forwarding header."""


def check_key_use(policy: KeyPolicy, use: KeyUse) -> None:
    """Raises NotAllowed, naming the policy that refuses and what it refuses; never the key."""
    if policy.loopback_only and not use.from_loopback:
        raise NotAllowed("key policy loopback_only refuses a connection from elsewhere")
    if use.by_phone and not policy.phone:
        raise NotAllowed("key policy phone refuses a carrier's stream without a token of ours")
    _check_origin(policy, use)
    _check_agent(policy, use)
    _check_override(policy, use)


def _check_origin(policy: KeyPolicy, use: KeyUse) -> None:
    if use.origin is None:
        return
    if use.origin == OPAQUE_ORIGIN:
        if not use.has_token:
            raise NotAllowed("key policy origins refuses the origin null without a signed token")
        return
    allowed = policy.origins
    if allowed is None or plain_origin(use.origin) in map(plain_origin, (*allowed, *use.own_origins)):
        return
    raise NotAllowed(f"key policy origins refuses {use.origin[:_MAX_SHOWN]}")


def _check_agent(policy: KeyPolicy, use: KeyUse) -> None:
    if policy.agents is None or use.agent_id in policy.agents:
        return
    if use.agent_id is None and use.is_registered:
        return
    asked = "a temporary agent" if use.agent_id is None else f"agent {use.agent_id[:_MAX_SHOWN]}"
    raise NotAllowed(f"key policy agents refuses {asked}")


def _check_override(policy: KeyPolicy, use: KeyUse) -> None:
    if _named_files(use.override) - _named_files(use.stored_config):
        raise NotAllowed("a public key refuses agent_config.knowledge_base.files that are not the stored agent's")
    if policy.overrides is Overrides.ALL:
        return
    if use.agent_id is None and not use.is_registered:
        raise NotAllowed(f"key policy overrides={policy.overrides} refuses a temporary agent")
    allowed = SAFE_OVERRIDES if policy.overrides is Overrides.SAFE else frozenset[str]()
    stored = use.stored_config or {}
    for key, value in (use.override or {}).items():
        is_change = value is not None and not _same(value, stored.get(key))
        if is_change and key not in allowed:
            raise NotAllowed(f"key policy overrides={policy.overrides} refuses agent_config.{key[:_MAX_SHOWN]}")


def _named_files(config: Mapping[str, Any] | None) -> set[str]:
    """The knowledge files of a configuration, of which nothing is known yet."""
    knowledge = (config or {}).get("knowledge_base")
    files = knowledge.get("files") if isinstance(knowledge, dict) else None
    return {str(file) for file in files} if isinstance(files, list | tuple) else set()


def _same(value: object, stored: object) -> bool:
    """Equality as JSON sees it: true is not 1."""
    if isinstance(value, dict) and isinstance(stored, dict):
        return value.keys() == stored.keys() and all(_same(item, stored[key]) for key, item in value.items())
    if isinstance(value, list) and isinstance(stored, list | tuple):
        return len(value) == len(stored) and all(map(_same, value, stored))
    return isinstance(value, bool) == isinstance(stored, bool) and value == stored


_OVERRIDES_MEAN = {
    Overrides.NONE: "a page cannot change the agent's configuration, and cannot bring an agent of its own",
    Overrides.SAFE: "a page may change language, first_message and voice, nothing else",
    Overrides.ALL: "a page may change the whole configuration, prompts and tools too, and bring an agent of its own;"
    " knowledge files are those of the stored agent",
}


def explain_policy(policy: KeyPolicy) -> Mapping[str, str]:
    """What each field of the policy means as it is set."""
    return {
        "agents": _listed(policy.agents, "every agent of the account", "no agent", "agents"),
        "origins": _listed(policy.origins, "pages of every origin", "our own pages only", "pages of"),
        "overrides": _OVERRIDES_MEAN[policy.overrides],
        "phone": "a carrier's stream may use the key without a token"
        if policy.phone
        else "a carrier's stream needs a token",
        "loopback_only": "refused unless the connection comes from the server's own machine"
        if policy.loopback_only
        else "connections may come from anywhere",
        "max_concurrent_calls": "the account's limit"
        if policy.max_concurrent_calls is None
        else f"call {policy.max_concurrent_calls + 1} with the key is refused while so many go on",
        "max_minutes_per_day": _of_a_day(policy.max_minutes_per_day, "minutes"),
        "max_spend_per_day": _of_a_day(policy.max_spend_per_day, "US cents"),
    }


def _listed(allowed: Collection[str] | None, all_of_them: str, none_of_them: str, some: str) -> str:
    if allowed is None:
        return all_of_them
    return f"{some} {', '.join(allowed)}" if allowed else none_of_them


def explain_limits(account: Account) -> Mapping[str, str]:
    """What each limit of the account means as it is set."""
    return {
        "max_concurrent_calls": f"call {account.max_concurrent_calls + 1} is refused while so many go on",
        "max_call_duration_s": f"a call ends after {account.max_call_duration_s} seconds, whatever its agent says",
        "max_minutes_per_day": _of_a_day(account.max_minutes_per_day, "minutes"),
        "max_spend_per_day": _of_a_day(account.max_spend_per_day, "US cents"),
    }


def _of_a_day(limit: int | None, what: str) -> str:
    return f"no {what} of a day are too many" if limit is None else f"{limit} {what} a day (UTC), then calls end"
