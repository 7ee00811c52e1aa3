"""What the account used, and what it may use."""

from datetime import timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from callcore.accounts.key_policy import explain_limits
from callcore.billing.allowance import MS_PER_MINUTE, Holder, day_of
from playground.usage_view import Measure, Split, UsageView
from playground.views import PREFIX
from playground.visit import Visit, Visitor

router = APIRouter(prefix=PREFIX)


class Days(IntEnum):
    """How many are shown."""

    WEEK = 7
    MONTH = 30
    QUARTER = 90


class UsageFilter(BaseModel):
    """The query of the page."""

    days: Days = Days.MONTH
    measure: Measure = Measure.COST
    split: Split = Split.AGENT


Wanted = Annotated[UsageFilter, Query()]


@router.get("/usage")
def show_usage(visit: Visitor, wanted: Wanted) -> Response:
    """Days of UTC, today the last one."""
    view, account = _view(visit, wanted), visit.account
    records, now = visit.console.records, visit.console.clock.unix_s()
    today = records.day_totals.used(Holder(account.account_id), day_of(now))
    split = wanted.split if wanted.measure is Measure.COST else Split.AGENT
    return visit.page(
        "usage.html.j2",
        wanted=wanted,
        split=split,
        measures=tuple(Measure),
        spans=tuple(Days),
        view=view,
        chart=view.chart(wanted.measure, split) if view.used else None,
        minutes_today=Decimal(today.call_ms) / MS_PER_MINUTE,
        cents_today=today.cents,
        running=len(records.running.running(account.account_id, now)),
        means=explain_limits(account),
    )


@router.get("/usage.csv")
def download_usage(visit: Visitor, wanted: Wanted) -> Response:
    """The same rows for other programs."""
    view = _view(visit, wanted)
    name = f"usage-{view.first.isoformat()}-{view.last.isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(view.csv(), media_type="text/csv; charset=utf-8", headers=headers)


def _view(visit: Visit, wanted: UsageFilter) -> UsageView:
    account_id = visit.account.account_id
    last = day_of(visit.console.clock.unix_s())
    first = last - timedelta(days=wanted.days - 1)
    names = {agent.agent_id: agent.name for agent in visit.console.agents.list_agents(account_id)}
    return UsageView(first, last, visit.console.records.usage.usage_by_day(account_id, first, last), names)
