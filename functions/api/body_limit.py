"""No request body is read beyond its limit."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Below what a Lambda function can be sent (6 MB, of which a binary body takes a third for its encoding)."""


class BodyLimit:
    """ASGI middleware: whoever reads more than the limit meets an error that is answered with 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_BODY_BYTES:
                # FastAPI makes every other error of a receiver "400, the body cannot be parsed".
                raise HTTPException(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {MAX_BODY_BYTES} bytes"
                )
            return message

        await self._app(scope, counted, send)
