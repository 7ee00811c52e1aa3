"""What the routes stand on, and how a request proves its account."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Protocol

from fastapi import Depends, Query, Request, Security
from fastapi.security import APIKeyHeader
from starlette.concurrency import run_in_threadpool

from api.sip_desk import SipDesk
from api.telephony import Telephony
from callauth.keys import authenticate, parse_authorization
from callauth.recording_tokens import account_of, check_recording_token, recording_links
from callauth.turn_credentials import TurnServers
from callcore.accounts.account import Account, AccountStatus, KeyKind, KeyRecord
from callcore.accounts.ports import AccountStore, Credentials
from callcore.accounts.rate_limit import RateLimiter
from callcore.agents.ports import AgentChanges, AgentStore
from callcore.agents.versions import AgentVersions
from callcore.billing.allowance import Holder, Used, check_day, day_of, limits_of_account
from callcore.billing.ports import DayTotals
from callcore.calls.call import Call
from callcore.calls.ports import CallLog, CallStore
from callcore.campaigns.ports import CampaignRecords, CampaignStore, DoNotCall
from callcore.clock import Clock
from callcore.deliveries.ports import DeliveryLog, DeliveryStore, DisabledWebhooks
from callcore.desks.knowledge import KnowledgeDesk
from callcore.errors import NotAllowed, NotFound, Unauthenticated
from callcore.ids import SessionId
from callcore.phones.ports import PhoneStore
from callcore.ports import BlobStore, IdempotencyStore
from callcore.wire.call_control import CallControl

if TYPE_CHECKING:  # few calls are private, and a start does not wait for them
    from callcore.deliveries.outbox import PrivateReports


class Agents(AgentStore, AgentChanges, Protocol):
    """Both ports of the agents."""


@dataclass(frozen=True)
class Dependencies:
    """The ports of this function. They are synchronous, so routes call them in a thread."""

    accounts: AccountStore
    credentials: Credentials
    agents: Agents
    agent_versions: AgentVersions
    calls: CallStore
    call_log: CallLog
    control: CallControl
    reception: CallControl
    """To a worker with room, for what begins there, and to where it began."""
    turn: TurnServers
    phones: PhoneStore
    campaigns: CampaignStore
    campaign_records: CampaignRecords
    do_not_call: DoNotCall
    idempotency: IdempotencyStore
    deliveries: DeliveryStore
    delivery_log: DeliveryLog
    day_totals: DayTotals
    disabled_webhooks: DisabledWebhooks
    private: "PrivateReports"
    blobs: BlobStore
    knowledge: KnowledgeDesk
    telephony: Telephony
    sip: SipDesk
    limiter: RateLimiter
    clock: Clock
    api_url: str
    """Our own address, as people are told it; without a trailing slash."""

    def recording_of(self, call: Call, account: Account) -> Mapping[str, str] | None:
        """Where the account's call can be heard; None when there is no recording."""
        return recording_links(call, account, self.api_url, self.clock.unix_s())


def dependencies(request: Request) -> Dependencies:
    """Those that `create_app` was given."""
    found: Dependencies = request.app.state.dependencies
    return found


AppDependencies = Annotated[Dependencies, Depends(dependencies)]


_Authorization = APIKeyHeader(
    name="Authorization", scheme_name="private key", description="The key, alone or after Bearer.", auto_error=False
)


Authorization = Annotated[str | None, Security(_Authorization)]


async def _opened(request: Request, authorization: str | None) -> tuple[KeyRecord, Account]:
    stores = dependencies(request)
    # Some back ends of the platform send `token` too: it counts where there is nothing else (protocol.md 1.1).
    key = parse_authorization(authorization or request.headers.get("token"))
    opened = await run_in_threadpool(authenticate, stores.accounts, key, KeyKind.PRIVATE)
    stores.limiter.count(opened[0].key_hash, stores.clock.monotonic_s())
    return opened


# A route takes one of the next two: each reads the key and counts the request by itself. What they stand on FastAPI
# looks through anew for every route, at every start.
async def private_account(request: Request, authorization: Authorization) -> Account:
    """The account whose private key the request carries. Raises Unauthenticated, NotAllowed and LimitExceeded."""
    return (await _opened(request, authorization))[1]


PrivateAccount = Annotated[Account, Depends(private_account)]


async def private_key(request: Request, authorization: Authorization) -> KeyRecord:
    """The row of that key."""
    return (await _opened(request, authorization))[0]


PrivateKey = Annotated[KeyRecord, Depends(private_key)]


async def used_today(account: PrivateAccount, stores: AppDependencies) -> Used:
    """What the account has used of this day."""
    holder, today = Holder(account.account_id), day_of(stores.clock.unix_s())
    return await run_in_threadpool(stores.day_totals.used, holder, today)


UsedToday = Annotated[Used, Depends(used_today)]


async def calling_account(account: PrivateAccount, used: UsedToday, stores: AppDependencies) -> Account:
    """The account, which may begin a call now. Raises LimitExceeded when its day is used up."""
    check_day(Holder(account.account_id), limits_of_account(account), used, stores.clock.unix_s())
    return account


CallingAccount = Annotated[Account, Depends(calling_account)]


async def recording_reader(
    request: Request,
    session_id: str,
    authorization: Authorization,
    token: Annotated[str | None, Query(description="Of an address that the call log gave.")] = None,
) -> Account:
    """The account whose private key the request carries, or whose token for this very recording.

    Raises Unauthenticated, NotAllowed and LimitExceeded.
    """
    if authorization is not None or token is None:
        return (await _opened(request, authorization))[1]
    stores = dependencies(request)
    account = await run_in_threadpool(_account_of_token, stores, token, SessionId(session_id))
    stores.limiter.count(account.account_id, stores.clock.monotonic_s())
    return account


def _account_of_token(stores: Dependencies, token: str, session_id: SessionId) -> Account:
    try:
        account = stores.accounts.get_account(account_of(token))
    except NotFound:
        raise Unauthenticated("the recording's token is of no account") from None
    check_recording_token(token, account, session_id, stores.clock.unix_s())
    if account.status is AccountStatus.SUSPENDED:
        raise NotAllowed("the account is suspended")
    return account


RecordingReader = Annotated[Account, Depends(recording_reader)]
