"""Numbers that no campaign of the account calls: who asked for that in a call, and who is put there."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from callcore.campaigns.do_not_call import UnwantedNumber
from callcore.phones.phone import parse_number

router = APIRouter()

Limit = Annotated[int, Query(ge=1, le=1000)]
After = Annotated[str | None, Query(max_length=64)]
"""`next_cursor` of the answer before."""


@router.get("/do-not-call")
async def list_unwanted_numbers(
    account: PrivateAccount, stores: AppDependencies, limit: Limit = 100, after: After = None
) -> AsciiJsonResponse:
    """The numbers in their order; `next_cursor` is null at the end."""
    cursor = None if after is None else parse_number(after)
    found = await run_in_threadpool(stores.do_not_call.list_numbers, account.account_id, limit + 1, cursor)
    page = found[:limit]
    more = page[-1].phone if len(found) > limit else None
    return AsciiJsonResponse({"numbers": [_body(number) for number in page], "next_cursor": more})


@router.put("/do-not-call/{phone}")
async def put_unwanted_number(phone: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Let no campaign call this number from now on. A call that has been ordered is placed."""
    number = UnwantedNumber(parse_number(phone), stores.clock.unix_s())
    await run_in_threadpool(stores.do_not_call.put_number, account.account_id, number)
    return AsciiJsonResponse(_body(number))


@router.delete("/do-not-call/{phone}")
async def delete_unwanted_number(phone: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Let campaigns call the number again.

    In a list that passed it over it stands as failed, until it is taken out there and added anew.
    """
    number = parse_number(phone)
    await run_in_threadpool(stores.do_not_call.delete_number, account.account_id, number)
    return AsciiJsonResponse({"phone": number, "deleted": True})


def _body(number: UnwantedNumber) -> dict[str, Any]:
    return {"phone": number.phone, "since": int(number.since)}
