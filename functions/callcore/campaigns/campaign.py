"""Campaigns: lists of numbers to call (protocol.md 7.10), how they stand, and how many calls one may order now.

A campaign dials while it is `started`. A record waits (`not_started`), is being called (`started`), and ends as its
call does; or it waits for another try, if the campaign has one for such a call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from callcore.accounts.account import Account, AccountStatus
from callcore.agents.agent import Agent, AgentStatus
from callcore.calls.call import END_STATUSES, Call, CallStatus
from callcore.campaigns.calling_hours import CallingHours, is_open, next_opening
from callcore.campaigns.tries import TRY, Tries
from callcore.errors import Conflict, InvalidTransition
from callcore.ids import AccountId, CampaignId, SessionId
from callcore.phones.phone import Phone, PhoneNumber
from callcore.telephony.outbound import CALLS_PER_S, takes_place
from callcore.workers.worker import HEARTBEAT_S, Worker
from callcore.workers.worker import room as worker_room

DEFAULT_CONCURRENT_CALLS = 10
"""Of a campaign; its account's own limit holds beside it."""
MAX_CONCURRENT_CALLS = 1_000
MAX_RECORDS_AT_ONCE = 10_000
"""In one request."""
CAMPAIGN = "campaign_id"
"""In `voip`: the campaign that ordered the call."""
APPROVED = "approved"
OUTSIDE_HOURS = "it is outside of the campaign's calling hours"


class CampaignStatus(StrEnum):
    """How a campaign stands."""

    IDLE = "idle"
    STARTED = "started"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"


class CampaignEvent(StrEnum):
    """What happens to one."""

    START = "start"
    STOP = "stop"
    ALL_CALLED = "all called"
    """No record waits, and none is being called."""
    CANNOT_GO_ON = "cannot go on"


_S, _E = CampaignStatus, CampaignEvent
TRANSITIONS: Mapping[CampaignStatus, Mapping[CampaignEvent, CampaignStatus]] = {
    _S.IDLE: {_E.START: _S.STARTED, _E.STOP: _S.IDLE},
    _S.STARTED: {
        _E.START: _S.STARTED,
        _E.STOP: _S.PAUSED,
        _E.ALL_CALLED: _S.FINISHED,
        _E.CANNOT_GO_ON: _S.FAILED,
    },
    _S.PAUSED: {_E.START: _S.STARTED, _E.STOP: _S.PAUSED, _E.ALL_CALLED: _S.FINISHED},
    _S.FINISHED: {_E.START: _S.STARTED, _E.STOP: _S.FINISHED},
    _S.FAILED: {_E.START: _S.STARTED, _E.STOP: _S.FAILED},
}
"""To start and to stop is always possible, and twice is once."""


class RecordStatus(StrEnum):
    """How the call to one number stands."""

    NOT_STARTED = "not_started"
    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"


RecordCounts = Mapping[RecordStatus, int]
"""How many records of a campaign stand so; every status is there."""
_C = CallStatus
_FAILED_CALLS = frozenset({_C.CANCELED, _C.BUSY, _C.NO_ANSWER, _C.FAILED, _C.ERROR, _C.UNKNOWN})


@dataclass(frozen=True)
class Campaign:
    """A campaign without its records."""

    campaign_id: CampaignId
    account_id: AccountId
    name: str
    created_at: float
    """Unix seconds."""
    status: CampaignStatus = CampaignStatus.IDLE
    caller: PhoneNumber | None = None
    """The account's number that calls; its agent talks."""
    include_metadata_in_prompt: bool = False
    max_concurrent_calls: int = DEFAULT_CONCURRENT_CALLS
    """How many of its records may be called at once."""
    error_message: str | None = None
    """Why it failed."""
    waits_for: str | None = None
    """Why it calls nobody though it is started, as far as that was seen at its last tick."""
    approval: str | None = None
    """What was said of it (`APPROVED`, or anything else); None: nobody was asked."""
    approval_reason: str | None = None
    calling_hours: CallingHours | None = None
    """When it may call; None: at any hour."""
    tries: Tries | None = None
    """How often it calls whom it does not reach; None: each number once."""


@dataclass(frozen=True)
class CampaignRecord:
    """One number to call; it stands once in a campaign."""

    phone: PhoneNumber
    metadata: Mapping[str, Any] = field(default_factory=dict)
    call_status: RecordStatus = RecordStatus.NOT_STARTED
    session_id: SessionId | None = None
    """Of its last call."""
    result: CallStatus | None = None
    """How its last call ended; None: none has, or another one goes on."""
    duration_s: int | None = None
    """How long the talk was."""
    tries: int = 0
    """How often it was called, with the call that goes on."""
    next_try_at: float | None = None
    """When it is called again, while it waits for that (unix seconds)."""
    place: int = field(default=0, compare=False)
    """In its list, as the store counts: behind the places of those that were added before; 1 or more."""


def after(campaign: Campaign, event: CampaignEvent, error_message: str | None = None) -> Campaign:
    """The campaign after what happened; `error_message` says why it cannot go on.

    Raises InvalidTransition when the table forbids it.
    """
    following = TRANSITIONS[campaign.status].get(event)
    if following is None:
        raise InvalidTransition("campaign", campaign.status, event)
    kept = error_message if event is CampaignEvent.CANNOT_GO_ON else campaign.error_message
    kept = kept if following is CampaignStatus.FAILED else None
    waits_for = campaign.waits_for if following is campaign.status else None
    return replace(campaign, status=following, error_message=kept, waits_for=waits_for)


