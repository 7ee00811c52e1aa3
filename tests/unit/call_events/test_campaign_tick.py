"""Campaigns that dial, second by second: whom they call, what holds them up, and what they survive."""

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from callauth.sealing import Sealer
from callcore.accounts.account import Account, AccountStatus
from callcore.agents.agent import AgentStatus
from callcore.billing.allowance import Holder, Used, next_day
from callcore.calls.call import CallStatus
from callcore.campaigns.campaign import CampaignRecord, campaign_of
from callcore.campaigns.do_not_call import UnwantedNumber
from callcore.campaigns.tries import Tries
from callcore.errors import StoreError
from callcore.ids import CampaignId, SessionId
from callcore.phones.phone import Carrier
from callcore.telephony.carrier_accounts import sealed
from callcore.telephony.outbound import never_answered
from callcore.telephony.ports import CallerRefused, CarrierAccount, CarrierBusy, CarrierRefused
from callcore.workers.worker import Worker
from tests.unit.call_events.office import ACCOUNT, OURS, Office
from tests.unit.call_events.running_campaign import (
    AGENT,
    CAMPAIGN,
    S,
    change,
    counts,
    end_all,
    live,
    numbers,
    seconds,
    start,
    status,
    waits_for,
)
from tests.unit.call_events.running_campaign import office as office


def test_every_number_is_dialled_once_in_its_order_and_then_the_campaign_is_finished(office: Office) -> None:
    start(office, 7)
    seconds(office, 9, lambda: end_all(office))
    assert office.line.dialled == numbers(7)
    assert status(office) is S.FINISHED
    assert counts(office) == [0, 0, 0, 7]


def test_a_call_of_a_campaign_is_one_of_its_agent_with_the_records_metadata(office: Office) -> None:
    start(office, 1)
    change(office, lambda campaign: replace(campaign, include_metadata_in_prompt=True))
    office.round()
    (call,) = live(office)
    assert (call.agent_id, call.metadata) == (AGENT.agent_id, {"name": "0000"})
    assert call.include_metadata_in_prompt
    assert call.agent_config["first_message"] == "Hi {name}"
    assert (campaign_of(call), (call.voip or {})["to"]) == (CAMPAIGN, numbers(1)[0])


def test_no_more_are_called_at_once_than_the_campaign_may(office: Office) -> None:
    start(office, 9, at_once=3)
    most = [0]

    def look() -> None:
        most.append(len(live(office)))

    seconds(office, 10, look)
    assert max(most) == 3
    end_all(office)
    seconds(office, 5, look)
    assert max(most) == 3
    assert office.line.dialled == numbers(6)


def test_a_full_account_is_waited_for(office: Office) -> None:
    office.stores.accounts.put_account(Account(ACCOUNT, "Ann's", 0.0, "embed", max_concurrent_calls=2))
    office.order("own", CallStatus.RINGING, dispatched_at=office.clock.unix_s())
    start(office, 3)
    office.order("more", CallStatus.RINGING, dispatched_at=office.clock.unix_s())
    seconds(office, 1)
    assert "holds 2 concurrent calls" in waits_for(office)
    office.stores.calls.finish_call(never_answered(office.call("more"), CallStatus.BUSY))
    seconds(office, 5)
    assert office.line.dialled == numbers(1)
    assert (counts(office), waits_for(office)) == ([2, 1, 0, 0], "")
    end_all(office)
    seconds(office, 5)
    assert office.line.dialled == numbers(3)


def test_nobody_is_called_for_whom_no_worker_has_a_seat(office: Office) -> None:
    start(office, 5)
    told = []
    for free_slots in (0, 2, 2, 2):
        office.round(free_slots)
        told.append(waits_for(office))
        office.clock.advance(1.01)
    assert told == ["no worker has room for another call", "", "", ""]
    assert office.line.dialled == numbers(2)
    office.round(3)
    assert office.line.dialled == numbers(3)
    office.clock.advance(60)
    office.placing.run()
    assert office.line.dialled == numbers(3), "a worker that is silent takes nobody"


