"""ECS as a service of media workers meets it: tasks, who of them stands behind the balancer, deployments, scale-in.

As Amazon's developer guide has it ("Task scale-in protection", "Rolling update deployment type"): a task that is
protected is stopped neither by a deployment nor by scale-in; one that is stopped leaves the balancer first, then gets
SIGTERM, and is killed when its stopTimeout is over.
"""

import asyncio
import os
import signal
import sys
import urllib.request
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from infra.local.settings import REPOSITORY
from tests.peers.ecs_agent import EcsAgent, ecs_agent
from tests.peers.ports import lasting_ports

START_S = 120.0
STOP_TIMEOUT_S = 120.0
LOOK_S = 0.1


@dataclass
class Task:
    """One worker process with its own container agent."""

    process: asyncio.subprocess.Process
    port: int
    agent: EcsAgent
    log: Path
    connections: int = 0
    """That the balancer sent it and that are still open."""

    @property
    def worker_id(self) -> str:
        """What it is called among the workers."""
        return self.agent.task_id

    @property
    def url(self) -> str:
        """Where it takes calls."""
        return f"ws://127.0.0.1:{self.port}/millis"

    async def until_protected(self) -> None:
        """Its first call has been noticed."""
        async with asyncio.timeout(60):
            while not self.agent.protected:  # noqa: ASYNC110 - it is another process that asks
                await asyncio.sleep(LOOK_S)


class EcsService:
    """The tasks, and the balancer's list of them."""

    def __init__(self, directory: Path, environment: Mapping[str, str], stack: AsyncExitStack) -> None:
        """`environment` is what every worker is told; `stack` ends what still runs."""
        self._directory = directory
        self._environment = environment
        self._stack = stack
        self.started: list[Task] = []
        """All that ever ran."""
        self.behind_balancer: list[Task] = []

    async def start_task(self) -> Task:
        """A new task that is ready and behind the balancer."""
        (port,) = lasting_ports(1)
        agent = self._stack.enter_context(ecs_agent(uuid4().hex))
        log = self._directory / f"{agent.task_id}.log"
        with log.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "media_worker"),
                cwd=self._directory,
                env={**os.environ, **self._environment, **_task_environment(agent, port)},
                stderr=stderr,
            )
        self._stack.push_async_callback(_kill, process)
        async with asyncio.timeout(START_S):
            while not await asyncio.to_thread(_is_ready, port):
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(LOOK_S)
        task = Task(process, port, agent, log)
        self.started.append(task)
        self.behind_balancer.append(task)
        return task

    def route(self) -> Task:
        """Where the balancer sends the next connection: to whoever has the fewest open ones."""
        return min(self.behind_balancer, key=lambda task: task.connections)

    async def deploy(self, *, quiesced: bool = False) -> None:
        """A new version: as many new tasks, then the old ones go when nothing protects them.

        `quiesced`: an operator takes the old ones out of the balancer as soon as the new ones run (infra/quiesce.py).
        """
        old = list(self.behind_balancer)
        for _ in old:
            await self.start_task()
        if quiesced:
            self.behind_balancer = [task for task in self.behind_balancer if task not in old]
        async with asyncio.TaskGroup() as tasks:
            for task in old:
                tasks.create_task(self.stop_when_unprotected(task))

    async def scale_in(self, count: int) -> None:
        """So many tasks go, those first that nothing protects."""
        for _ in range(count):
            while not (free := [task for task in self.behind_balancer if not task.agent.protected]):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_S)
            await self._stop(free[0])

    async def stop_when_unprotected(self, task: Task) -> int:
        """Its exit status."""
        while task.agent.protected:  # noqa: ASYNC110 - it is another process that asks
            await asyncio.sleep(LOOK_S)
        return await self._stop(task)

    async def _stop(self, task: Task) -> int:
        if task in self.behind_balancer:
            self.behind_balancer.remove(task)
        task.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                return await task.process.wait()
        except TimeoutError:
            task.process.kill()
            return await task.process.wait()

    async def kill(self, task: Task) -> None:
        """Its machine is gone; the balancer notices."""
        self.behind_balancer.remove(task)
        await _kill(task.process)


def _task_environment(agent: EcsAgent, port: int) -> dict[str, str]:
    return {
        "PYTHONPATH": f"{REPOSITORY / 'functions'}{os.pathsep}{REPOSITORY}",
        "PARLEY_MEDIA_PORT": str(port),
        "ECS_AGENT_URI": agent.uri,
        "ECS_CONTAINER_METADATA_URI_V4": agent.uri,
    }


async def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False
