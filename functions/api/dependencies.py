"""What the routes stand on, and how a request proves its account."""

from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from callauth.keys import authenticate, parse_authorization
from callcore.accounts import Account, KeyKind
from callcore.clock import Clock
from callcore.ports import AccountStore, AgentChanges, AgentStore, CallLog, CallStore


class Agents(AgentStore, AgentChanges, Protocol):
    """Both ports of the agents."""


@dataclass(frozen=True)
class Dependencies:
    """The ports of this function. They are synchronous, so routes call them in a thread."""

    accounts: AccountStore
    agents: Agents
    calls: CallStore
    call_log: CallLog
    clock: Clock


def dependencies(request: Request) -> Dependencies:
    """Those that `create_app` was given."""
    found: Dependencies = request.app.state.dependencies
    return found


AppDependencies = Annotated[Dependencies, Depends(dependencies)]


async def private_account(request: Request, stores: AppDependencies) -> Account:
    """The account whose private key the request carries. Raises Unauthenticated and NotAllowed."""
    key = parse_authorization(request.headers.get("authorization"))
    _, account = await run_in_threadpool(authenticate, stores.accounts, key, KeyKind.PRIVATE)
    return account


PrivateAccount = Annotated[Account, Depends(private_account)]
