import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.charts import BOTTOM, COLOURS, HEIGHT, LEFT, TOP, WIDTH, Chart, Series, stacked, wave_path

FOOT = HEIGHT - BOTTOM


def drawn(*values: list[float]) -> Chart:
    series = [Series(f"S{number}", one) for number, one in enumerate(values)]
    labels = [str(number) for number in range(len(values[0]) if values else 0)]
    return stacked(labels, series, lambda value: f"{value:g}")


def test_values_stand_on_each_other_in_the_scale_of_the_levels() -> None:
    chart = drawn([10, 20], [30, 0])
    assert [level.label for level in chart.levels] == ["0", "10", "20", "30", "40"]
    assert (chart.levels[0].at, chart.levels[-1].at) == (FOOT, TOP)
    first, above, second = chart.bars
    assert first.y + first.height == pytest.approx(FOOT, abs=0.1)
    assert above.y + above.height == pytest.approx(first.y, abs=0.2)
    assert above.y == pytest.approx(TOP, abs=0.1)
    assert second.height == pytest.approx(2 * first.height, abs=0.2)
    assert (first.colour, above.colour) == (0, 1)
    assert above.told == "0: S1 30"
    assert chart.legend == [("S0", 0), ("S1", 1)]


@given(st.lists(st.floats(-1e3, 1e9), min_size=1, max_size=90), st.integers(1, 9))
def test_no_bar_leaves_the_picture(values: list[float], count: int) -> None:
    chart = drawn(*([values] * count))
    for bar in chart.bars:
        assert LEFT <= bar.x <= bar.x + bar.width <= WIDTH
        assert bar.height >= 0
        assert TOP - 0.5 * count <= bar.y <= FOOT + 0.1
        assert bar.colour < COLOURS
    assert len(chart.marks) <= 12


def test_without_anything_there_is_an_empty_scale() -> None:
    chart = drawn([0, 0])
    assert list(chart.bars) == []
    assert [level.label for level in chart.levels] == ["0", "1", "2", "3", "4"]
    assert list(drawn().marks) == []


def test_a_wave_has_a_step_for_each_level_and_stays_in_its_reach() -> None:
    assert wave_path([0.0, 0.25, 0.5], 10, 8, 0.5) == "M0.5 9.6V10.4M1.5 6.0V14.0M2.5 2.0V18.0"
    assert wave_path([0.0], 10, 8, 0.0) == "M0.5 9.6V10.4"
