"""How campaigns stand, and how many calls one may order."""

from dataclasses import replace

import pytest

from callcore.accounts.account import Account, AccountStatus
from callcore.agents.agent import Agent, AgentStatus
from callcore.calls.call import END_STATUSES, Call, CallStatus
from callcore.campaigns.calling_hours import DAYS, CallingHours
from callcore.campaigns.campaign import (
    Campaign,
    CampaignEvent,
    CampaignRecord,
    CampaignStatus,
    RecordStatus,
    after,
    as_seen,
    campaign_of,
    check_caller,
    check_may_start,
    is_held,
    may_call,
    next_call_at,
    ordered_by,
    outcome,
    room,
    seats,
)
from callcore.errors import Conflict, InvalidTransition
from callcore.ids import AccountId, AgentId, CallId, CampaignId, SessionId
from callcore.phones.phone import Carrier, Phone, PhoneNumber
from callcore.workers.worker import Worker

S, E, R = CampaignStatus, CampaignEvent, RecordStatus
ANN, BOB = AccountId("acc_ann"), AccountId("acc_bob")
OURS = PhoneNumber("+15550001111")
CAMPAIGN = Campaign(CampaignId("-C"), ANN, "Spring", 0.0, S.STARTED, OURS, max_concurrent_calls=3)
ACCOUNT = Account(ANN, "Ann's", 0.0, "secret", max_concurrent_calls=5)
NONE = dict.fromkeys(R, 0)


def live(status: CallStatus = CallStatus.IN_PROGRESS, account_id: AccountId = ANN, by: str = OURS) -> Call:
    return Call(SessionId("s"), CallId("c"), account_id, status, 0.0, voip={"from": by, "to": "+1"})


OWN = ordered_by(CAMPAIGN, live(), CampaignRecord(PhoneNumber("+1")))


def test_whoever_starts_or_stops_is_never_refused_and_twice_is_once() -> None:
    for status in S:
        for event in (E.START, E.STOP):
            once = after(replace(CAMPAIGN, status=status), event)
            assert after(once, event) == once


@pytest.mark.parametrize(
    ("status", "event", "following"),
    [
        (S.IDLE, E.STOP, S.IDLE),
        (S.STARTED, E.STOP, S.PAUSED),
        (S.PAUSED, E.START, S.STARTED),
        (S.FINISHED, E.START, S.STARTED),
        (S.FINISHED, E.STOP, S.FINISHED),
        (S.STARTED, E.ALL_CALLED, S.FINISHED),
        (S.PAUSED, E.ALL_CALLED, S.FINISHED),
    ],
)
def test_the_table(status: CampaignStatus, event: CampaignEvent, following: CampaignStatus) -> None:
    assert after(replace(CAMPAIGN, status=status), event).status is following


def test_only_what_was_started_ends() -> None:
    ends = {S.STARTED: {E.ALL_CALLED, E.CANNOT_GO_ON}, S.PAUSED: {E.ALL_CALLED}}
    for status in S:
        for event in {E.ALL_CALLED, E.CANNOT_GO_ON} - ends.get(status, set()):
            with pytest.raises(InvalidTransition):
                after(replace(CAMPAIGN, status=status), event)


@pytest.mark.parametrize(
    ("status", "counts", "seen"),
    [
        (S.PAUSED, {R.FINISHED: 1}, S.FINISHED),
        (S.PAUSED, {R.FAILED: 1}, S.FINISHED),
        (S.PAUSED, {R.FINISHED: 1, R.NOT_STARTED: 1}, S.PAUSED),
        (S.PAUSED, {R.FINISHED: 1, R.STARTED: 1}, S.PAUSED),
        (S.PAUSED, {}, S.PAUSED),
        (S.STARTED, {R.FINISHED: 1}, S.STARTED),
        (S.FAILED, {R.FINISHED: 1}, S.FAILED),
        (S.IDLE, {R.FINISHED: 1}, S.IDLE),
    ],
)
def test_a_stopped_campaign_with_nobody_left_to_call_is_finished(
    status: CampaignStatus, counts: dict[RecordStatus, int], seen: CampaignStatus
) -> None:
    campaign = replace(CAMPAIGN, status=status)
    assert as_seen(campaign, NONE | counts) == replace(campaign, status=seen)


HOURS = CallingHours("UTC", DAYS, "09:00", "20:00")
SOME_WAIT = NONE | {R.NOT_STARTED: 1}
NIGHT, DAY = 3 * 3_600.0, 12 * 3_600.0
"""Of the first day of 1970."""


@pytest.mark.parametrize(
    ("campaign", "counts", "now", "until"),
    [
        (replace(CAMPAIGN, calling_hours=HOURS), SOME_WAIT, NIGHT, 9 * 3_600.0),
        (replace(CAMPAIGN, calling_hours=HOURS), SOME_WAIT, DAY, None),
        (replace(CAMPAIGN, calling_hours=HOURS), NONE | {R.STARTED: 1, R.FAILED: 1}, NIGHT, None),
        (replace(CAMPAIGN, calling_hours=HOURS, status=S.PAUSED), SOME_WAIT, NIGHT, None),
        (CAMPAIGN, SOME_WAIT, NIGHT, None),
    ],
)
def test_a_started_campaign_with_somebody_to_call_waits_for_its_hours(
    campaign: Campaign, counts: dict[RecordStatus, int], now: float, until: float | None
) -> None:
    assert next_call_at(campaign, counts, now) == until
    assert may_call(campaign, now) == (campaign.calling_hours is None or now == DAY)