@pytest.mark.parametrize(
    ("limits", "used"),
    [({"max_minutes_per_day": 10}, Used(call_ms=600_000)), ({"max_spend_per_day": 5}, Used(microcents=5_000_000))],
)
def test_a_day_that_is_used_up_is_waited_out(office: Office, limits: dict[str, int], used: Used) -> None:
    office.stores.accounts.put_account(
        Account(ACCOUNT, "Ann's", 0.0, "embed", **limits)  # type: ignore[arg-type]  # one limit each
    )
    now = office.clock.unix_s()
    office.stores.day_totals.add_used(Holder(ACCOUNT), datetime.fromtimestamp(now, UTC).date(), used, "a")
    start(office, 2)
    seconds(office, 3)
    assert office.line.dialled == []
    assert status(office) is S.STARTED
    assert "of this day" in waits_for(office)
    office.clock.advance(next_day(now) - now)
    seconds(office, 3)
    assert office.line.dialled == numbers(2)
    assert waits_for(office) == ""


def test_a_suspended_account_is_waited_for(office: Office) -> None:
    account = office.stores.accounts.get_account(ACCOUNT)
    start(office, 2)
    office.placing.tick.run(live(office))
    office.stores.accounts.put_account(replace(account, status=AccountStatus.SUSPENDED))
    seconds(office, 3)
    assert office.line.dialled == []
    assert (status(office), counts(office)) == (S.STARTED, [2, 0, 0, 0])
    office.stores.accounts.put_account(account)
    seconds(office, 3)
    assert office.line.dialled == numbers(2)


def test_stopping_lets_calls_go_on_and_dials_nobody_until_it_is_started_again(office: Office) -> None:
    start(office, 5)
    seconds(office, 2)
    change(office, lambda campaign: replace(campaign, status=S.PAUSED))
    seconds(office, 5)
    assert office.line.dialled == numbers(2)
    assert counts(office) == [3, 2, 0, 0]
    end_all(office)
    change(office, lambda campaign: replace(campaign, status=S.STARTED))
    seconds(office, 5, lambda: end_all(office))
    assert office.line.dialled == numbers(5)
    assert status(office) is S.FINISHED


def test_a_call_that_was_ordered_and_not_placed_is_given_back_when_the_campaign_stops(office: Office) -> None:
    start(office, 2)
    office.placing.tick.run(live(office))
    assert counts(office) == [1, 1, 0, 0]
    change(office, lambda campaign: replace(campaign, status=S.PAUSED))
    seconds(office, 3)
    assert (office.line.dialled, live(office), counts(office)) == ([], [], [2, 0, 0, 0])


def test_a_carrier_without_a_line_is_waited_for_however_long(office: Office) -> None:
    def busy() -> str:
        raise CarrierBusy("429")

    office.line.place_ = busy
    start(office, 2)
    for _ in range(3):
        office.round()
        office.clock.advance(700)
    assert counts(office)[3] == 0
    office.line.place_ = lambda: "CA1"
    seconds(office, 5)
    assert office.line.dialled == numbers(2)


def test_what_a_carrier_has_against_one_number_fails_its_record_only(office: Office) -> None:
    refused = [True]

    def place() -> str:
        if refused.pop() if refused else False:
            raise CarrierRefused("twilio answered 400: 21211")
        return "CA1"

    office.line.place_ = place
    start(office, 3)
    seconds(office, 4)
    assert office.line.dialled == numbers(3)[1:]
    assert (status(office), counts(office)) == (S.STARTED, [0, 2, 0, 1])


def test_a_carrier_that_refuses_the_caller_fails_the_campaign_and_loses_no_number(office: Office) -> None:
    def refuse() -> str:
        raise CallerRefused("twilio answered 401: 20003")

    office.line.place_ = refuse
    start(office, 3)
    seconds(office, 3)
    campaign = office.stores.campaigns.get_campaign(ACCOUNT, CAMPAIGN)
    assert campaign.status is S.FAILED
    assert "20003" in (campaign.error_message or "")
    assert (live(office), counts(office)) == ([], [3, 0, 0, 0])
    office.line.place_ = lambda: "CA1"
    change(office, lambda campaign: replace(campaign, status=S.STARTED))
    seconds(office, 4)
    assert office.line.dialled == numbers(3)


def test_credentials_that_cannot_be_opened_fail_the_campaign_and_lose_no_number(office: Office) -> None:
    """The secret that sealed them is another one by now: no later round would place a call."""
    strange = sealed(CarrierAccount(Carrier.TWILIO, "AC1", "AC1", "token"), Sealer(lambda: ("another" * 6,)))
    phone = office.stores.phones.get_phone(ACCOUNT, OURS)
    office.stores.phones.change_phone(ACCOUNT, OURS, lambda _: replace(phone, sealed_account=strange))
    start(office, 3)
    seconds(office, 3)
    campaign = office.stores.campaigns.get_campaign(ACCOUNT, CAMPAIGN)
    assert (campaign.status, live(office), counts(office)) == (S.FAILED, [], [3, 0, 0, 0])
    assert "import the number again" in (campaign.error_message or "")


