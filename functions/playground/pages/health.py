"""Whether everything works: the store, the workers, the vendors behind them, and the account's own servers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from callcore.billing.allowance import day_of
from callcore.billing.day_usage import total
from callcore.deliveries.given_up import given_up
from callcore.errors import Conflict, LimitExceeded, NotFound, WorkerUnreachable
from callcore.ids import SessionId
from callcore.wire.jobs import Check, Finding
from callcore.workers.worker import Worker, is_stale, room
from callstore.replay import Replay
from playground.forms import Posted
from playground.views import PREFIX, Notice
from playground.visit import Visit, Visitor
from playground.words import sentence

SHOWN_DELIVERIES = 20
LATELY_DAYS = 7
KINDS = {"stt": "Recogniser", "llm": "Language model", "tts": "Voice"}

router = APIRouter(prefix=PREFIX)


@dataclass(frozen=True)
class Fleet:
    """The workers together."""

    alive: int
    silent: int
    """Heard of within a day, and not any more."""
    free: int
    """How many more calls they take."""


def fleet_of(workers: Sequence[Worker], now: float) -> Fleet:
    """Those that have beaten within a day; what beats and cannot be reached holds no calls, and is none."""
    workers = [worker for worker in workers if worker.url is not None]
    silent = sum(is_stale(worker.beat_at, now) for worker in workers)
    return Fleet(len(workers) - silent, silent, sum(max(0, room(worker, now)) for worker in workers))


@router.get("/health")
def show_health(visit: Visitor) -> Response:
    """Without asking anybody outside."""
    return _page(visit)


@router.post("/health/check")
def check_vendors(visit: Visitor, form: Posted) -> Response:
    """Have a worker try every vendor with a few words."""
    console = visit.console
    try:
        console.trials.count(visit.account.account_id, console.clock.monotonic_s())
        done = console.workers.send(visit.account.account_id, SessionId(""), Check())
    except WorkerUnreachable:
        return _page(visit, wrong="No worker answers: calls cannot begin.")
    except (Conflict, LimitExceeded) as error:
        return _page(visit, wrong=sentence(str(error)))
    return _page(visit, done.findings)


@router.post("/health/replay")
def replay_delivery(visit: Visitor, form: Posted) -> Response:
    """Send a webhook again that was given up."""
    records = visit.console.records
    replay = Replay(records.delivery_log, records.deliveries, records.disabled_webhooks, records.calls)
    replay.send_again(visit.account.account_id, form.text("delivery"), visit.console.clock.unix_s())
    return visit.redirect("/health", Notice.WEBHOOK_SENT_AGAIN)


@router.post("/health/enable")
def enable_webhook(visit: Visitor, form: Posted) -> Response:
    """Send to an address again that had said that it wants nothing more."""
    records, account_id, url = visit.console.records, visit.account.account_id, form.text("url")
    if url not in records.disabled_webhooks.list_disabled(account_id):
        raise NotFound("disabled address", url[:80])
    records.disabled_webhooks.enable_webhook(account_id, url)
    return visit.redirect("/health", Notice.WEBHOOK_ENABLED)


def _page(visit: Visit, findings: Sequence[Finding] | None = None, wrong: str = "") -> Response:
    console, account_id = visit.console, visit.account.account_id
    records = console.records
    began_s = console.clock.monotonic_s()
    today = day_of(console.clock.unix_s())
    used = records.usage.usage_by_day(account_id, today - timedelta(days=LATELY_DAYS - 1), today)
    store_ms = (console.clock.monotonic_s() - began_s) * 1000
    return visit.page(
        "health.html.j2",
        fleet=fleet_of(records.workers.list_workers(), console.clock.unix_s()),
        store_ms=store_ms,
        lately=total(one.counts for one in used),
        lately_days=LATELY_DAYS,
        given_up=given_up(records.delivery_log, account_id, SHOWN_DELIVERIES),
        shown=SHOWN_DELIVERIES,
        disabled=sorted(records.disabled_webhooks.list_disabled(account_id).items(), key=lambda one: -one[1]),
        findings=findings,
        kinds=KINDS,
        wrong=wrong,
    )
