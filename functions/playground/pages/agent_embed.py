"""“Embed to public site”: how the widget looks there, a key for it, and what to paste."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from callauth.console_key import console_key, exchange_secret
from callauth.keys import authenticate, key_record, new_key
from callauth.tokens import new_embed_secret
from callcore.accounts.account import KeyKind, KeyPolicy
from callcore.accounts.key_policy import KeyUse, check_key_use
from callcore.agents.agent import Agent
from callcore.errors import Conflict, NotAllowed, Unauthenticated
from playground.agent_page import agent_of, agent_page
from playground.fields import enter, shown
from playground.forms import Posted
from playground.look import LOOK, attributes_of, form_of, look_of
from playground.snippets import page_address, signing_snippets, site_snippets
from playground.views import PREFIX, Notice
from playground.visit import Visit, Visitor

router = APIRouter(prefix=PREFIX)
_ORIGIN = re.compile(r"https?://[a-z0-9*.\[\]:_-]+", re.IGNORECASE | re.ASCII)
_MAX_ORIGINS = 100
_ONCE_S = 24 * 3600.0


@router.get("/agents/{agent_id}/embed")
def show_embed(agent_id: str, visit: Visitor) -> Response:
    """Look and key."""
    return _embed(visit, agent_of(visit, agent_id))


@router.post("/agents/{agent_id}/embed/look")
def save_look(agent_id: str, visit: Visitor, form: Posted) -> Response:
    """Keep how the widget looks, with the agent."""
    agent = agent_of(visit, agent_id)
    texts = {field.name: form.text(field.name) for section in LOOK for field in section.fields}
    entered = enter(LOOK, texts, form_of(agent.embed))
    look, wrong = look_of(entered.config)
    if wrong := {**wrong, **entered.wrong}:
        return _embed(visit, agent, 422, texts=texts, wrong=wrong)
    visit.console.agents.change_agent(
        visit.account.account_id, agent.agent_id, lambda stored: replace(stored, embed=look)
    )
    return visit.redirect(f"/agents/{agent.agent_id}/embed", Notice.LOOK_SAVED)


@router.post("/agents/{agent_id}/embed/key")
def make_key(agent_id: str, visit: Visitor, form: Posted) -> Response:
    """A public key for this agent on these sites; it is shown in the snippets, once."""
    agent, console = agent_of(visit, agent_id), visit.console
    origins = [line.strip().rstrip("/").lower() for line in form.text("origins").split() if line.strip()]
    bad = next((origin for origin in origins if not _ORIGIN.fullmatch(origin)), None)
    if bad is not None or len(origins) > _MAX_ORIGINS:
        wrong = f"“{(bad or '')[:60]}” is no origin: it looks like https://www.example.com, without a path."
        return _embed(visit, agent, 422, wrong_origins=wrong, origins=form.text("origins"))
    now = console.clock.unix_s()
    if not console.used.use_once(visit.account.account_id, f"embed key {form.text('once')[:64]}", now + _ONCE_S):
        raise Conflict("this form was sent before, and its key is shown once: open the page again for another key")
    key, label = new_key(), f"{agent.name[:60]} on {origins[0] if origins else 'any site'}"[:100]
    policy = KeyPolicy(agents=(agent.agent_id,), origins=tuple(origins) or None)
    console.accounts.put_key(key_record(key, KeyKind.PUBLIC, visit.account.account_id, label, now, policy))
    return _embed(visit, agent, key=key, is_new=True, origins="\n".join(origins))


@router.post("/agents/{agent_id}/embed/own-key")
def use_key(agent_id: str, visit: Visitor, form: Posted) -> Response:
    """The snippets with a key that the owner has kept."""
    agent, key = agent_of(visit, agent_id), form.text("key")
    return _embed(visit, agent, **_with_key(visit, agent, key))


@router.post("/agents/{agent_id}/embed/secret")
def make_secret(agent_id: str, visit: Visitor, form: Posted) -> Response:
    """A new secret to sign with, shown once."""
    agent, console, secret = agent_of(visit, agent_id), visit.console, new_embed_secret()
    account = exchange_secret(console.accounts, console.credentials, visit.account, secret, console.clock.unix_s())
    return _embed(replace(visit, account=account), agent, secret=secret)


def _with_key(visit: Visit, agent: Agent, key: str) -> dict[str, Any]:
    try:
        record, account = authenticate(visit.console.accounts, key, KeyKind.PUBLIC)
        if account.account_id != visit.account.account_id:
            raise Unauthenticated("the public key is not known")
        check_key_use(replace(record.policy, loopback_only=False), KeyUse(agent.agent_id))
    except (Unauthenticated, NotAllowed) as error:
        return {"status": 422, "wrong_key": f"{str(error).capitalize()}."}
    return {"key": key, "origins": "\n".join(record.policy.origins or ())}


def _embed(visit: Visit, agent: Agent, status: int = 200, **given: Any) -> Response:
    look = dict(agent.embed or {})
    form = form_of(look)
    texts: Mapping[str, str] = {field.name: shown(field, form) for section in LOOK for field in section.fields}
    key, origin = given.get("key", ""), visit.console.public_url
    context = {
        "sections": LOOK,
        "texts": texts,
        "wrong": {},
        "wrong_origins": "",
        "wrong_key": "",
        "origins": "",
        "is_new": False,
        "secret": "",
        "once": secrets.token_urlsafe(16),
        "attributes": attributes_of({name: value for name, value in look.items() if name != "placement"}),
        "preview_key": _preview_key(visit),
        "media_url": visit.console.media_url,
        "snippets": site_snippets(origin, agent.agent_id, key, look) if key else (),
        "address": page_address(origin, agent.agent_id, key, look) if key else "",
        "signing": signing_snippets(agent.agent_id),
    }
    return agent_page(visit, agent, "agent_embed.html.j2", status, tab="embed", **context | {"key": key} | given)


def _preview_key(visit: Visit) -> str:
    """For the preview to be a widget that works; without an embed secret it only shows itself."""
    try:
        return console_key(visit.console.accounts, visit.account, visit.console.clock.unix_s())
    except Conflict:
        return "none"
