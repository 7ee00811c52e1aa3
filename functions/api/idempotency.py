"""The `Idempotency-Key` header around what must not happen twice."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from callcore.errors import InvalidInput
from callcore.idempotency import MAX_KEY_CHARS, KeyedRequest, reply_to
from callcore.ports import IdempotencyStore

Make = Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Once:
    """Makes the reply of one request, or gives again what an earlier one with the same key made."""

    store: IdempotencyStore
    request: KeyedRequest | None
    """None: there is no header, and every request is its own."""

    async def reply(self, make: Make) -> AsciiJsonResponse:
        """The reply that `make` makes. What it raises is no reply: the key can be used again."""
        if self.request is None:
            return AsciiJsonResponse(await make())
        earlier = await run_in_threadpool(self.store.begin_request, self.request)
        if earlier is not None:
            return AsciiJsonResponse(json.loads(reply_to(self.request, earlier)))
        try:
            body = await make()
        except Exception:
            await run_in_threadpool(self.store.abandon_request, self.request)
            raise
        await run_in_threadpool(self.store.finish_request, self.request, json.dumps(body))
        return AsciiJsonResponse(body)


async def _once(
    request: Request,
    account: PrivateAccount,
    stores: AppDependencies,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Once:
    if idempotency_key is None:
        return Once(stores.idempotency, None)
    if not 0 < len(idempotency_key) <= MAX_KEY_CHARS:
        raise InvalidInput(f"Idempotency-Key: it has 1 to {MAX_KEY_CHARS} characters")
    content = request.url.path.encode() + b"\0" + await request.body()
    fingerprint = hashlib.sha256(content).hexdigest()
    return Once(stores.idempotency, KeyedRequest(account.account_id, idempotency_key, fingerprint))


RequestOnce = Annotated[Once, Depends(_once)]