def forget_number(office: Office) -> None:
    office.stores.phones.change_phone(ACCOUNT, OURS, lambda _: None)


def disconnect_number(office: Office) -> None:
    office.stores.phones.change_phone(ACCOUNT, OURS, lambda _: replace(office.phone, sealed_account=None))


def take_agent_away(office: Office) -> None:
    office.stores.phones.change_phone(ACCOUNT, OURS, lambda _: office.phone)


def delete_agent(office: Office) -> None:
    office.stores.agents.delete_agent(ACCOUNT, AGENT.agent_id)


def disable_agent(office: Office) -> None:
    office.stores.agents.put_agent(replace(AGENT, status=AgentStatus.DISABLED))


def choose_no_caller(office: Office) -> None:
    change(office, lambda campaign: replace(campaign, caller=None))


def call_itself(office: Office) -> None:
    office.stores.campaign_records.put_records(ACCOUNT, CAMPAIGN, [CampaignRecord(OURS)])


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (forget_number, "not found"),
        (disconnect_number, "not connected"),
        (take_agent_away, "no agent"),
        (delete_agent, "agent -A was not found"),
        (disable_agent, "disabled"),
        (choose_no_caller, "no caller"),
        (call_itself, "cannot call itself"),
    ],
)
def test_a_campaign_that_cannot_go_on_has_failed_and_says_why(
    office: Office, breaks: Callable[[Office], None], says: str
) -> None:
    start(office, 1)
    seconds(office, 1, lambda: end_all(office))
    office.stores.campaign_records.delete_record(ACCOUNT, CAMPAIGN, numbers(1)[0])
    if breaks is not call_itself:
        office.stores.campaign_records.put_records(ACCOUNT, CAMPAIGN, [CampaignRecord(numbers(2)[1])])
    breaks(office)
    seconds(office, 2)
    campaign = office.stores.campaigns.get_campaign(ACCOUNT, CAMPAIGN)
    assert campaign.status is S.FAILED
    assert says in (campaign.error_message or "")
    assert counts(office)[0] == 1


def test_what_is_ordered_before_the_number_goes_is_not_lost(office: Office) -> None:
    start(office, 1)
    office.placing.tick.run(live(office))
    forget_number(office)
    seconds(office, 2)
    assert (status(office), counts(office)) == (S.FAILED, [1, 0, 0, 0])


def test_campaigns_of_an_account_take_turns(office: Office) -> None:
    start(office, 20)
    start(office, 20, CampaignId("-D"))
    seconds(office, 10)
    of = Counter(campaign_of(call) for call in live(office))
    assert of == {CAMPAIGN: 5, CampaignId("-D"): 5}


def test_records_that_are_added_while_it_runs_are_dialled(office: Office) -> None:
    start(office, 1)
    seconds(office, 1)
    office.stores.campaign_records.put_records(ACCOUNT, CAMPAIGN, [CampaignRecord(phone) for phone in numbers(2, 1)])
    seconds(office, 4, lambda: end_all(office))
    assert office.line.dialled == numbers(3)
    assert status(office) is S.FINISHED


def test_a_campaign_with_long_calls_is_finished_when_the_last_one_ends(office: Office) -> None:
    start(office, 2)
    seconds(office, 5)
    assert status(office) is S.STARTED
    end_all(office)
    seconds(office, 1)
    assert status(office) is S.FINISHED


def test_the_calls_of_a_deleted_campaign_are_not_placed(office: Office) -> None:
    start(office, 3)
    office.placing.tick.run(live(office))
    office.stores.campaigns.change_campaign(ACCOUNT, CAMPAIGN, lambda _: None)
    seconds(office, 2)
    assert (office.line.dialled, live(office)) == ([], [])


@pytest.mark.parametrize("most", [1, 2])
@pytest.mark.parametrize("dies_after", ["order_record", "change_call"])
def test_a_tick_that_dies_in_its_midst_calls_nobody_twice_and_forgets_nobody(
    office: Office, monkeypatch: pytest.MonkeyPatch, dies_after: str, most: int
) -> None:
    """The process ends after a step; another one begins anew. With tries each of them is made once."""
    owner = office.stores.dial_list if dies_after == "order_record" else office.stores.call_changes
    real, steps = getattr(owner, dies_after), [0]

    def dying(*args: object) -> object:
        done = real(*args)
        steps[0] += 1
        if steps[0] % 3 == 0:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(owner, dies_after, dying)
    office.line.calls = []
    start(office, 6)
    change(office, lambda campaign: replace(campaign, tries=Tries(most, 5, (CallStatus.BUSY,))))
    for _ in range(90 * most):
        with contextlib.suppress(KeyboardInterrupt):
            office.round()
        for call in live(office):
            if call.status is CallStatus.PROVIDER_QUEUED:
                office.stores.calls.finish_call(never_answered(call, CallStatus.BUSY))
        office.clock.advance(5)
    assert max(Counter(office.line.dialled).values()) == most
    assert status(office) is S.FINISHED
    assert counts(office) == [0, 0, 0, 6]
    if dies_after == "order_record":
        assert office.line.dialled == numbers(6) * most


