"""Call control over the internal endpoint of a worker, which sends on what another worker holds."""

import http.client
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from callcore.calls.call import END_STATUSES, CallStatus
from callcore.calls.ports import CallStore
from callcore.clock import Clock
from callcore.errors import (
    CallError,
    Conflict,
    InvalidInput,
    LimitExceeded,
    NotAllowed,
    NotFound,
    NotSupported,
    NoWorker,
    WorkerUnreachable,
)
from callcore.ids import AccountId, SessionId
from callcore.wire.jobs import COMMANDS_PATH, REPLY_S, Chat, Check, Command, Connect, Done, Job, Say
from callcore.workers.ports import WorkerRegistry
from callcore.workers.worker import is_stale, place_of, roomiest

TIMEOUT_S = 5.0
"""For connecting, and for each read and write; an answer in writing, and a trial, may take longer."""
MAX_REPLY_BYTES = 2 * 1024 * 1024
"""A voice that is tried says twenty seconds at most."""

FindUrl = Callable[[AccountId, SessionId], str]
Sign = Callable[[str, str, bytes], Mapping[str, str]]
"""Method, path and body to the headers that prove them."""


@dataclass(frozen=True)
class OwnerUrl:
    """Finds the worker that holds a session."""

    calls: CallStore
    workers: WorkerRegistry
    clock: Clock

    def __call__(self, account_id: AccountId, session_id: SessionId) -> str:
        """Where the owner answers.

        Raises NotFound, Conflict when the call is not going on, WorkerUnreachable and NoWorker.
        """
        call = self.calls.get_call(account_id, session_id)
        if call.status in END_STATUSES:
            raise Conflict(f"call {session_id} has ended already")
        if call.status is CallStatus.REGISTERED:
            return RoomUrl(self.workers, self.clock)(account_id, session_id)
        if call.status is not CallStatus.IN_PROGRESS:
            raise Conflict(f"call {session_id} has not begun yet")
        worker = self.workers.find_worker(call.worker_id) if call.worker_id else None
        if worker is None or worker.url is None or is_stale(worker.beat_at, self.clock.unix_s()):
            raise WorkerUnreachable(session_id)
        return worker.url


@dataclass(frozen=True)
class RoomUrl:
    """Finds a worker for a session that begins with a command: the one with most room."""

    workers: WorkerRegistry
    clock: Clock

    def __call__(self, account_id: AccountId, session_id: SessionId) -> str:
        """Where it answers. Raises NoWorker when none has room."""
        with_room = roomiest(self.workers.list_workers(), self.clock.unix_s())
        url = next((worker.url for worker in with_room if worker.url is not None), None)
        if url is None:
            raise NoWorker("no worker has room for another session at the moment")
        return url


def workers_at(balancer_url: str) -> FindUrl:
    """The workers' load balancer: whichever of them it chooses sends a command on to the owner.

    Empty: there are no workers, and WorkerUnreachable is raised.
    """

    def find(account_id: AccountId, session_id: SessionId) -> str:
        if not balancer_url:
            raise WorkerUnreachable(session_id)
        return balancer_url

    return find


@dataclass(frozen=True)
class PlaceUrl:
    """Finds a worker by its place."""

    workers: WorkerRegistry
    clock: Clock
    place: str

    def __call__(self, account_id: AccountId, session_id: SessionId) -> str:
        """Where it answers. Raises NotFound when it is not there any more."""
        for worker in self.workers.list_workers():
            if place_of(worker.worker_id) == self.place and worker.url is not None:
                return worker.url
        raise NotFound("call", session_id)


class _Problem(BaseModel):
    """A reply that is no success, as every part of Parley says it."""

    message: str
    retry_after_s: float | None = None


@dataclass(frozen=True)
class HttpCallControl:
    """CallControl."""

    find_url: FindUrl
    """The owner's address, or that of any worker."""
    sign: Sign
    forwarding: bool = False
    """A worker sends the command on."""

    def send(self, account_id: AccountId, session_id: SessionId, command: Command) -> Done:
        """Tell the owner of the session. Raises CallError: what the owner refuses, and WorkerUnreachable."""
        job = Job(account_id=account_id, session_id=session_id, command=command, forwarded=self.forwarding)
        body = job.model_dump_json().encode()
        url = self.find_url(account_id, session_id)
        try:
            timeout_s = TIMEOUT_S + (REPLY_S if isinstance(command, Chat | Connect | Say | Check) else 0)
            status, reply = _post(url, body, self.sign("POST", COMMANDS_PATH, body), timeout_s)
            if status == HTTPStatus.OK:
                return Done.model_validate_json(reply)
            problem = _Problem.model_validate_json(reply)
        except (OSError, http.client.HTTPException, ValidationError) as error:
            raise WorkerUnreachable(session_id) from error
        raise _error(status, problem, session_id, command)


_REFUSALS: Mapping[int, Callable[[str], CallError]] = {
    HTTPStatus.BAD_REQUEST: InvalidInput,
    HTTPStatus.UNPROCESSABLE_ENTITY: NotSupported,
    HTTPStatus.FORBIDDEN: NotAllowed,
    HTTPStatus.CONFLICT: Conflict,
}


def _error(status: int, problem: _Problem, session_id: SessionId, command: Command) -> CallError:
    if status == HTTPStatus.NOT_FOUND:
        agent_id = command.initiate.agent.agent_id if isinstance(command, Connect) else None
        return NotFound("agent", agent_id) if agent_id else NotFound("call", session_id)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return LimitExceeded(problem.message, problem.retry_after_s)
    refusal = _REFUSALS.get(status)
    return refusal(problem.message) if refusal else WorkerUnreachable(session_id)


def _post(url: str, body: bytes, proof: Mapping[str, str], timeout_s: float) -> tuple[int, bytes]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request("POST", COMMANDS_PATH, body, {"content-type": "application/json", **proof})
        reply = connection.getresponse()
        return reply.status, reply.read(MAX_REPLY_BYTES)
    finally:
        connection.close()
