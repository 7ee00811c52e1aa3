"""The account's telephone numbers: imported, given to agents, tagged and forgotten."""

import json
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.responses import Response

from callcore.agents.agent import parse_config
from callcore.desks.numbers import check_tags
from callcore.errors import CallError, InvalidInput, NotFound
from callcore.ids import AgentId
from callcore.jsontext import parse_json
from callcore.loopback import is_loopback
from callcore.phones.phone import Carrier, Phone, parse_number
from callcore.telephony.carrier_accounts import account_from
from callcore.telephony.ports import CarrierBusy, CarrierRefused, CarrierUncertain
from playground.forms import Form, Posted
from playground.views import PREFIX, Notice
from playground.visit import Visit, Visitor
from playground.words import as_json, sentence

MAX_NUMBERS = 20
"""Of one form: each is a few requests to its carrier."""
CARRIERS = {Carrier.TWILIO: "Twilio", Carrier.VONAGE: "Vonage", Carrier.PLIVO: "Plivo", Carrier.EXOTEL: "Exotel"}
CREDENTIALS = ("account_sid", "api_key", "api_secret", "auth_token", "signature_secret")
SHOWN_AGAIN = ("phones", "region", "agent", "tags", "account_sid", "api_key")
"""What was entered and is no secret."""
NO_NUMBERS = "Write at least one number, as +15551234567."

router = APIRouter(prefix=PREFIX)


@router.get("/numbers")
def list_numbers(visit: Visitor) -> Response:
    """Oldest first."""
    phones = visit.console.numbers.phones.list_phones(visit.account.account_id)
    return visit.page("numbers.html.j2", phones=phones, carriers=CARRIERS, agents=_agents(visit))


@router.get("/numbers/new")
def ask_for_numbers(visit: Visitor, carrier: Carrier = Carrier.TWILIO) -> Response:
    """Of one carrier."""
    return _asked(visit, carrier, {})


@router.post("/numbers/new")
def import_numbers(visit: Visitor, form: Posted) -> Response:
    """Store them and, with credentials, have their carrier ask us when they are called."""
    try:
        carrier = Carrier(form.text("carrier"))
    except ValueError:
        raise InvalidInput("the form names no carrier that there is") from None
    entered = {name: form.text(name) for name in SHOWN_AGAIN}
    try:
        imported = _imported(visit, carrier, form)
    except (InvalidInput, NotFound, CarrierRefused, CarrierBusy, CarrierUncertain) as error:
        return _asked(visit, carrier, entered, _told(error))
    notice = Notice.NUMBERS_CONNECTED if imported[0].is_connected else Notice.NUMBERS_STORED
    return visit.redirect("/numbers", notice)


def _imported(visit: Visit, carrier: Carrier, form: Form) -> list[Phone]:
    """Raises InvalidInput, NotFound, and what a carrier answers."""
    account_id, desk = visit.account.account_id, visit.console.numbers
    lines = [line.strip() for line in form.text("phones").replace(",", "\n").splitlines() if line.strip()]
    if not 0 < len(lines) <= MAX_NUMBERS:
        raise InvalidInput(NO_NUMBERS if not lines else f"at most {MAX_NUMBERS} numbers at once")
    numbers = [parse_number(line) for line in lines]
    at_carrier = account_from(carrier, {name: form.text(name) for name in CREDENTIALS})
    agent_id, tags = _agent_of(visit, form), _tags(form)
    now, region = visit.console.clock.unix_s(), form.text("region") or None
    new = [Phone(account_id, number, now, carrier, region=region) for number in numbers]
    imported = desk.import_numbers(new, at_carrier)
    for phone in imported:
        if agent_id is not None:
            desk.set_agent(account_id, phone.number, agent_id)
        if tags:
            desk.set_tags(account_id, phone.number, tags)
    return imported


@router.get("/numbers/{number}")
def show_number(number: str, visit: Visitor) -> Response:
    """One, to be changed."""
    phone = _phone(visit, number)
    override = phone.agent_config_override
    stored = {"agent": phone.agent_id or "", "tags": ", ".join(phone.tags)}
    return _shown(visit, phone, stored | {"override": "" if override is None else as_json(override)})


@router.post("/numbers/{number}")
def change_number(number: str, visit: Visitor, form: Posted) -> Response:
    """Who answers, its tags, and what differs from the agent's own configuration."""
    phone = _phone(visit, number)
    try:
        agent_id, tags, override = _agent_of(visit, form), _tags(form), _override(form)
    except (InvalidInput, NotFound) as error:
        entered = {name: form.text(name) for name in ("agent", "tags", "override")}
        return _shown(visit, phone, entered, _told(error))
    change = partial(replace, agent_id=agent_id, tags=tags, agent_config_override=override)
    visit.console.numbers.change(phone.account_id, phone.number, change)
    return visit.redirect("/numbers", Notice.NUMBER_CHANGED)


@router.post("/numbers/{number}/delete")
def forget_number(number: str, visit: Visitor, form: Posted) -> Response:
    """Its carrier does with its calls what it did before."""
    phone = _phone(visit, number)
    try:
        visit.console.numbers.forget(phone.account_id, phone.number)
    except CarrierUncertain as error:
        raise InvalidInput(f"{CARRIERS[phone.carrier]} did not answer, so the number is kept: {error}") from None
    return visit.redirect("/numbers", Notice.NUMBER_FORGOTTEN)


def _phone(visit: Visit, number: str) -> Phone:
    return visit.console.numbers.phones.get_phone(visit.account.account_id, parse_number(number))


def _agent_of(visit: Visit, form: Form) -> AgentId | None:
    """Who was chosen to answer. Raises NotFound."""
    if not form.text("agent"):
        return None
    return visit.console.agents.get_agent(visit.account.account_id, AgentId(form.text("agent"))).agent_id


def _tags(form: Form) -> tuple[str, ...]:
    tags = tuple(dict.fromkeys(tag.strip() for tag in form.text("tags").split(",") if tag.strip()))
    check_tags(tags)
    return tags


def _override(form: Form) -> dict[str, Any] | None:
    text = form.text("override")
    if not text:
        return None
    value = parse_json(text)
    if not isinstance(value, dict):
        raise InvalidInput("the override is no JSON object")
    parse_config(value)
    return dict(json.loads(text))


def _agents(visit: Visit) -> dict[AgentId, str]:
    return {agent.agent_id: agent.name for agent in visit.console.agents.list_agents(visit.account.account_id)}


def _asked(visit: Visit, carrier: Carrier, entered: dict[str, str], wrong: str = "") -> Response:
    host = urlsplit(visit.console.public_url).hostname or ""
    return visit.page(
        "number_new.html.j2",
        422 if wrong else 200,
        carrier=carrier,
        carriers=CARRIERS,
        entered=dict.fromkeys(SHOWN_AGAIN, "") | entered,
        agents=_agents(visit),
        wrong=wrong,
        is_hidden=host == "localhost" or is_loopback(host),
    )


def _shown(visit: Visit, phone: Phone, entered: dict[str, str], wrong: str = "") -> Response:
    context = {"phone": phone, "carriers": CARRIERS, "agents": _agents(visit), "entered": entered, "wrong": wrong}
    return visit.page("number.html.j2", 422 if wrong else 200, **context)


def _told(error: CallError) -> str:
    return sentence(str(error).rstrip("."))