@pytest.mark.parametrize("error", [StoreError("throttled", retryable=True), RuntimeError("a fault of ours")])
def test_what_is_wrong_with_one_campaign_does_not_hold_up_the_others(
    office: Office, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    start(office, 1)
    start(office, 1, CampaignId("-D"))
    real = type(office.stores.dial_list).next_records

    def failing(self: object, account_id: object, campaign_id: CampaignId, limit: int, now: float) -> object:
        if campaign_id == CAMPAIGN:
            raise error
        return real(self, account_id, campaign_id, limit, now)  # type: ignore[arg-type]

    monkeypatch.setattr(type(office.stores.dial_list), "next_records", failing)
    seconds(office, 3)
    assert [campaign_of(call) for call in live(office)] == [CampaignId("-D")]


def test_metadata_of_an_agent_that_keeps_nothing_waits_sealed(office: Office) -> None:
    config = {**AGENT.config, "privacy_settings": {"opt_out_data_collection": True}}
    office.stores.agents.put_agent(replace(AGENT, config=config))
    start(office, 1)
    office.round()
    (call,) = live(office)
    assert call.metadata == {}
    kept = office.placing.tick.private.read(ACCOUNT, SessionId(call.session_id), office.clock.unix_s())
    assert kept is not None
    assert kept.metadata == {"name": "0000"}


def test_a_schedule_keeps_campaigns_going_between_its_ticks(office: Office) -> None:
    start(office, 30)

    def pause(wait_s: float) -> None:
        end_all(office)
        office.clock.advance(wait_s)
        office.stores.workers.beat(Worker("w", office.clock.unix_s(), 10))

    office.stores.workers.beat(Worker("w", office.clock.unix_s(), 10))

    assert office.placing.run_until(office.clock.monotonic_s() + 10, office.clock, pause) == 10
    office.clock.advance(1)
    assert office.placing.run_until(office.clock.monotonic_s() + 60, office.clock, pause) == 20
    assert status(office) is S.FINISHED


def test_a_schedule_places_what_waits_second_by_second(office: Office) -> None:
    for number in range(5):
        office.order(f"s{number}")
    clock = office.clock
    assert office.placing.run_until(clock.monotonic_s() + 3, clock, clock.advance) == 3
    clock.advance(1)
    assert office.placing.run_until(clock.monotonic_s() + 60, clock, clock.advance) == 2


def test_where_nothing_waits_and_no_campaign_goes_on_there_is_one_round(office: Office) -> None:
    office.order()

    def never(_: float) -> None:
        raise AssertionError("there is nothing to wait for")

    assert office.placing.run_until(office.clock.monotonic_s() + 60, office.clock, never) == 1


def test_who_asked_in_any_call_not_to_be_called_is_passed_over_and_holds_up_nobody(office: Office) -> None:
    asked = office.order("elsewhere", CallStatus.IN_PROGRESS, to=numbers(1)[0])
    heard = {"opt_out_detection": True}
    office.stores.calls.finish_call(replace(asked, status=CallStatus.USER_ENDED, duration_s=9, call_analysis=heard))
    for phone in numbers(30, first=1):
        office.stores.do_not_call.put_number(ACCOUNT, UnwantedNumber(phone, 0.0))
    start(office, 32, at_once=1)
    office.round()
    assert office.line.dialled == numbers(1, first=31)
    assert counts(office) == [0, 1, 0, 31]
    end_all(office)
    office.round()
    assert status(office) is S.FINISHED


def test_a_list_of_nobody_who_may_be_called_is_finished(office: Office) -> None:
    for phone in numbers(3):
        office.stores.do_not_call.put_number(ACCOUNT, UnwantedNumber(phone, 0.0))
    start(office, 3)
    seconds(office, 2)
    assert (office.line.dialled, status(office), counts(office)) == ([], S.FINISHED, [0, 0, 0, 3])
