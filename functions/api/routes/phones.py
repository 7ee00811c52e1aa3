"""Phone numbers (protocol.md 7.7): stored, and connected once their carrier's credentials came along."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import AliasChoices, BaseModel, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, Dependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from api.telephony import Telephony
from callauth.carrier_urls import What
from callcore.accounts import Account
from callcore.agents import parse_config
from callcore.carrier_accounts import account_from, opened, sealed
from callcore.carrier_ports import CarrierAccount, CarrierRefused, NumberUrls
from callcore.errors import InvalidInput, NotFound
from callcore.ids import AccountId, AgentId
from callcore.phones import Carrier, Phone, PhoneNumber, parse_number
from callcore.upgrade_check import sealed as sealed_for_workers
from carriers.upgrade_checks import check_of

MAX_TAGS = 50
MAX_IMPORT = 1000
CONNECTED, NOT_CONNECTED = "active", "inactive"
"""`status` of a number: whether calls come and go by it."""
Credential = Annotated[str, Field(max_length=4096)] | None

router = APIRouter()

Tag = Annotated[str, Field(min_length=1, max_length=64)]
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
    numbers = [parse_number(text) for text in (body.phones or [body.phone or ""])]
    stores.telephony.urls.media.check(body.region)
    at_carrier = account_from(body.provider, body.credentials())
    now = stores.clock.unix_s()
    imported = []
    for number in numbers:
        new = Phone(account.account_id, number, now, body.provider, body.country, body.region)
        if at_carrier is not None:
            new, at_carrier = await run_in_threadpool(_connected, stores.telephony, new, at_carrier)
        imported.append(await _stored(stores, new))
    return AsciiJsonResponse(imported if body.phones else imported[0])


async def _stored(stores: Dependencies, new: Phone) -> dict[str, Any]:
    def imported(stored: Phone | None) -> Phone:
        if stored is None:
            return new
        kept = stored
        if new.is_connected:
            kept = replace(stored, sealed_account=new.sealed_account, sealed_check=new.sealed_check)
        first = new.previous if stored.previous is None else stored.previous
        return replace(kept, carrier=new.carrier, country=new.country, region=new.region, previous=first)

    result = await run_in_threadpool(stores.phones.change_phone, new.account_id, new.number, imported)
    assert result is not None  # `imported` never deletes
    return phone_body(result)


def _connected(telephony: Telephony, new: Phone, at_carrier: CarrierAccount) -> tuple[Phone, CarrierAccount]:
    """The number, once its carrier asks us; and the account with what the carrier made for it."""
    urls = NumberUrls(
        telephony.urls.url(new.carrier, What.ANSWER, new.account_id, new.number),
        telephony.urls.url(new.carrier, What.STATUS, new.account_id, "number"),
    )
    claimed = telephony.numbers[new.carrier].claim(at_carrier, new.number, urls)
    check = check_of(claimed.account, telephony.urls.streams(new.carrier))
    connected = replace(
        new,
        sealed_account=sealed(claimed.account, telephony.seal),
        sealed_check=sealed_for_workers(check, telephony.worker_seal),
        previous=claimed.previous,
    )
    return connected, claimed.account


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

    def tagged(stored: Phone) -> Phone:
        return stored if body.tags is None else replace(stored, tags=tuple(dict.fromkeys(body.tags)))

    return await _changed(stores, account, phone, tagged)


@router.delete("/phone/{phone}", name="delete_phone_by_old_path")
@router.delete("/phones/{phone}")
async def delete_phone(phone: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Forget a number; its carrier does with its calls what it did before."""
    number = parse_number(phone)
    await run_in_threadpool(_released, stores, account.account_id, number)

    def deleted(stored: Phone | None) -> None:
        if stored is None:
            raise NotFound("phone", number)

    await run_in_threadpool(stores.phones.change_phone, account.account_id, number, deleted)
    return AsciiJsonResponse({"id": number, "deleted": True})


def _released(stores: Dependencies, account_id: AccountId, number: PhoneNumber) -> None:
    """A carrier that refuses, because the number or the credentials are gone there, keeps nobody from forgetting it."""
    phone = stores.phones.get_phone(account_id, number)
    if phone.is_connected:
        telephony = stores.telephony
        with suppress(CarrierRefused):
            control = telephony.numbers[phone.carrier]
            control.release(opened(phone, telephony.seal), number, phone.previous or {})


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
    return await _changed(stores, account, phone, lambda stored: replace(stored, agent_config_override=body))


async def _set_agent(stores: Dependencies, account: Account, phone: str, agent_id: str | None) -> AsciiJsonResponse:
    if agent_id:
        await run_in_threadpool(stores.agents.get_agent, account.account_id, AgentId(agent_id))
    chosen = AgentId(agent_id) if agent_id else None
    return await _changed(stores, account, phone, lambda stored: replace(stored, agent_id=chosen))


async def _changed(
    stores: Dependencies, account: Account, phone: str, change: Callable[[Phone], Phone]
) -> AsciiJsonResponse:
    number = parse_number(phone)

    def changed(stored: Phone | None) -> Phone:
        if stored is None:
            raise NotFound("phone", number)
        return change(stored)

    result = await run_in_threadpool(stores.phones.change_phone, account.account_id, number, changed)
    assert result is not None  # `changed` never deletes
    return AsciiJsonResponse(phone_body(result))


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
