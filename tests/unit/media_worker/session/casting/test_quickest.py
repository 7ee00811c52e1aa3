import pytest

from media_worker.session.casting.quickest import AGE_S, EXPLORE_AFTER_S, EXPLORE_EVERY, REST_S, Quickest, Task

SHORT, LONG = Task.of(100, tools=False), Task.of(10_000, tools=True)
NAMES = ("a", "b", "c")


def measured(**times_s: float) -> Quickest:
    quickest = Quickest()
    for name, took_s in times_s.items():
        quickest.began(name, SHORT, took_s, 0.0)
    return quickest


def firsts(quickest: Quickest, count: int, now: float = 1.0, task: Task = SHORT) -> list[str]:
    return [quickest.ranking(NAMES, task, now).names[0] for _ in range(count)]


@pytest.mark.parametrize(("characters", "size"), [(0, 0), (2_000, 0), (2_001, 1), (8_001, 2), (100_000, 3)])
def test_prompts_are_told_apart_by_their_size(characters: int, size: int) -> None:
    assert Task.of(characters, tools=False) == Task(size, False)


def test_before_anything_is_measured_the_list_decides() -> None:
    ranking = Quickest().ranking(NAMES, SHORT, 0.0)
    assert (ranking.names, ranking.why) == (NAMES, "nothing is measured yet")


def test_one_alone_needs_no_choice() -> None:
    assert Quickest().ranking(("a",), SHORT, 0.0).why == "there is no other"


def test_the_quickest_is_asked_first_and_the_rest_by_their_times() -> None:
    ranking = measured(a=0.9, b=0.5, c=0.2).ranking(NAMES, SHORT, 1.0)
    assert ranking.names == ("c", "b", "a")
    assert ranking.why == "the first words took c 200 ms, b 500 ms, a 900 ms"


def test_another_kind_of_task_is_another_race() -> None:
    quickest = measured(a=0.9, b=0.2)
    quickest.began("a", LONG, 0.3, 0.0)
    quickest.began("b", LONG, 0.9, 0.0)
    assert quickest.ranking(NAMES, SHORT, 1.0).names[0] == "b"
    assert quickest.ranking(NAMES, LONG, 1.0).names[0] == "a"


@pytest.mark.parametrize(("other_s", "leads"), [(0.38, "a"), (0.36, "a"), (0.33, "b")])
def test_who_leads_is_replaced_only_by_a_much_better_one(other_s: float, leads: str) -> None:
    quickest = measured(a=0.4)
    assert firsts(quickest, 1) == ["a"]
    quickest.began("b", SHORT, other_s, 1.0)
    assert firsts(quickest, 1) == [leads]


def test_one_choice_in_some_measures_who_is_not_known() -> None:
    quickest = measured(a=0.2)
    assert firsts(quickest, 2 * EXPLORE_EVERY) == [*"a" * (EXPLORE_EVERY - 1), "b"] * 2
    quickest.began("b", SHORT, 0.9, 1.0)
    assert firsts(quickest, EXPLORE_EVERY)[-1] == "c"
    quickest.began("c", SHORT, 0.9, 1.0)
    assert set(firsts(quickest, EXPLORE_EVERY)) == {"a"}
    assert "b" in firsts(quickest, EXPLORE_EVERY, now=2 + EXPLORE_AFTER_S)


def test_old_measurements_count_no_longer() -> None:
    assert measured(c=0.1).ranking(NAMES, SHORT, AGE_S + 1).why == "nothing is measured yet"


def test_one_slow_answer_changes_nothing_and_several_do() -> None:
    quickest = measured(a=0.2, b=0.4)
    for _ in range(4):
        quickest.began("a", SHORT, 0.2, 0.0)
    quickest.began("a", SHORT, 5.0, 0.0)
    assert firsts(quickest, 1) == ["a"]
    for _ in range(8):
        quickest.began("a", SHORT, 5.0, 0.0)
    assert firsts(quickest, 1) == ["b"]


def test_who_failed_is_asked_last_for_a_while_and_longer_when_it_fails_again() -> None:
    quickest = measured(a=0.2, b=0.4)
    quickest.failed("a", 1.0)
    assert quickest.ranking(NAMES, SHORT, 2.0).names == ("b", "c", "a")
    assert firsts(quickest, 1, now=1 + REST_S) == ["a"]
    quickest.failed("a", 1 + REST_S)
    assert firsts(quickest, 1, now=1 + 2 * REST_S) == ["b"]
    assert firsts(quickest, 1, now=1 + 3 * REST_S) == ["a"]
    quickest.began("a", SHORT, 0.2, 200.0)
    quickest.failed("a", 200.0)
    assert firsts(quickest, 1, now=200 + REST_S) == ["a"]


def test_when_all_failed_somebody_is_asked_all_the_same() -> None:
    quickest = Quickest()
    for name in NAMES:
        quickest.failed(name, 0.0)
    assert quickest.ranking(NAMES, SHORT, 1.0).names == NAMES
