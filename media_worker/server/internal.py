"""The internal endpoint: commands for sessions of this process, and for those of others, which it sends on."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from callauth.internal import InternalRequest, verify
from callcore.accounts.ports import UsedTokens
from callcore.clock import Clock
from callcore.errors import CallError, Conflict, InvalidInput, LimitExceeded, StoreError, Unauthenticated
from callcore.wire.call_control import CallControl
from callcore.wire.jobs import Chat, Check, Connect, Done, HangUp, Hint, Inject, Job, Say, Terminate, Trickle
from callnet.http_status import status_of
from media_worker.server.asgi_socket import Receive, Scope
from media_worker.server.reception import Reception
from media_worker.server.trials import Trials
from media_worker.session.driver import Session
from media_worker.session.supervisor import Supervisor

MAX_BODY_BYTES = 384 * 1024
"""An offer may bring a whole agent configuration, as an `initiate` may."""
BODY_S = 5.0
"""How long a request may take to arrive."""
log = logging.getLogger(__name__)

Answer = tuple[int, Mapping[str, Any]]


@dataclass(frozen=True)
class InternalEndpoint:
    """Takes what `callnet.call_control` sends. Its stores are synchronous."""

    supervisor: Supervisor
    forward: CallControl
    """To the owner of a session that is not here."""
    secrets: Sequence[str]
    """Every one that is valid."""
    used: UsedTokens
    clock: Clock
    reception: Reception | None = None
    """Answers offers; None: this worker takes none."""
    trials: Trials | None = None
    """Tries voices and vendors; None: this worker does not."""

    async def answer(self, scope: Scope, receive: Receive) -> Answer:
        """Status and JSON body of the reply to one HTTP request."""
        try:
            if scope["method"] != "POST":
                return HTTPStatus.METHOD_NOT_ALLOWED, _problem("send a POST")
            return HTTPStatus.OK, (await self._done(scope, await _body(receive))).model_dump(exclude_defaults=True)
        except CallError as error:
            status = status_of(error)
            if status is None or isinstance(error, StoreError):
                log.exception("a command failed")
            retry_after_s = error.retry_after_s if isinstance(error, LimitExceeded) else None
            return status or HTTPStatus.INTERNAL_SERVER_ERROR, _problem(str(error), retry_after_s)
        except Exception:
            log.exception("a command failed")
            return HTTPStatus.INTERNAL_SERVER_ERROR, _problem("internal error")

    async def _done(self, scope: Scope, body: bytes) -> Done:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        request = InternalRequest(scope["method"], scope["path"], body)
        proof = verify(request, headers, self.secrets, self.clock.unix_s())
        try:
            job = Job.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise InvalidInput(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
        nonce = f"internal {proof.nonce}"
        if not await asyncio.to_thread(self.used.use_once, job.account_id, nonce, proof.expires_at):
            raise Unauthenticated("the request was made before")
        return await self._perform(job)

    async def _perform(self, job: Job) -> Done:
        if isinstance(job.command, Chat):
            return await self._answered(job, job.command)
        if isinstance(job.command, Connect | Trickle | HangUp):
            if self.reception is None:
                raise Conflict("this worker takes no offers")
            return await self.reception.answer(job, job.command)
        if isinstance(job.command, Say | Check):
            if self.trials is None:
                raise Conflict("this worker tries nothing")
            return await self.trials.perform(job.command)
        session = self.supervisor.find(job.account_id, job.session_id)
        if session is not None and _told(session, job.command):
            log.info("a session took a command", extra={"session_id": job.session_id})
            return Done(worker_id=self.supervisor.worker_id)
        if session is not None or job.forwarded:
            raise Conflict(f"call {job.session_id} is not going on")
        return await asyncio.to_thread(self.forward.send, job.account_id, job.session_id, job.command)

    async def _answered(self, job: Job, chat: Chat) -> Done:
        supervisor = self.supervisor
        done = await supervisor.chats.answer(job.account_id, job.session_id, chat, supervisor.worker_id)
        if done is not None:
            return done
        if job.forwarded:
            raise Conflict(f"call {job.session_id} is not going on")
        return await asyncio.to_thread(self.forward.send, job.account_id, job.session_id, chat)


def _told(session: Session, command: Terminate | Hint | Inject) -> bool:
    """Whether the session goes on, and so could be told. Raises LimitExceeded."""
    match command:
        case Terminate(message=message):
            return session.terminate(message or "")
        case Hint(answered_by=answered_by):
            return session.hint(answered_by)
        case Inject(message=message):
            return session.tell(message)


def _problem(message: str, retry_after_s: float | None = None) -> Mapping[str, Any]:
    return {"detail": message, "message": message, "retry_after_s": retry_after_s}


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > MAX_BODY_BYTES:
                    raise InvalidInput(f"the body is larger than {MAX_BODY_BYTES} bytes")
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise InvalidInput("the body did not arrive in time") from None
