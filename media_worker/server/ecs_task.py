"""What ECS tells a task about itself, and how a task asks ECS to leave it alone while it holds calls.

The addresses are those of the container agent (ECS developer guide, "Task metadata endpoint version 4" and "Amazon ECS
task scale-in protection endpoint"); nobody but the task itself reaches them.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2

from callcore.errors import InvalidInput
from media_worker.session.clock import WorkerClock

ANSWER_S = 5.0
PROTECTED_MIN = 30
"""For so long a task is safe that can no longer ask: a worker that hangs is not kept for ever."""
RENEW_S = 300.0
LOOK_S = 1.0
"""So often it is looked whether calls have come or gone, and asked again when the agent did not do it."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EcsTask:
    """This task."""

    task_id: str
    cluster: str
    """Its name, without its account."""
    address: str
    """In the network of the workers."""

    @classmethod
    def of_metadata(cls, metadata: Any) -> "EcsTask":
        """From the agent's reply to `/task`. Raises InvalidInput."""
        try:
            containers = metadata["Containers"]
            addresses = [one for each in containers for network in each["Networks"] for one in network["IPv4Addresses"]]
            return cls(metadata["TaskARN"].rpartition("/")[2], metadata["Cluster"].rpartition("/")[2], addresses[0])
        except (KeyError, IndexError, TypeError, AttributeError):
            raise InvalidInput("the container agent describes no task with an address") from None


async def read_task(http: httpx2.AsyncClient, metadata_uri: str) -> EcsTask:
    """Ask the agent. Raises InvalidInput and httpx2's errors: a worker that nobody finds is none."""
    reply = await http.get(f"{metadata_uri}/task", timeout=ANSWER_S)
    reply.raise_for_status()
    return EcsTask.of_metadata(reply.json())


class Agent(Protocol):
    """The container agent."""

    async def protect(self, minutes: int | None) -> str:
        """Protect this task for so long, or with None no more; why that failed, or nothing."""
        ...


@dataclass(frozen=True)
class HttpAgent:
    """Agent."""

    http: httpx2.AsyncClient
    uri: str
    """ECS_AGENT_URI."""

    async def protect(self, minutes: int | None) -> str:
        """As the port says."""
        wanted: dict[str, Any] = {"ProtectionEnabled": minutes is not None}
        if minutes is not None:
            wanted["ExpiresInMinutes"] = minutes
        try:
            reply = await self.http.put(f"{self.uri}/task-protection/v1/state", json=wanted, timeout=ANSWER_S)
            said = reply.json()
        except (httpx2.HTTPError, ValueError) as error:
            return type(error).__name__
        if reply.status_code == httpx2.codes.OK and "protection" in said:
            return ""
        # A refusal comes with status 200 as well: `failure` has a Reason, `error` a Code.
        told = said.get("failure") or said.get("error") or {}
        return str(told.get("Reason") or told.get("Code") or reply.status_code)


class TaskProtection:
    """Keeps the task from being stopped by scale-in and deployments while calls live, and no longer."""

    def __init__(self, agent: Agent, occupied: Callable[[], bool], clock: WorkerClock) -> None:
        self._agent = agent
        self._occupied = occupied
        self._clock = clock
        self._protected = False
        self._renew_at = 0.0
        self._failing = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep_until(self._clock.monotonic_s() + LOOK_S)

    async def look(self) -> None:
        """Ask for what is due, if anything."""
        now, occupied = self._clock.monotonic_s(), self._occupied()
        if occupied == self._protected and not (occupied and now >= self._renew_at):
            return
        failure = await self._agent.protect(PROTECTED_MIN if occupied else None)
        if not failure:
            self._protected, self._renew_at = occupied, now + RENEW_S
        elif not self._failing:
            log.error("the protection of this task was not changed", extra={"detail": failure, "count": int(occupied)})
        self._failing = bool(failure)
