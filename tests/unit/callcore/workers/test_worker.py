import pytest

from callcore.ids import SessionId
from callcore.workers.worker import RESERVABLE_S, STALE_S, Worker, is_stale, room, roomiest

NOW = 1_800_000_000.0
KEPT = {SessionId("s-1"): NOW + 1, SessionId("s-2"): NOW}


@pytest.mark.parametrize(
    ("worker", "expected"),
    [
        (Worker("w", NOW, 3), 3),
        (Worker("w", NOW, 3, reserved=KEPT), 2),
        (Worker("w", NOW - RESERVABLE_S, 3), 3),
        (Worker("w", NOW - RESERVABLE_S - 0.001, 3), 0),
        (Worker("w", NOW), 0),
    ],
)
def test_room_is_what_a_living_worker_has_free_less_what_it_keeps(worker: Worker, expected: int) -> None:
    assert room(worker, NOW) == expected


@pytest.mark.parametrize(
    ("last_beat", "expected"), [(None, True), (NOW - STALE_S, False), (NOW - STALE_S - 0.001, True), (NOW + 5, False)]
)
def test_a_silent_worker_is_dead(last_beat: float | None, expected: bool) -> None:
    assert is_stale(last_beat, NOW) is expected


def test_the_roomiest_come_first_and_the_full_not_at_all() -> None:
    small, large, full = Worker("b", NOW, 1), Worker("c", NOW, 9), Worker("a", NOW, 0)
    assert roomiest([full, small, large, Worker("d", NOW - 60, 99)], NOW) == [large, small]
