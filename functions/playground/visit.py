"""One request of somebody who is signed in, and how it finds out that it is one."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from callauth.console import CookieToken, form_proof, parse_cookie
from callcore.accounts.account import Account, AccountStatus
from callcore.accounts.console_sessions import TOUCH_S, ConsoleSession, is_over
from callcore.errors import CallError, NotFound
from playground.approach import Approach, approach_of
from playground.console import Console
from playground.views import PREFIX, Notice


class SignInNeeded(CallError):
    """Nobody is signed in; the console asks for that first."""


@dataclass(frozen=True)
class Visit:
    """What a page works with. Every page of somebody signed in takes one (`Visitor`)."""

    console: Console
    account: Account
    session: ConsoleSession
    approach: Approach
    cookie: CookieToken
    path: str
    """Of this request."""
    notice: Notice | None = None
    """What the page before has done."""

    def page(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page from widget/templates/playground; templates find the visit as `visit`."""
        return HTMLResponse(self.console.views.render(template, visit=self, **context), status)

    def redirect(self, path: str, notice: Notice | None = None) -> RedirectResponse:
        """Where to go after a form has been dealt with; `path` begins after the prefix."""
        query = f"?done={notice.name.lower()}" if notice else ""
        return RedirectResponse(f"{PREFIX}{path}{query}", 303)

    def proof(self, path: str) -> str:
        """What a form that is sent to this whole path must hold; the macro `post` puts it in."""
        return form_proof(str(self.cookie), path)


def console_of(request: Request) -> Console:
    """What `create_app` was given."""
    found: Console = request.app.state.console
    return found


def visit_of(request: Request, console: Annotated[Console, Depends(console_of)]) -> Visit:
    """The visit. Raises SignInNeeded. Not async: it asks the store, so it runs in a thread."""
    approach = approach_of(request)
    cookie = parse_cookie(request.cookies.get(approach.cookie))
    if cookie is None:
        raise SignInNeeded
    session, account = _standing(console, cookie)
    notice = Notice.of(request.query_params.get("done"))
    return Visit(console, account, session, approach, cookie, request.url.path, notice)


Visitor = Annotated[Visit, Depends(visit_of)]


def _standing(console: Console, cookie: CookieToken) -> tuple[ConsoleSession, Account]:
    """Session and account, while both stand, and the key that opened the session does. Raises SignInNeeded."""
    now = console.clock.unix_s()
    session = console.sessions.find_session(cookie.account_id, cookie.session_hash)
    if session is None or is_over(session, now) or not _key_stands(console, session):
        raise SignInNeeded
    try:
        account = console.accounts.get_account(session.account_id)
    except NotFound:
        raise SignInNeeded from None
    if account.status is AccountStatus.SUSPENDED:
        raise SignInNeeded
    if now - session.seen_at >= TOUCH_S:
        console.sessions.touch_session(session.account_id, session.session_hash, now)
        session = replace(session, seen_at=now)
    return session, account


def _key_stands(console: Console, session: ConsoleSession) -> bool:
    if session.key_hash is None:
        return True
    key = console.accounts.find_key(session.key_hash)
    return key is not None and key.revoked_at is None
