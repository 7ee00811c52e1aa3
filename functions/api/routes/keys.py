"""Keys and the embed secret (architecture.md 7). A key and a secret are shown once, when they are made."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, Dependencies, PrivateAccount, PrivateKey
from api.problems import AsciiJsonResponse
from callauth.console_key import exchange_secret
from callauth.key_ring import KeyRing
from callauth.key_ring import NewKey as MadeKey
from callauth.tokens import new_embed_secret
from callcore.accounts.account import Account, KeyKind, KeyRecord
from callcore.accounts.key_policy import explain_policy
from callcore.accounts.policy_body import MAX_LABEL_CHARS, PolicyBody
from callcore.errors import Conflict, InvalidInput

router = APIRouter()


class NewKey(BaseModel):
    """A key to make."""

    model_config = ConfigDict(extra="forbid")

    kind: KeyKind
    label: Annotated[str, Field(max_length=MAX_LABEL_CHARS)] = ""
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
    policy = (body.policy or PolicyBody()).policy()
    arguments = account.account_id, body.kind, body.label, policy, stores.clock.unix_s()
    return _shown(await run_in_threadpool(_ring(stores).create, *arguments))


@router.post("/keys/{key_id}/rotate")
async def rotate_key(key_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """A new key with the same label and policy; the old one is refused from now on.

    For a change without a gap create a second key first, and revoke the old one when nobody uses it any more.
    """
    return _shown(await run_in_threadpool(_ring(stores).rotate, account.account_id, key_id, stores.clock.unix_s()))


@router.delete("/keys/{key_id}")
async def revoke_key(key_id: str, used: PrivateKey, stores: AppDependencies) -> AsciiJsonResponse:
    """Refuse a key from now on; doing so twice is fine."""
    key = await run_in_threadpool(_ring(stores).find, used.account_id, key_id)
    if key.key_hash == used.key_hash:
        raise Conflict("a key cannot revoke itself: use another private key, or rotate this one")
    await run_in_threadpool(_ring(stores).revoke, key, stores.clock.unix_s())
    return AsciiJsonResponse({"id": key_id, "revoked": True})


@router.post("/embed-secret")
async def create_embed_secret(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """A new secret to sign metadata with, in this reply only; what the old one signed is refused from now on."""
    secret = new_embed_secret()
    await run_in_threadpool(_exchange, stores, account, secret)
    return AsciiJsonResponse({"embed_secret": secret})


@router.delete("/embed-secret")
async def revoke_embed_secret(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Refuse every signed token until a new secret is made."""
    await run_in_threadpool(_exchange, stores, account, "")
    return AsciiJsonResponse({"revoked": True})


def _exchange(stores: Dependencies, account: Account, secret: str) -> None:
    exchange_secret(stores.accounts, stores.credentials, account, secret, stores.clock.unix_s())


def _ring(stores: Dependencies) -> KeyRing:
    return KeyRing(stores.accounts, stores.credentials)


def _shown(made: MadeKey) -> AsciiJsonResponse:
    return AsciiJsonResponse(key_body(made.record) | {"key": made.key})


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
