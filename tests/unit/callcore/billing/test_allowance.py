import pytest

from callcore.billing.allowance import (
    Holder,
    Limits,
    RunningCall,
    Used,
    check_concurrent,
    check_day,
    minutes_left_s,
    next_day,
)
from callcore.errors import LimitExceeded
from callcore.ids import AccountId, SessionId

NOON = 1_800_014_400.0
ACCOUNT = Holder(AccountId("acc"))
KEY = Holder(AccountId("acc"), "k1")
MINUTE, CENT = Used(60_000), Used(0, 1_000_000)


def running(name: str, since: float = NOON, key_id: str = "k1") -> RunningCall:
    return RunningCall(ACCOUNT.account_id, SessionId(name), key_id, since, NOON + 90)


@pytest.mark.parametrize(
    ("limits", "used", "refused"),
    [
        (Limits(), Used(10**12, 10**15), None),
        (Limits(minutes_per_day=2), MINUTE, None),
        (Limits(minutes_per_day=2), MINUTE + MINUTE, "the account has used its 2 minutes of this day"),
        (Limits(minutes_per_day=0), Used(), "the account has used its 0 minutes of this day"),
        (Limits(spend_per_day=1), Used(10**9, 999_999), None),
        (Limits(spend_per_day=1), CENT, "the account has used its 1 US cents of this day"),
    ],
)
def test_a_day_is_used_up_when_its_limit_is_reached(limits: Limits, used: Used, refused: str | None) -> None:
    if refused is None:
        return check_day(ACCOUNT, limits, used, NOON)
    with pytest.raises(LimitExceeded, match=refused) as raised:
        check_day(ACCOUNT, limits, used, NOON)
    assert raised.value.retry_after_s == next_day(NOON) - NOON


def test_a_day_ends_at_midnight_of_utc() -> None:
    assert next_day(NOON) % 86_400 == 0
    assert next_day(next_day(NOON)) - next_day(NOON) == 86_400


def test_of_two_calls_that_come_together_one_gets_the_last_place() -> None:
    first, second = running("a"), running("b")
    both = (second, first)
    check_concurrent(KEY, Limits(1), first, both)
    with pytest.raises(LimitExceeded, match="the public key holds 1 concurrent calls already"):
        check_concurrent(KEY, Limits(1), second, both)


def test_a_key_counts_its_own_calls_and_the_account_all_of_them() -> None:
    calls = [running("a", NOON - 2, "k2"), running("b", NOON - 1, ""), running("c")]
    check_concurrent(KEY, Limits(1), calls[-1], calls)
    with pytest.raises(LimitExceeded, match="the account holds 2"):
        check_concurrent(ACCOUNT, Limits(2), calls[-1], calls)


def test_a_single_call_lasts_no_longer_than_the_minutes_that_are_left() -> None:
    assert minutes_left_s(Limits(), MINUTE) is None
    assert minutes_left_s(Limits(minutes_per_day=3), MINUTE) == 120
    assert minutes_left_s(Limits(minutes_per_day=1), MINUTE + MINUTE) == 0
