from media_worker.session.stages.input_allowance import BURST, PER_S, InputAllowance


def test_a_burst_is_taken_and_then_what_people_do() -> None:
    allowance = InputAllowance()
    taken = [allowance.covers(0.0) for _ in range(round(BURST) + 5)]
    assert taken == [True] * round(BURST) + [False] * 5
    assert not allowance.covers(0.9 / PER_S)
    assert allowance.covers(1.0 / PER_S)


def test_long_silence_saves_up_no_more_than_a_burst() -> None:
    allowance = InputAllowance()
    assert sum(allowance.covers(10_000.0) for _ in range(1000)) == BURST
