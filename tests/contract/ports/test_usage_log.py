"""Counted usage: UsageLog, as CallStore.finish_call adds to it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime

from callcore.billing.day_usage import Counts, DayUsage
from callcore.calls.call import Call, CallStatus
from callcore.ids import AgentId, CallId, SessionId
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

DAY, NEXT_DAY = date(2027, 1, 15), date(2027, 1, 16)
COSTS = (
    {"type": "millis", "provider": "web", "credit": 0.2},
    {"type": "llm", "provider": "openai", "credit": 1.25},
    {"type": "llm", "provider": "own", "credit": 0.000001},
    {"type": "stt", "provider": "deepgram", "credit": 0.3},
)
CALL = Counts(1, 0, 37, 200_000, 1_250_001, 0, 300_000)


def finish(stores: Stores, name: str, agent: str | None, day: date = DAY, **said: object) -> Call:
    began = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC).timestamp()
    call = replace(
        rows.live_call(name),
        call_id=CallId(name),
        agent_id=None if agent is None else AgentId(agent),
        started_at=began,
    )
    stores.calls.begin_call(call)
    ended = replace(call, status=CallStatus.USER_ENDED, duration_s=37, cost_breakdown=COSTS)
    stores.calls.finish_call(replace(ended, **said))  # type: ignore[arg-type]
    return ended


def test_what_ended_calls_used_stands_by_day_and_agent(stores: Stores) -> None:
    finish(stores, "s-1", "-B")
    finish(stores, "s-2", "-A")
    finish(stores, "s-3", "-A", status=CallStatus.ERROR, cost_breakdown=())
    finish(stores, "s-4", None, NEXT_DAY)
    failed = Counts(calls=1, failed=1, talk_s=37)
    assert list(stores.usage_log.usage_by_day(rows.ANN, DAY, NEXT_DAY)) == [
        DayUsage(DAY, AgentId("-A"), CALL + failed),
        DayUsage(DAY, AgentId("-B"), CALL),
        DayUsage(NEXT_DAY, AgentId(""), CALL),
    ]
    assert [one.day for one in stores.usage_log.usage_by_day(rows.ANN, NEXT_DAY, NEXT_DAY)] == [NEXT_DAY]
    assert list(stores.usage_log.usage_by_day(rows.ANN, NEXT_DAY, DAY)) == []
    assert list(stores.usage_log.usage_by_day(rows.BOB, DAY, NEXT_DAY)) == []


def test_a_call_counts_once_and_stays_counted(stores: Stores) -> None:
    ended = finish(stores, "s-1", "-A")
    assert not stores.calls.finish_call(replace(ended, duration_s=1))
    stores.call_log.delete_call(rows.ANN, SessionId("s-1"))
    assert [one.counts for one in stores.usage_log.usage_by_day(rows.ANN, DAY, DAY)] == [CALL]


def test_a_call_that_nobody_took_does_not_count(stores: Stores) -> None:
    stores.calls.begin_call(replace(rows.live_call(), status=CallStatus.RINGING))
    stores.calls.finish_call(replace(rows.ended_call(), status=CallStatus.NO_ANSWER))
    assert list(stores.usage_log.usage_by_day(rows.ANN, date(2027, 1, 1), date(2027, 12, 31))) == []


def test_of_calls_that_end_at_once_each_counts(stores: Stores) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: finish(stores, f"s-{number}", "-" + "A" * 300), range(24)))
    (used,) = stores.usage_log.usage_by_day(rows.ANN, DAY, DAY)
    assert used == DayUsage(
        DAY,
        AgentId("-" + "A" * 300),
        Counts(
            24,
            0,
            24 * 37,
            *(
                24 * cost
                for cost in (CALL.call_microcents, CALL.llm_microcents, CALL.tts_microcents, CALL.stt_microcents)
            ),
        ),
    )
