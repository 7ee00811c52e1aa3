"""Campaigns that dial in their calling hours, and dial again whom they did not reach."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from callcore.calls.call import CallStatus
from callcore.campaigns.calling_hours import CallingHours
from callcore.campaigns.campaign import OUTSIDE_HOURS, campaign_of
from callcore.campaigns.tries import Tries
from callcore.ids import CampaignId
from callcore.phones.phone import PhoneNumber
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


def hours(office: Office, opens: str, closes: str, campaign_id: CampaignId = CAMPAIGN, timezone: str = "UTC") -> None:
    """The clock begins on a Friday at 08:00."""
    calling = CallingHours(timezone, ("fri", "sat"), opens, closes)
    change(office, lambda campaign: replace(campaign, calling_hours=calling), campaign_id)


def test_before_its_hours_a_campaign_waits_and_then_it_goes_on(office: Office) -> None:
    start(office, 3)
    hours(office, "09:00", "20:00")
    seconds(office, 3)
    assert (office.line.dialled, status(office), counts(office)) == ([], S.STARTED, [3, 0, 0, 0])
    assert waits_for(office) == OUTSIDE_HOURS
    office.clock.advance(3_600 - 4)
    seconds(office, 5, lambda: end_all(office))
    assert office.line.dialled == numbers(3)
    assert (status(office), waits_for(office)) == (S.FINISHED, "")


def test_at_the_end_of_its_hours_a_talk_goes_on_and_nobody_else_is_called(office: Office) -> None:
    start(office, 5)
    hours(office, "07:00", "08:01")
    office.clock.advance(58.5)
    seconds(office, 5)
    assert office.line.dialled == numbers(2)
    assert (counts(office), len(live(office))) == ([3, 2, 0, 0], 2)
    end_all(office)
    seconds(office, 3)
    assert (status(office), waits_for(office), counts(office)) == (S.STARTED, OUTSIDE_HOURS, [3, 0, 0, 2])
    office.clock.advance(23 * 3_600)
    seconds(office, 4, lambda: end_all(office))
    assert office.line.dialled == numbers(5)


def test_a_call_that_was_ordered_and_not_placed_is_given_back_when_the_hours_end(office: Office) -> None:
    office.clock.advance(59.9)
    start(office, 1)
    hours(office, "07:00", "08:01")
    office.placing.tick.run(live(office))
    assert counts(office) == [0, 1, 0, 0]
    office.clock.advance(0.1)
    seconds(office, 3)
    assert (office.line.dialled, live(office), counts(office)) == ([], [], [1, 0, 0, 0])


def test_whoever_stands_behind_a_slow_carrier_is_not_called_after_the_hours(office: Office) -> None:
    other = PhoneNumber("+15550003333")
    office.stores.phones.change_phone(
        ACCOUNT, other, lambda _: replace(office.phone, number=other, agent_id=AGENT.agent_id)
    )
    for campaign_id, caller in ((CAMPAIGN, OURS), (CampaignId("-D"), other)):
        start(office, 1, campaign_id)
        change(office, partial(replace, caller=caller), campaign_id)
        hours(office, "07:00", "08:01", campaign_id)

    def slow() -> str:
        office.clock.advance(90)
        return "CA1"

    office.line.place_ = slow
    office.round()
    assert len(office.line.dialled) == len(live(office)) == 1


def test_a_campaign_whose_time_zone_is_gone_calls_nobody_and_holds_up_no_other(office: Office) -> None:
    start(office, 1)
    hours(office, "07:00", "20:00", timezone="Mars/Base")
    start(office, 1, CampaignId("-D"))
    seconds(office, 3)
    assert [campaign_of(call) for call in live(office)] == [CampaignId("-D")]


TRIES = Tries(3, 10, (CallStatus.BUSY,))


def minutes(office: Office, count: int, at_end: Callable[[], None]) -> None:
    for _ in range(count):
        seconds(office, 3, at_end)
        office.clock.advance(60 - 3 * 1.01)


def test_whoever_is_not_reached_is_called_again_after_a_while_and_then_given_up(office: Office) -> None:
    start(office, 2)
    change(office, lambda campaign: replace(campaign, tries=TRIES))
    minutes(office, 10, lambda: end_all(office))
    assert office.line.dialled == numbers(2)
    assert (status(office), counts(office)) == (S.STARTED, [2, 0, 0, 0])
    minutes(office, 1, lambda: end_all(office))
    assert office.line.dialled == numbers(2) * 2
    minutes(office, 30, lambda: end_all(office))
    assert office.line.dialled == numbers(2) * 3
    assert (status(office), counts(office)) == (S.FINISHED, [0, 0, 0, 2])


def test_a_second_try_waits_for_the_calling_hours(office: Office) -> None:
    start(office, 1)
    change(office, lambda campaign: replace(campaign, tries=TRIES))
    hours(office, "07:00", "08:05")
    minutes(office, 30, lambda: end_all(office))
    assert office.line.dialled == numbers(1)
    assert (status(office), waits_for(office)) == (S.STARTED, OUTSIDE_HOURS)
    office.clock.advance(23 * 3_600)
    seconds(office, 2, lambda: end_all(office))
    assert office.line.dialled == numbers(1) * 2


def test_nobody_is_called_again_while_he_is_being_called(office: Office) -> None:
    start(office, 1)
    change(office, lambda campaign: replace(campaign, tries=TRIES))
    seconds(office, 1)
    (call,) = live(office)
    for before in (CallStatus.RINGING, CallStatus.IN_PROGRESS):
        office.stores.call_changes.change_call(ACCOUNT, call.session_id, partial(replace, status=before))
    minutes(office, 30, lambda: None)
    assert (office.line.dialled, counts(office)) == (numbers(1), [0, 1, 0, 0])


def test_a_stopped_campaign_calls_nobody_again_until_it_is_started(office: Office) -> None:
    start(office, 1)
    change(office, lambda campaign: replace(campaign, tries=TRIES))
    seconds(office, 1, lambda: end_all(office))
    change(office, lambda campaign: replace(campaign, status=S.PAUSED))
    minutes(office, 20, lambda: end_all(office))
    assert office.line.dialled == numbers(1)
    change(office, lambda campaign: replace(campaign, status=S.STARTED))
    seconds(office, 1)
    assert office.line.dialled == numbers(1) * 2
