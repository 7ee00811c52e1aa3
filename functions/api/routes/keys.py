"""Keys and the embed secret (architecture.md 7). A key and a secret are shown once, when they are made."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, Dependencies, PrivateAccount, PrivateKey
from api.problems import AsciiJsonResponse
from callauth.keys import key_record, new_key
from callauth.tokens import new_embed_secret
from callcore.accounts import Account, KeyKind, KeyPolicy, KeyRecord, Overrides
from callcore.errors import Conflict, InvalidInput, NotFound
from callcore.ids import AgentId
from callcore.key_policy import explain_policy

MAX_LISTED = 100

router = APIRouter()

Origin = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+/?$", max_length=300)]
Limit = Annotated[int, Field(ge=0, le=1_000_000_000)] | None
ListedAgent = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class PolicyBody(BaseModel):
    """What a public key opens; absent is the default of a new key, null opens agents or origins wholly."""

    agents: Annotated[list[ListedAgent], Field(max_length=MAX_LISTED)] | None = None
    origins: Annotated[list[Origin], Field(max_length=MAX_LISTED)] | None = None
    overrides: Overrides = Overrides.SAFE
    phone: bool = False
    loopback_only: bool = False
    max_concurrent_calls: Limit = None
    max_minutes_per_day: Limit = None
    max_spend_per_day: Limit = None
    """US cents."""


class NewKey(BaseModel):
    """A key to make."""

    kind: KeyKind
    label: Annotated[str, Field(max_length=100)] = ""
    policy: PolicyBody | None = None


@router.get("/keys")
async def list_keys(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Every key of the account, oldest first, revoked ones too; never the keys themselves."""
    keys = await run_in_threadpool(stores.credentials.list_keys, account.account_id)
    return AsciiJsonResponse([key_body(key) for key in keys])


@router.post("/keys")
async def create_key(body: NewKey, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """A new key; `key` is in this reply only."""
    if body.kind is KeyKind.PRIVATE and body.policy is not None:
        raise InvalidInput("policy: only a public key has one, a private key opens the whole account")
    return await _created(stores, account, body.kind, body.label, _policy(body.policy or PolicyBody()))


@router.post("/keys/{key_id}/rotate")
async def rotate_key(key_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """A new key with the same label and policy; the old one is refused from now on.

    For a change without a gap create a second key first, and revoke the old one when nobody uses it any more.
    """
    old = await _key(stores, account, key_id)
    if old.revoked_at is not None:
        raise Conflict(f"key {key_id} is revoked")
    reply = await _created(stores, account, old.kind, old.label, old.policy)
    await _revoke(stores, old)
    return reply


@router.delete("/keys/{key_id}")
async def revoke_key(
    key_id: str, account: PrivateAccount, used: PrivateKey, stores: AppDependencies
) -> AsciiJsonResponse:
    """Refuse a key from now on; doing so twice is fine."""
    key = await _key(stores, account, key_id)
    if key.key_hash == used.key_hash:
        raise Conflict("a key cannot revoke itself: use another private key, or rotate this one")
    await _revoke(stores, key)
    return AsciiJsonResponse({"id": key_id, "revoked": True})


@router.post("/embed-secret")
async def create_embed_secret(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """A new secret to sign metadata with, in this reply only; what the old one signed is refused from now on."""
    secret = new_embed_secret()
    await run_in_threadpool(stores.credentials.set_embed_secret, account.account_id, secret)
    return AsciiJsonResponse({"embed_secret": secret})


@router.delete("/embed-secret")
async def revoke_embed_secret(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Refuse every signed token until a new secret is made."""
    await run_in_threadpool(stores.credentials.set_embed_secret, account.account_id, "")
    return AsciiJsonResponse({"revoked": True})


async def _key(stores: Dependencies, account: Account, key_id: str) -> KeyRecord:
    keys = await run_in_threadpool(stores.credentials.list_keys, account.account_id)
    found = next((key for key in keys if key.key_id == key_id), None)
    if found is None:
        raise NotFound("key", key_id)
    return found


async def _created(
    stores: Dependencies, account: Account, kind: KeyKind, label: str, policy: KeyPolicy
) -> AsciiJsonResponse:
    key = new_key()
    record = key_record(key, kind, account.account_id, label, stores.clock.unix_s(), policy)
    await run_in_threadpool(stores.accounts.put_key, record)
    return AsciiJsonResponse(key_body(record) | {"key": key})


async def _revoke(stores: Dependencies, key: KeyRecord) -> None:
    now = stores.clock.unix_s()
    await run_in_threadpool(stores.credentials.revoke_key, key.account_id, key.key_hash, now)


def _policy(body: PolicyBody) -> KeyPolicy:
    return KeyPolicy(
        agents=None if body.agents is None else tuple(AgentId(agent) for agent in body.agents),
        origins=None if body.origins is None else tuple(body.origins),
        overrides=body.overrides,
        phone=body.phone,
        loopback_only=body.loopback_only,
        max_concurrent_calls=body.max_concurrent_calls,
        max_minutes_per_day=body.max_minutes_per_day,
        max_spend_per_day=body.max_spend_per_day,
    )


def key_body(key: KeyRecord) -> dict[str, Any]:
    """A key on the wire, without the key; a private key has no policy."""
    policy = key.policy
    is_public = key.kind is KeyKind.PUBLIC
    limits = {
        "agents": None if policy.agents is None else list(policy.agents),
        "origins": None if policy.origins is None else list(policy.origins),
        "overrides": policy.overrides,
        "phone": policy.phone,
        "loopback_only": policy.loopback_only,
        "max_concurrent_calls": policy.max_concurrent_calls,
        "max_minutes_per_day": policy.max_minutes_per_day,
        "max_spend_per_day": policy.max_spend_per_day,
    }
    return {
        "id": key.key_id,
        "kind": key.kind,
        "label": key.label,
        "hint": key.hint,
        "created_at": int(key.created_at),
        "revoked_at": None if key.revoked_at is None else int(key.revoked_at),
        "policy": limits if is_public else None,
        "policy_means": dict(explain_policy(policy)) if is_public else None,
    }
