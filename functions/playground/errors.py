"""Errors as pages."""

import logging
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from callcore.errors import CallError, StoreError
from callnet.http_status import status_of
from playground.pages.sign_in import SIGN_IN_PATH
from playground.visit import SignInNeeded, console_of

log = logging.getLogger(__name__)

_TITLES = {
    HTTPStatus.BAD_REQUEST: "That did not work",
    HTTPStatus.FORBIDDEN: "Not allowed",
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.CONFLICT: "That has changed meanwhile",
    HTTPStatus.UNPROCESSABLE_ENTITY: "That did not work",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not available at the moment",
}


def add_error_pages(app: FastAPI) -> None:
    """Make every error of the application a page, or the way to the form for signing in."""
    app.add_exception_handler(SignInNeeded, _on_stranger)
    app.add_exception_handler(CallError, _on_call_error)
    app.add_exception_handler(RequestValidationError, _on_bad_address)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_accident)


def _on_stranger(request: Request, error: Exception) -> Response:
    # What a form would have changed is not done by coming back, so only pages are come back to.
    query = f"?{request.url.query}" if request.url.query else ""
    back = f"?next={quote(request.url.path + query)}" if request.method == "GET" else ""
    return RedirectResponse(f"{SIGN_IN_PATH}{back}", 303)


def _on_call_error(request: Request, error: Exception) -> Response:
    status = status_of(error)
    if status is None:
        return _on_accident(request, error)
    if isinstance(error, StoreError):
        log.exception("the store failed", exc_info=error)
        return _page(request, status, "The store does not answer. Please try again in a moment.")
    message = str(error)
    return _page(request, status, f"{message[:1].upper()}{message[1:]}.")


def _on_bad_address(request: Request, error: Exception) -> Response:
    return _page(request, HTTPStatus.BAD_REQUEST, "The address of this page holds something that cannot be read.")


def _on_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    return _page(request, status, "There is no such page." if status == HTTPStatus.NOT_FOUND else "")


def _on_accident(request: Request, error: Exception) -> Response:
    log.exception("a page failed", exc_info=error)
    return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR, "This is our fault, and it stands in the log.")


def _page(request: Request, status: int, text: str) -> HTMLResponse:
    title = _TITLES.get(HTTPStatus(status), HTTPStatus(status).phrase)
    page = console_of(request).views.render("error.html.j2", visit=None, title=title, text=text, status=status)
    return HTMLResponse(page, status)
