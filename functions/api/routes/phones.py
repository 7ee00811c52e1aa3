"""Phone numbers (protocol.md 7.7): stored, and connected once their carrier's credentials came along."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import AliasChoices, BaseModel, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, Dependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from callcore.accounts.account import Account
from callcore.agents.agent import parse_config
from callcore.desks.numbers import MAX_TAG_CHARS, MAX_TAGS, NumberDesk
from callcore.errors import InvalidInput
from callcore.ids import AgentId
from callcore.phones.phone import Carrier, Phone, parse_number
from callcore.telephony.carrier_accounts import account_from
from carriers.number_lines import CarrierLines

MAX_IMPORT = 1000
CONNECTED, NOT_CONNECTED = "active", "inactive"
"""`status` of a number: whether calls come and go by it."""
Credential = Annotated[str, Field(max_length=4096)] | None

router = APIRouter()

Tag = Annotated[str, Field(min_length=1, max_length=MAX_TAG_CHARS)]
Number = Annotated[str, Field(max_length=64)]
Place = Annotated[str, Field(max_length=64)] | None


def _known_misspelling(value: object) -> object:
    return Carrier.VONAGE if value == "vanage" else value


class TagsUpdate(BaseModel):
    """All tags of the number; null leaves them as they are."""

    tags: Annotated[list[Tag], Field(max_length=MAX_TAGS)] | None = None


class AgentChoice(BaseModel):
    """Who answers; null: nobody. One client writes `agentId`."""

    agent_id: str | None = Field(validation_alias=AliasChoices("agent_id", "agentId"))


class PhoneAgent(AgentChoice):
    """The same with the number in the body."""

    phone: Number


class PhoneImport(BaseModel):
    """A number that the account has at a carrier, or several.

    With the credentials the carrier is told to ask us when the number is called; they are kept sealed. Without
    any the number is stored only. `auth_token` (Twilio) and `signature_secret` (Vonage) are ours: with them the
    carrier's signatures are checked.
    """

    provider: Annotated[Carrier, BeforeValidator(_known_misspelling)]
    phone: Number | None = None
    phones: Annotated[list[Number], Field(max_length=MAX_IMPORT)] | None = None
    country: Place = None
    region: Place = None
    account_sid: Credential = None
    api_key: Credential = None
    api_secret: Credential = None
    auth_token: Credential = None
    signature_secret: Credential = None

    def credentials(self) -> dict[str, str | None]:
        """What the carrier knows the account by."""
        names = ("account_sid", "api_key", "api_secret", "auth_token", "signature_secret")
        return {name: getattr(self, name) for name in names}


@router.get("/phones")
async def list_phones(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Every number of the account, oldest first, as a bare array."""
    phones = await run_in_threadpool(stores.phones.list_phones, account.account_id)
    return AsciiJsonResponse([phone_body(phone) for phone in phones])


@router.post("/phones/import")
async def import_phones(body: PhoneImport, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Store a number and connect it; one that is there keeps its agent and tags. With `phones`, an array of them.

    422 when the carrier refuses, with its code.
    """
    if not body.phone and not body.phones:
        raise InvalidInput("phone: the number to import is missing")
    at_carrier = account_from(body.provider, body.credentials())
    now = stores.clock.unix_s()
    numbers = [
        Phone(account.account_id, parse_number(text), now, body.provider, body.country, body.region)
        for text in (body.phones or [body.phone or ""])
    ]
    imported = await run_in_threadpool(_desk(stores).import_numbers, numbers, at_carrier)
    return AsciiJsonResponse([phone_body(phone) for phone in imported] if body.phones else phone_body(imported[0]))


def _desk(stores: Dependencies) -> NumberDesk:
    telephony = stores.telephony
    lines = CarrierLines(telephony.numbers, telephony.urls, telephony.seal, telephony.worker_seal)
    return NumberDesk(stores.phones, stores.agents, lines, telephony.urls.media.check)


@router.get("/phone/{phone}", name="get_phone_by_old_path")
@router.get("/phones/{phone}")
async def get_phone(phone: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """One number; its `+` raw or as %2B."""
    found = await run_in_threadpool(stores.phones.get_phone, account.account_id, parse_number(phone))
    return AsciiJsonResponse(phone_body(found))


@router.put("/phone/{phone}", name="set_phone_tags_by_old_path")
@router.put("/phones/{phone}")
@router.post("/phones/{phone}/tags", name="set_phone_tags_by_post")
async def set_phone_tags(
    phone: str, body: TagsUpdate, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Replace the tags."""
    account_id, number = account.account_id, parse_number(phone)
    if body.tags is None:
        return AsciiJsonResponse(phone_body(await run_in_threadpool(stores.phones.get_phone, account_id, number)))
    tagged = await run_in_threadpool(_desk(stores).set_tags, account_id, number, body.tags)
    return AsciiJsonResponse(phone_body(tagged))


@router.delete("/phone/{phone}", name="delete_phone_by_old_path")
@router.delete("/phones/{phone}")
async def delete_phone(phone: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Forget a number; its carrier does with its calls what it did before."""
    number = parse_number(phone)
    await run_in_threadpool(_desk(stores).forget, account.account_id, number)
    return AsciiJsonResponse({"id": number, "deleted": True})


@router.post("/phones/{phone}/set_agent")
async def set_phone_agent(
    phone: str, body: AgentChoice, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Let an agent of the account answer the number, or nobody."""
    return await _set_agent(stores, account, phone, body.agent_id)


@router.post("/set_phone_agent")
async def set_agent_of_phone(body: PhoneAgent, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """The same, with the number in the body."""
    return await _set_agent(stores, account, body.phone, body.agent_id)


@router.post("/phones/{phone}/agent-config-override")
async def set_phone_override(
    phone: str, body: Annotated[dict[str, Any] | None, Body()], account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """What replaces top-level keys of the agent's configuration on calls of this number; null takes it away."""
    if body is not None:
        parse_config(body)
    account_id, number = account.account_id, parse_number(phone)
    change = partial(replace, agent_config_override=body)
    return AsciiJsonResponse(phone_body(await run_in_threadpool(_desk(stores).change, account_id, number, change)))


async def _set_agent(stores: Dependencies, account: Account, phone: str, agent_id: str | None) -> AsciiJsonResponse:
    chosen = AgentId(agent_id) if agent_id else None
    arguments = account.account_id, parse_number(phone), chosen
    return AsciiJsonResponse(phone_body(await run_in_threadpool(_desk(stores).set_agent, *arguments)))


def phone_body(phone: Phone) -> dict[str, Any]:
    """The number on the wire; carrier, country and region are ours."""
    override = phone.agent_config_override
    return {
        "id": phone.number,
        "create_at": int(phone.created_at),
        "status": CONNECTED if phone.is_connected else NOT_CONNECTED,
        "agent_id": phone.agent_id,
        "agent_config_override": None if override is None else dict(override),
        "tags": list(phone.tags),
        "provider": phone.carrier,
        "country": phone.country,
        "region": phone.region,
    }
