"""Errors as replies: one body `{"detail", "message"}` (protocol.md 1.1)."""

import json
import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from callcore.errors import CallError, LimitExceeded, StoreError
from callnet.http_status import status_of

logger = logging.getLogger(__name__)

_LATER = {"Retry-After": "30"}
"""Of what is away or full at the moment: calls end every minute, and a lost worker's within two."""


class ProblemPart(BaseModel):
    """One thing that is wrong with a request."""

    loc: list[str | int]
    msg: str
    type: str


class Problem(BaseModel):
    """Every reply that is no success."""

    detail: str | list[ProblemPart]
    message: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": HTTPStatus(status).phrase}
    for status in (400, 401, 403, 404, 409, 413, 422, 429, 503)
}
"""What any route may answer, for the API's description."""

_NO_JSON = "json_invalid"
_INTERNAL = "internal error"
_UNAVAILABLE = "the store cannot answer at the moment"


class AsciiJsonResponse(JSONResponse):
    """JSON with every other character escaped: a lone surrogate, which a client can send in JSON, has no UTF-8."""

    def render(self, content: Any) -> bytes:
        """The body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of the application a reply of the one shape."""
    app.add_exception_handler(CallError, _on_call_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_accident)


def _problem(
    status: int, message: str, detail: object = None, headers: Mapping[str, str] | None = None
) -> AsciiJsonResponse:
    body = {"detail": message if detail is None else detail, "message": message}
    return AsciiJsonResponse(body, status, headers=dict(headers or {}))


async def _on_call_error(request: Request, error: Exception) -> Response:
    status = status_of(error)
    if status is None:
        logger.error("a request met an error of ours", exc_info=error)
        return await _on_accident(request, error)
    if isinstance(error, StoreError):
        logger.error("the store failed", exc_info=error)
        return _problem(status, _UNAVAILABLE, headers=_LATER)
    headers = dict(_LATER) if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    if status is HTTPStatus.UNAUTHORIZED:
        # RFC 9110 11.6.1: a 401 names the scheme that would do.
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, LimitExceeded) and error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    return _problem(status, str(error), headers=headers)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # What was sent is not echoed: it may be personal.
    detail = [{"loc": _place(item), "msg": _said(item), "type": item["type"]} for item in error.errors()]
    first = detail[0]
    return _problem(422, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}", detail)


def _place(item: Mapping[str, Any]) -> list[str | int]:
    """The way to the field; the number behind a body that is no JSON is no field's but a character's."""
    return list(item["loc"][:1] if item["type"] == _NO_JSON else item["loc"])


def _said(item: Mapping[str, Any]) -> str:
    if item["type"] == _NO_JSON:
        return f"{item['msg']} at character {item['loc'][-1]}: {item['ctx']['error']}"
    return str(item["msg"])


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _problem(error.status_code, str(error.detail), headers=error.headers)


async def _on_accident(request: Request, error: Exception) -> Response:
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, _INTERNAL)
