"""What the routes stand on, and how a request proves its account."""

from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

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
    clock: Clock


def dependencies(request: Request) -> Dependencies:
    """Those that `create_app` was given."""
    found: Dependencies = request.app.state.dependencies
    return found


AppDependencies = Annotated[Dependencies, Depends(dependencies)]


async def _opened(request: Request, stores: AppDependencies) -> tuple[KeyRecord, Account]:
    key = parse_authorization(request.headers.get("authorization"))
    return await run_in_threadpool(authenticate, stores.accounts, key, KeyKind.PRIVATE)


_Opened = Annotated[tuple[KeyRecord, Account], Depends(_opened)]


async def private_account(opened: _Opened) -> Account:
    """The account whose private key the request carries. Raises Unauthenticated and NotAllowed."""
    return opened[1]


async def private_key(opened: _Opened) -> KeyRecord:
    """The row of that key."""
    return opened[0]


PrivateAccount = Annotated[Account, Depends(private_account)]
PrivateKey = Annotated[KeyRecord, Depends(private_key)]
