"""The worker's listener as an ASGI application: WebSockets, `/health`, `/ready` and the internal endpoint."""

import json
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from callcore.wire import jobs
from media_worker.server.asgi_socket import AsgiSocket, Receive, Scope, Send
from media_worker.server.internal import InternalEndpoint
from media_worker.session.admission.doors import Door
from media_worker.session.supervisor import FULL_S, Supervisor

MILLIS_PATHS = frozenset({"/millis", "/"})
"""One client connects without a path (protocol.md 1)."""

AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def create_app(supervisor: Supervisor, internal: InternalEndpoint, doors: Mapping[str, Door]) -> AsgiApp:
    """The application of one worker process; `doors` by path, beside /millis."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await _serve_socket(supervisor, doors, scope, receive, send)
        elif scope["type"] == "http":
            await _serve_http(supervisor, internal, scope, receive, send)

    return app


async def _serve_socket(
    supervisor: Supervisor, doors: Mapping[str, Door], scope: Scope, receive: Receive, send: Send
) -> None:
    socket = AsgiSocket(scope, receive, send)
    door = doors.get(scope["path"])
    if door is None and scope["path"] not in MILLIS_PATHS:
        # Closing before accepting answers the upgrade with 403 (ASGI WebSocket, "close").
        await send({"type": "websocket.close", "code": 1008, "reason": "no such path"})
        return
    await socket.accept()
    if door is None:
        await supervisor.attend(socket)
    else:
        await supervisor.receive(door(socket))


async def _serve_http(
    supervisor: Supervisor, internal: InternalEndpoint, scope: Scope, receive: Receive, send: Send
) -> None:
    match scope["path"]:
        case "/health":
            worst_lag_ms = round(supervisor.pacer.worst_lag_s * 1000, 1)
            health = {
                "status": "ok",
                "sessions": supervisor.session_count,
                "worst_playout_lag_ms": worst_lag_ms,
                "first_audio_ms": supervisor.latency.snapshot(),
            }
            await _answer(send, 200, health)
        case "/ready":
            ready = supervisor.ready
            hint = {} if ready else {"retry-after": str(FULL_S)}
            await _answer(send, 200 if ready else 503, {"ready": ready}, hint)
        case jobs.COMMANDS_PATH:
            await _answer(send, *await internal.answer(scope, receive))
        case _:
            await _answer(send, 404, {"detail": "Not Found", "message": "Not Found"})


async def _answer(
    send: Send, status: int, body: Mapping[str, object], more: Mapping[str, str] = MappingProxyType({})
) -> None:
    content = json.dumps(body).encode()
    said = {"content-type": "application/json", "content-length": str(len(content)), **more}
    headers = [(name.encode(), value.encode()) for name, value in said.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
