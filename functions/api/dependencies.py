"""What the routes stand on, and how a request proves its account."""

from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader
from starlette.concurrency import run_in_threadpool

from api.rate_limiter import RateLimiter
from callauth.keys import authenticate, parse_authorization
from callcore.accounts import Account, KeyKind, KeyRecord
from callcore.clock import Clock
from callcore.ports import (
    AccountStore,
    AgentChanges,
    AgentStore,
    CallLog,
    CallStore,
    CampaignRecords,
    CampaignStore,
    Credentials,
    IdempotencyStore,
    PhoneStore,
)


class Agents(AgentStore, AgentChanges, Protocol):
    """Both ports of the agents."""


@dataclass(frozen=True)
class Dependencies:
    """The ports of this function. They are synchronous, so routes call them in a thread."""

    accounts: AccountStore
    credentials: Credentials
    agents: Agents
    calls: CallStore
    call_log: CallLog
    phones: PhoneStore
    campaigns: CampaignStore
    campaign_records: CampaignRecords
    idempotency: IdempotencyStore
    limiter: RateLimiter
    clock: Clock


def dependencies(request: Request) -> Dependencies:
    """Those that `create_app` was given."""
    found: Dependencies = request.app.state.dependencies
    return found


AppDependencies = Annotated[Dependencies, Depends(dependencies)]


_Authorization = APIKeyHeader(
    name="Authorization", scheme_name="private key", description="The key, alone or after Bearer.", auto_error=False
)


async def _opened(
    stores: AppDependencies, authorization: Annotated[str | None, Security(_Authorization)]
) -> tuple[KeyRecord, Account]:
    key = parse_authorization(authorization)
    opened = await run_in_threadpool(authenticate, stores.accounts, key, KeyKind.PRIVATE)
    stores.limiter.count(opened[0].key_hash, stores.clock.monotonic_s())
    return opened


_Opened = Annotated[tuple[KeyRecord, Account], Depends(_opened)]


async def private_account(opened: _Opened) -> Account:
    """The account whose private key the request carries. Raises Unauthenticated, NotAllowed and LimitExceeded."""
    return opened[1]


async def private_key(opened: _Opened) -> KeyRecord:
    """The row of that key."""
    return opened[0]


PrivateAccount = Annotated[Account, Depends(private_account)]
PrivateKey = Annotated[KeyRecord, Depends(private_key)]