def as_seen(campaign: Campaign, counts: RecordCounts) -> Campaign:
    """The campaign as its owner sees it: a stopped one is finished when its last call has ended.

    Nobody looks after a stopped campaign, so its row does not say so.
    """
    is_left = counts[RecordStatus.NOT_STARTED] or counts[RecordStatus.STARTED]
    if campaign.status is not CampaignStatus.PAUSED or is_left or not any(counts.values()):
        return campaign
    return after(campaign, CampaignEvent.ALL_CALLED)


def is_held(campaign: Campaign) -> bool:
    """Whether somebody was asked and has not approved of it."""
    return campaign.approval is not None and campaign.approval.strip().casefold() != APPROVED


def may_call(campaign: Campaign, now: float) -> bool:
    """Whether somebody's telephone may ring for it at this hour."""
    return campaign.calling_hours is None or is_open(campaign.calling_hours, now)


def next_call_at(campaign: Campaign, counts: RecordCounts, now: float) -> float | None:
    """Until when a started campaign waits for its calling hours (unix seconds); None: it does not wait for them."""
    is_waiting = campaign.status is CampaignStatus.STARTED and counts[RecordStatus.NOT_STARTED] > 0
    if not is_waiting or campaign.calling_hours is None or is_open(campaign.calling_hours, now):
        return None
    return next_opening(campaign.calling_hours, now)


def check_may_start(campaign: Campaign, counts: RecordCounts) -> None:
    """Raises Conflict that says what is missing. One that goes on, or has nothing left to do, may be started again."""
    if is_held(campaign):
        reason = f": {campaign.approval_reason}" if campaign.approval_reason else ""
        raise Conflict(f"the campaign is not approved ({campaign.approval}{reason}): approve of it first")
    if campaign.caller is None:
        raise Conflict("the campaign has no caller: choose one of your numbers")
    if not sum(counts.values()):
        raise Conflict("the campaign has no records: add numbers to call")


def check_caller(phone: Phone, agent: Agent | None) -> None:
    """Raises Conflict that says why the number cannot call for a campaign; `agent` is the one it has."""
    if not phone.is_connected:
        raise Conflict(f"caller: {phone.number} is not connected: import it with its carrier's credentials")
    if agent is None:
        raise Conflict(f"caller: {phone.number} has no agent: give it one")
    if agent.status is AgentStatus.DISABLED:
        raise Conflict(f"caller: the agent of {phone.number} is disabled")


def seats(workers: Sequence[Worker], live: Sequence[Call], now: float) -> int:
    """How many more calls the workers could hold if everybody who is being called took up at once.

    A worker has told at its last heartbeat what it holds: calls that began since then are not among it.
    """
    free = sum(max(0, worker_room(worker, now)) for worker in workers)
    coming = [
        call
        for call in live
        if (call.voip or {}).get("direction") == "outbound"
        and (call.status is not CallStatus.IN_PROGRESS or now - call.started_at < HEARTBEAT_S)
    ]
    return free - len(coming)


def room(campaign: Campaign, account: Account, live: Sequence[Call], seats_left: int) -> int:
    """How many calls the campaign may order now; `live` are all calls that have not ended.

    What waits to be placed counts like what goes on, and no more wait at a number than are placed in a second: an
    ordered call is placed at once, so that stopping the campaign holds for it.
    """
    if obstacle(account, live, seats_left):
        return 0
    of_account = _of_account(account, live)
    own = [call for call in of_account if campaign_of(call) == campaign.campaign_id]
    waiting = [call for call in of_account if call.status is CallStatus.QUEUED and _is_by(call, campaign.caller)]
    free = (
        campaign.max_concurrent_calls - len(own),
        account.max_concurrent_calls - len(of_account),
        CALLS_PER_S - len(waiting),
        seats_left,
    )
    return max(0, min(free))


def obstacle(account: Account, live: Sequence[Call], seats_left: int) -> str | None:
    """Why no campaign of the account may order a call now; None: nothing stands against it."""
    if account.status is AccountStatus.SUSPENDED:
        return "the account is suspended"
    if len(_of_account(account, live)) >= account.max_concurrent_calls:
        return f"the account holds {account.max_concurrent_calls} concurrent calls already"
    return None if seats_left > 0 else "no worker has room for another call"


def _of_account(account: Account, live: Sequence[Call]) -> list[Call]:
    return [call for call in live if call.account_id == account.account_id and takes_place(call)]


def _is_by(call: Call, caller: PhoneNumber | None) -> bool:
    return bool((call.voip or {}).get("from") == caller)


def campaign_of(call: Call) -> CampaignId | None:
    """The campaign that ordered the call."""
    said = (call.voip or {}).get(CAMPAIGN)
    return None if said is None else CampaignId(str(said))


def ordered_by(campaign: Campaign, call: Call, record: CampaignRecord) -> Call:
    """The call as the next one that this campaign makes to the record."""
    return replace(call, voip={**(call.voip or {}), CAMPAIGN: campaign.campaign_id, TRY: record.tries + 1})


def outcome(ended: CallStatus) -> RecordStatus:
    """What becomes of a record whose call ended so: a talk that was not cut off is `finished`."""
    if ended not in END_STATUSES:
        raise InvalidTransition("campaign record", RecordStatus.STARTED, ended)
    return RecordStatus.FAILED if ended in _FAILED_CALLS else RecordStatus.FINISHED
