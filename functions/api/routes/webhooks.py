"""Webhooks that we send: their secrets, what became of them, and sending one again (architecture.md 3.5)."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from callcore.deliveries.delivery import DeliveryState, WebhookDelivery, delivery_id_of
from callcore.deliveries.given_up import given_up
from callcore.ids import SessionId
from callnet.standard_webhooks import new_webhook_secret
from callstore.replay import Replay

router = APIRouter()


class DeliveryFilter(BaseModel):
    """Which deliveries."""

    state: DeliveryState | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


@router.post("/webhooks/secret")
async def create_webhook_secret(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """A new secret, in this reply only. Webhooks are signed with it and with the one before, until that is dropped."""
    secret = new_webhook_secret()
    change = stores.credentials.change_webhook_secrets
    kept = await run_in_threadpool(change, account.account_id, lambda standing: (secret, *standing[:1]))
    return AsciiJsonResponse({"webhook_secret": secret, "valid_secrets": len(kept)})


@router.delete("/webhooks/secret/previous")
async def drop_previous_webhook_secret(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Sign with the newest secret alone."""
    change = stores.credentials.change_webhook_secrets
    kept = await run_in_threadpool(change, account.account_id, lambda standing: standing[:1])
    return AsciiJsonResponse({"valid_secrets": len(kept)})


@router.get("/webhooks/deliveries")
async def list_deliveries(
    wanted: Annotated[DeliveryFilter, Query()], account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """The newest deliveries in one state; without one those that were given up, which are `dead` or `refused`."""
    log, account_id = stores.delivery_log, account.account_id
    if wanted.state is None:
        found = await run_in_threadpool(given_up, log, account_id, wanted.limit)
    else:
        found = await run_in_threadpool(log.list_deliveries, account_id, wanted.state, wanted.limit)
    return AsciiJsonResponse({"deliveries": [delivery_body(delivery) for delivery in found]})


@router.get("/webhooks/deliveries/{delivery_id}")
async def get_delivery(delivery_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """One delivery, with its attempts."""
    found = await run_in_threadpool(stores.delivery_log.find_delivery, account.account_id, delivery_id)
    return AsciiJsonResponse(delivery_body(found))


@router.get("/call-logs/{session_id}/delivery")
async def get_delivery_of_call(session_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """What became of the webhook of a call's end; 404 when nobody wanted to hear of it, or the call goes on."""
    delivery_id = delivery_id_of(SessionId(session_id))
    found = await run_in_threadpool(stores.delivery_log.find_delivery, account.account_id, delivery_id)
    return AsciiJsonResponse(delivery_body(found))


@router.post("/webhooks/deliveries/{delivery_id}/replay")
async def replay_delivery(delivery_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Send it again now, whatever became of it, under the same id; its address is enabled if it was disabled.

    409 when its content was not kept, because its agent opts out of data collection.
    """
    replay = Replay(stores.delivery_log, stores.deliveries, stores.disabled_webhooks, stores.calls)
    again = await run_in_threadpool(replay.send_again, account.account_id, delivery_id, stores.clock.unix_s())
    return AsciiJsonResponse(delivery_body(again))


@router.get("/webhooks/disabled")
async def list_disabled_webhooks(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """The addresses to which nothing is sent because their server answered 410, newest first."""
    disabled = await run_in_threadpool(stores.disabled_webhooks.list_disabled, account.account_id)
    newest_first = sorted(disabled.items(), key=lambda one: -one[1])
    return AsciiJsonResponse({"disabled": [{"url": url, "since": since} for url, since in newest_first]})


def delivery_body(delivery: WebhookDelivery) -> dict[str, Any]:
    """A delivery as its owner sees it."""
    return {
        "id": delivery.delivery_id,
        "session_id": delivery.session_id,
        "state": delivery.state,
        "replayable": delivery.replayable,
        "created_at": delivery.created_at,
        "next_attempt_at": delivery.due_at if delivery.state is DeliveryState.PENDING else None,
        **({"result": delivery.result} if delivery.result else {}),
        "attempts": [{"at": attempt.at, "outcome": attempt.outcome} for attempt in delivery.attempts],
    }