def test_why_a_campaign_failed_is_known_until_it_is_started_again() -> None:
    failed = after(CAMPAIGN, E.CANNOT_GO_ON, "the number is gone")
    assert (failed.status, failed.error_message) == (S.FAILED, "the number is gone")
    assert after(failed, E.STOP) == failed
    assert after(failed, E.START) == CAMPAIGN


@pytest.mark.parametrize(
    ("campaign", "counts", "missing"),
    [
        (replace(CAMPAIGN, caller=None), NONE | {R.NOT_STARTED: 1}, "no caller"),
        (CAMPAIGN, NONE, "no records"),
        (replace(CAMPAIGN, approval="rejected", approval_reason="at night"), NONE | {R.NOT_STARTED: 1}, "at night"),
    ],
)
def test_a_start_is_refused_with_what_is_missing(
    campaign: Campaign, counts: dict[RecordStatus, int], missing: str
) -> None:
    with pytest.raises(Conflict, match=missing):
        check_may_start(campaign, counts)


def test_one_that_has_nothing_left_to_do_may_be_started() -> None:
    check_may_start(CAMPAIGN, NONE | {R.FINISHED: 1})
    check_may_start(replace(CAMPAIGN, approval=" Approved"), NONE | {R.NOT_STARTED: 1})


def test_only_a_no_holds_a_campaign() -> None:
    said = (None, "approved", "APPROVED", "rejected", "")
    assert [is_held(replace(CAMPAIGN, approval=word)) for word in said] == [False, False, False, True, True]


def test_a_caller_is_connected_and_has_an_agent_that_takes_calls() -> None:
    agent = Agent(AgentId("-A"), ANN, "Desk", {}, 0.0)
    phone = Phone(ANN, OURS, 0.0, Carrier.TWILIO, agent_id=agent.agent_id, sealed_account="sealed")
    check_caller(phone, agent)
    for wrong, of, says in (
        (replace(phone, sealed_account=None), agent, "not connected"),
        (phone, None, "no agent"),
        (phone, replace(agent, status=AgentStatus.DISABLED), "disabled"),
    ):
        with pytest.raises(Conflict, match=says):
            check_caller(wrong, of)


@pytest.mark.parametrize(
    ("calls", "free"),
    [
        ([], 1),  # one call a second and number
        ([OWN, OWN], 1),
        ([OWN, OWN, OWN], 0),
        ([live()] * 4, 1),
        ([live()] * 5, 0),
        ([live(CallStatus.REGISTERED)] * 5, 1),
        ([live(account_id=BOB)] * 50, 1),
        ([live(CallStatus.QUEUED)], 0),
        ([live(CallStatus.QUEUED, by="+15550009999")], 1),
        ([live(CallStatus.QUEUED, account_id=BOB)], 1),
    ],
)
def test_room_is_what_campaign_account_and_number_leave(calls: list[Call], free: int) -> None:
    assert room(CAMPAIGN, ACCOUNT, calls, 100) == free
    assert room(CAMPAIGN, ACCOUNT, calls, 0) == room(CAMPAIGN, ACCOUNT, calls, -3) == 0


def test_what_is_waited_for_is_told_until_it_stands_otherwise() -> None:
    waiting = replace(CAMPAIGN, waits_for="room")
    assert after(waiting, E.START) == waiting
    assert after(waiting, E.STOP).waits_for is after(waiting, E.CANNOT_GO_ON, "x").waits_for is None


def test_a_suspended_account_has_no_room() -> None:
    assert room(CAMPAIGN, replace(ACCOUNT, status=AccountStatus.SUSPENDED), [], 100) == 0


def test_seats_are_what_workers_have_when_everybody_takes_up() -> None:
    now = 1_000.0
    workers = [
        Worker("w-1", now - 5, 4),
        Worker("w-2", now - 20, 3, reserved={SessionId("r"): now + 5}),
        Worker("silent", now - 26, 50),
        Worker("draining", now, 0, reserved={SessionId("q"): now + 5}),
    ]
    assert seats(workers, [], now) == 6
    ringing = replace(OWN, status=CallStatus.RINGING, voip={**(OWN.voip or {}), "direction": "outbound"})
    begun, talking = (replace(ringing, status=CallStatus.IN_PROGRESS, started_at=now - ago) for ago in (3, 30))
    inbound = replace(ringing, voip={"direction": "inbound"})
    assert seats(workers, [ringing, begun, talking, inbound, live()], now) == 4


def test_a_call_knows_its_campaign() -> None:
    assert campaign_of(OWN) == CAMPAIGN.campaign_id
    assert campaign_of(live()) is campaign_of(replace(OWN, voip=None)) is None


def test_every_end_of_a_call_is_one_of_its_record() -> None:
    talked = {status for status in END_STATUSES if outcome(status) is R.FINISHED}
    assert talked == {
        *(CallStatus.USER_ENDED, CallStatus.AGENT_ENDED, CallStatus.API_ENDED, CallStatus.TIMEOUT),
        *(CallStatus.VOICEMAIL_HANGUP, CallStatus.VOICEMAIL_MESSAGE, CallStatus.CHAT_COMPLETION),
    }
    assert {outcome(status) for status in END_STATUSES - talked} == {R.FAILED}
    with pytest.raises(InvalidTransition):
        outcome(CallStatus.RINGING)
