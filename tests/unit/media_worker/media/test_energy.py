import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_worker.media.energy import NoiseFloor, frame_energies, from_dbfs, ratio, to_dbfs


def test_a_full_scale_square_wave_is_0_dbfs_and_silence_is_minus_120() -> None:
    square = np.tile(np.array([32767, -32768], np.int16), 40)
    energies, brightness = frame_energies(square, 0, 80)
    assert to_dbfs(float(energies[0])) == pytest.approx(0.0, abs=0.01)
    assert to_dbfs(float(brightness[0])) == pytest.approx(6.0, abs=0.1)
    assert to_dbfs(0.0) == -120.0
    assert from_dbfs(-60.0) == pytest.approx(1e-6)
    assert ratio(3.0) == pytest.approx(2.0, rel=0.01)


@given(st.lists(st.integers(-32768, 32767), min_size=6, max_size=6), st.integers(-32768, 32767))
def test_energies_do_not_depend_on_how_the_stream_was_cut(samples: list[int], previous: int) -> None:
    pcm = np.array(samples, np.int16)
    whole = frame_energies(pcm, previous, 2)
    head = frame_energies(pcm[:2], previous, 2)
    tail = frame_energies(pcm[2:], int(pcm[1]), 2)
    for measure in (0, 1):
        assert whole[measure].tolist() == [*head[measure].tolist(), *tail[measure].tolist()]


def test_a_high_tone_is_brighter_than_a_low_one_of_the_same_energy() -> None:
    t = np.arange(16000) / 16000
    low, high = ((8000 * np.sin(2 * np.pi * hz * t)).astype(np.int16) for hz in (200, 5000))
    low_energy, low_brightness = frame_energies(low, 0, 16000)
    high_energy, high_brightness = frame_energies(high, 0, 16000)
    assert high_energy[0] == pytest.approx(low_energy[0], rel=0.01)
    assert high_brightness[0] > 100 * low_brightness[0]


def _floor_after(floor: NoiseFloor, dbfs: float, seconds: float) -> float:
    for _ in range(round(seconds / 0.020)):
        floor.update(from_dbfs(dbfs))
    return floor.dbfs


def test_the_floor_learns_the_room_at_once_and_then_rises_slowly() -> None:
    floor = NoiseFloor()
    assert floor.dbfs == pytest.approx(-60.0)
    assert _floor_after(floor, -52.0, 2.0) == pytest.approx(-50.0, abs=0.1)
    risen = _floor_after(floor, -40.0, 3.0)
    assert -50.0 < risen <= -50.0 + 3.0 * 3.0 + 0.1
    assert _floor_after(floor, -60.0, 1.0) == pytest.approx(-58.0, abs=0.5)


@pytest.mark.parametrize(("room", "bound"), [(-100.0, -75.0), (-10.0, -35.0)])
def test_the_floor_is_clamped(room: float, bound: float) -> None:
    assert _floor_after(NoiseFloor(), room, 20.0) == pytest.approx(bound)


def test_digital_silence_never_moves_the_floor() -> None:
    floor = NoiseFloor()
    _floor_after(floor, -50.0, 2.0)
    before = floor.energy
    for _ in range(500):
        floor.update(0.0)
    assert floor.energy == before
