"""The pages before anybody is signed in."""

import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from callauth.console import CookieToken, form_proof
from callcore.errors import CallError, LimitExceeded, NotAllowed, Unauthenticated
from playground.approach import Approach, approach_of
from playground.console import Console
from playground.forms import check_form, read_form
from playground.sign_in import SignIn
from playground.views import PREFIX
from playground.visit import console_of

router = APIRouter(prefix=PREFIX)
SIGN_IN_PATH = f"{PREFIX}/sign-in"
_FIRST_PAGE = f"{PREFIX}/agents"

TheConsole = Annotated[Console, Depends(console_of)]


@router.get("/sign-in")
def ask(request: Request, console: TheConsole, next: str = "") -> Response:
    """The form for a private key."""
    return _asked(request, console, next)


@router.post("/sign-in")
async def sign_in(request: Request, console: TheConsole) -> Response:
    """Exchange the key for a session."""
    approach, form = approach_of(request), await read_form(request)
    next_path = form.text("next")
    try:
        check_form(request, form, request.cookies.get(approach.form_cookie))
        console.sign_ins.count(approach.address, console.clock.monotonic_s())
        ways = _ways(request, console, approach, form.text("name"))
        token = await run_in_threadpool(ways.by_key, form.text("key"))
    except (Unauthenticated, NotAllowed, LimitExceeded) as error:
        return _asked(request, console, next_path, error)
    return _welcomed(approach, token, next_path)


@router.get("/sign-in/link")
def follow_link(request: Request, console: TheConsole, code: str = "") -> Response:
    """The link that `make run` prints."""
    approach = approach_of(request)
    if "prefetch" in request.headers.get("sec-purpose", request.headers.get("purpose", "")):
        return Response(status_code=503)  # nobody has followed it yet
    try:
        token = _ways(request, console, approach, "").by_link(code)
    except (Unauthenticated, NotAllowed) as error:
        return _asked(request, console, "", error)
    return _welcomed(approach, token, "")


def _ways(request: Request, console: Console, approach: Approach, name: str) -> SignIn:
    user_agent = request.headers.get("user-agent", "")
    return SignIn(console, approach, name, user_agent, request.cookies.get(approach.cookie))


def _welcomed(approach: Approach, token: CookieToken, next_path: str) -> Response:
    response = RedirectResponse(_own_path(next_path) or _FIRST_PAGE, 303)
    approach.keep(response, approach.cookie, str(token))
    return response


def _asked(request: Request, console: Console, next_path: str, error: CallError | None = None) -> Response:
    approach = approach_of(request)
    secret = request.cookies.get(approach.form_cookie) or secrets.token_urlsafe(32)
    page = console.views.render(
        "sign_in.html.j2",
        visit=None,
        error=None if error is None else str(error),
        proof=form_proof(secret, SIGN_IN_PATH),
        next=_own_path(next_path),
        is_local=approach.is_local and bool(console.link_secret),
        is_plain=not approach.is_local and console.public_url.startswith("http:"),
    )
    response = HTMLResponse(page, 200 if error is None else 403)
    approach.keep(response, approach.form_cookie, secret)
    return response


def _own_path(path: str) -> str:
    """The path, when it is a page of the console; else nothing: nobody is sent elsewhere by us."""
    parts = urlsplit(path)
    is_own = parts.path == PREFIX or parts.path.startswith(f"{PREFIX}/")
    return "" if parts.scheme or parts.netloc or "\\" in path or not is_own else path
