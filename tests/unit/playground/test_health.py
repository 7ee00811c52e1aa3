"""What the health page says of the workers."""

from callcore.workers.worker import Worker
from playground.pages.health import Fleet, fleet_of

NOW = 1_000.0


def test_the_silent_are_no_room_and_who_cannot_be_reached_is_no_worker() -> None:
    workers = [
        Worker("a", NOW - 5, 7, "http://10.0.0.1:8080"),
        Worker("b", NOW - 60, 7, "http://10.0.0.2:8080"),
        Worker("call_events", NOW),
    ]
    assert fleet_of(workers, NOW) == Fleet(alive=1, silent=1, free=7)
    assert fleet_of(workers[2:], NOW) == Fleet(alive=0, silent=0, free=0)
