"""The counts that workers share: DayTotals and RunningCalls."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

from callcore.billing.allowance import Holder, RunningCall, Used
from callcore.ids import SessionId
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

DAY = date(2027, 1, 15)
ACCOUNT, KEY = Holder(rows.ANN), Holder(rows.ANN, "0123456789abcdef")
NOW = 1_800_000_000.0


def call(name: str, since: float = NOW, until: float = NOW + 90) -> RunningCall:
    return RunningCall(rows.ANN, SessionId(name), KEY.key_id, since, until)


def test_a_day_adds_up_for_each_holder(stores: Stores) -> None:
    totals = stores.day_totals
    assert totals.used(ACCOUNT, DAY) == Used()
    assert totals.add_used(ACCOUNT, DAY, Used(30_000, 1_500_000), str(uuid4())) == Used(30_000, 1_500_000)
    assert (
        totals.add_used(ACCOUNT, DAY, Used(1, 2), str(uuid4())) == totals.used(ACCOUNT, DAY) == Used(30_001, 1_500_002)
    )
    for other in (KEY, Holder(rows.BOB), Holder(rows.BOB, KEY.key_id)):
        assert totals.used(other, DAY) == Used()
    assert totals.used(ACCOUNT, DAY + timedelta(days=1)) == Used()


def test_of_additions_at_once_none_is_lost(stores: Stores) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = [str(uuid4()) for _ in range(40)]
        seen = list(pool.map(lambda token: stores.day_totals.add_used(KEY, DAY, Used(1, 10**12), token), tokens))
    assert stores.day_totals.used(KEY, DAY) == Used(40, 40 * 10**12)
    assert all(used.call_ms >= number for number, used in enumerate(sorted(seen, key=lambda used: used.call_ms), 1)), (
        "each sees its own addition"
    )


def test_a_call_goes_on_until_it_is_released_or_forgotten(stores: Stores) -> None:
    running = stores.running_calls
    running.hold(call("s-1"))
    running.hold(call("s-2", since=NOW + 1))
    running.hold(call("s-1", until=NOW + 120))
    by_id = {one.session_id: one for one in running.running(rows.ANN, NOW)}
    assert by_id == {"s-1": call("s-1", until=NOW + 120), "s-2": call("s-2", since=NOW + 1)}
    assert [one.session_id for one in running.running(rows.ANN, NOW + 100)] == ["s-1"]
    running.release(call("s-1"))
    running.release(call("s-1"))
    assert list(running.running(rows.ANN, NOW + 100)) == []


def test_whoever_gave_up_does_not_release_a_call_that_was_taken_up_again(stores: Stores) -> None:
    running = stores.running_calls
    given_up, taken_up = call("s-1", since=NOW + 0.1), call("s-1", since=NOW + 0.2)
    running.hold(given_up)
    running.hold(taken_up)
    running.release(given_up)
    assert list(running.running(rows.ANN, NOW + 1)) == [taken_up]
    running.release(replace(taken_up, until=NOW + 500))
    assert list(running.running(rows.ANN, NOW + 1)) == []


def test_the_calls_of_another_account_are_its_own(stores: Stores) -> None:
    stores.running_calls.hold(call("s-1"))
    assert list(stores.running_calls.running(rows.BOB, NOW)) == []
    stores.running_calls.release(replace(call("s-1"), account_id=rows.BOB))
    assert len(stores.running_calls.running(rows.ANN, NOW)) == 1
