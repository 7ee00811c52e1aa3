"""Who is signed in. The simplest whole page of the console: a list, a form, and what happens then.

Every other page is made like it: a router of its own, plain functions that take a `Visitor` (and a `Posted` form),
call the ports of `visit.console` within `visit.account`, and end in `visit.page` or, after a form, in `visit.redirect`.
"""

from fastapi import APIRouter
from starlette.responses import Response

from callcore.accounts.console_sessions import is_over
from callcore.errors import NotFound
from playground.forms import Posted
from playground.views import PREFIX, Notice
from playground.visit import Visitor

router = APIRouter(prefix=PREFIX)


@router.get("/sessions")
def list_sessions(visit: Visitor) -> Response:
    """Every browser that is signed in."""
    now = visit.console.clock.unix_s()
    stored = visit.console.signed_in.list_sessions(visit.account.account_id)
    return visit.page("sessions.html.j2", sessions=[session for session in stored if not is_over(session, now)])


@router.post("/sessions/{session_id}/end")
def end_session(session_id: str, visit: Visitor, form: Posted) -> Response:
    """Sign a browser out."""
    account_id = visit.account.account_id
    for session in visit.console.signed_in.list_sessions(account_id):
        if session.session_id == session_id:
            visit.console.signed_in.end_session(account_id, session.session_hash)
            return visit.redirect("/sessions", Notice.SESSION_ENDED)
    raise NotFound("session", session_id[:16])


@router.post("/sign-out")
def sign_out(visit: Visitor, form: Posted) -> Response:
    """End this session."""
    visit.console.signed_in.end_session(visit.account.account_id, visit.session.session_hash)
    response = visit.redirect("/sign-in")
    visit.approach.forget(response, visit.approach.cookie)
    return response
