"""A task of ECS knows itself, and is left alone while it holds calls."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from itertools import pairwise

import pytest

from callcore.errors import InvalidInput
from media_worker.providers.vendor_http import vendor_client
from media_worker.server.ecs_task import LOOK_S, PROTECTED_MIN, RENEW_S, EcsTask, HttpAgent, TaskProtection, read_task
from tests.peers.ecs_agent import ADDRESS, CLUSTER, TASK_ID, EcsAgent, ecs_agent, metadata
from tests.virtual_time import VirtualClock, run_virtual


class Agent:
    """Does what it is told, unless it is broken; writes down when."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.broken = False
        self.asked: list[tuple[int, int | None]] = []

    async def protect(self, minutes: int | None) -> str:
        self.asked.append((round(self.clock.monotonic_s()), minutes))
        return "TASK_NOT_VALID" if self.broken else ""


def lived(
    seconds: float, occupied: Callable[[float], bool], broken: Callable[[float], bool] = lambda _: False
) -> Agent:
    """What the agent was asked in a life in which calls come and go."""

    async def scenario() -> Agent:
        clock = VirtualClock()
        agent = Agent(clock)

        def look() -> bool:
            agent.broken = broken(clock.monotonic_s())
            return occupied(clock.monotonic_s())

        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(TaskProtection(agent, look, clock).run())
            await clock.sleep_until(clock.monotonic_s() + seconds)
            running.cancel()
        return agent

    return run_virtual(scenario())


def test_without_calls_nothing_is_asked() -> None:
    assert lived(3600, lambda _: False).asked == []


def test_it_is_protected_from_the_first_call_to_the_last() -> None:
    assert lived(60, lambda now: 10 <= now < 40).asked == [(10, PROTECTED_MIN), (40, None)]


def test_a_long_call_renews_it_long_before_it_runs_out() -> None:
    asked = lived(3600, lambda now: now < 3000).asked
    assert asked[-1] == (3000, None)
    times = [at for at, minutes in asked if minutes == PROTECTED_MIN]
    assert len(times) == 3000 // RENEW_S
    assert max(after - before for before, after in pairwise(times)) * 3 < PROTECTED_MIN * 60


def test_what_failed_is_asked_again_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        asked = lived(60, lambda now: now >= 10, lambda now: now < 20).asked
    assert [at for at, _ in asked] == [10 + round(number * LOOK_S) for number in range(11)]
    (told,) = caplog.records
    assert vars(told)["detail"] == "TASK_NOT_VALID"


# --- the agent's own words ------------------------------------------------------------------


def asking(scenario: Callable[[EcsAgent, HttpAgent], Coroutine[None, None, None]]) -> None:
    async def run() -> None:
        with ecs_agent() as peer:
            async with vendor_client() as http:
                await scenario(peer, HttpAgent(http, peer.uri))

    asyncio.run(run())


def test_the_agent_is_asked_as_its_guide_says() -> None:
    async def scenario(peer: EcsAgent, agent: HttpAgent) -> None:
        assert await agent.protect(30) == ""
        assert peer.protected
        assert await agent.protect(None) == ""
        assert not peer.protected
        assert peer.asked == [{"ProtectionEnabled": True, "ExpiresInMinutes": 30}, {"ProtectionEnabled": False}]

    asking(scenario)


def test_a_refusal_with_status_200_is_a_refusal() -> None:
    async def scenario(peer: EcsAgent, agent: HttpAgent) -> None:
        peer.refusal = "DEPLOYMENT_BLOCKED"
        assert await agent.protect(30) == "DEPLOYMENT_BLOCKED"

    asking(scenario)


def test_an_agent_that_is_not_there_is_a_failure_and_no_error() -> None:
    async def scenario(peer: EcsAgent, agent: HttpAgent) -> None:
        assert await HttpAgent(agent.http, "http://127.0.0.1:9").protect(30) == "ConnectError"

    asking(scenario)


def test_a_task_learns_its_name_and_address() -> None:
    async def scenario(peer: EcsAgent, agent: HttpAgent) -> None:
        assert await read_task(agent.http, peer.uri) == EcsTask(TASK_ID, CLUSTER, ADDRESS)

    asking(scenario)


@pytest.mark.parametrize("broken", [{}, [], {**metadata(), "Containers": []}, {**metadata(), "TaskARN": None}])
def test_a_task_without_a_name_or_an_address_does_not_start(broken: object) -> None:
    with pytest.raises(InvalidInput):
        EcsTask.of_metadata(broken)


def test_a_cluster_may_be_told_by_its_name_alone() -> None:
    assert EcsTask.of_metadata({**metadata(), "Cluster": CLUSTER}).cluster == CLUSTER
