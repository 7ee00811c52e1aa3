"""Usage and cost by day and agent, and the limits."""

import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from callcore.accounts.account import AccountStatus
from callcore.agents.agent import Agent
from callcore.billing.allowance import Holder, Used
from callcore.billing.day_usage import Counts, DayUsage
from callcore.calls.call import CallStatus
from callcore.ids import AgentId
from callstore.sqlite.stores import SqliteStores
from playground.usage_view import Measure, Split, UsageView
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.integration.console import recorded
from tests.integration.console.browser import Browser


@pytest.fixture
def used(stores: SqliteStores, clock: ManualClock) -> None:
    recorded.agents(stores)
    day_s = timedelta(days=1).total_seconds()
    for number, (days_ago, agent) in enumerate([(0, recorded.DESK), (0, recorded.DESK), (3, recorded.SUPPORT)]):
        recorded.keep(stores, recorded.call(f"s-{number}", clock.now_s - days_ago * day_s, agent_id=agent))
    recorded.keep(
        stores, recorded.call("s-lost", clock.now_s, status=CallStatus.ERROR, cost_breakdown=(), duration_s=3600)
    )


def test_without_calls_the_page_says_so(ann: Browser) -> None:
    page = ann.open("/usage")
    assert page.status == 200
    assert "No calls in these 30 days" in page.text


@pytest.mark.usefixtures("used")
def test_the_figures_add_up(ann: Browser) -> None:
    page = ann.open("/usage")
    assert "Cost $0.0651 Calls 4" in page.text
    assert "Failed 1 25.0 %" in page.text
    assert "Trattoria Lucia 3 1 60.8 min $0.0434" in page.text
    assert "Support 1 0 0.4 min $0.0217" in page.text
    assert page.html.count('<rect class="c') == 2 + 2, "a bar for each day and agent, and a colour for each agent"


@pytest.mark.usefixtures("used")
def test_every_view_is_drawn(ann: Browser) -> None:
    for days, measure, split in product((7, 30, 90), Measure, Split):
        page = ann.open(f"/usage?days={days}&measure={measure}&split={split}")
        assert page.status == 200
        assert f"The last {days} days" in page.html
        assert ("By service" in page.text) == (measure is Measure.COST)


def test_a_query_that_cannot_be_read_is_a_page_that_says_so(ann: Browser) -> None:
    for query, path in product(("days=8", "measure=fun", "split=x", "days="), ("/usage", "/usage.csv")):
        assert ann.open(f"{path}?{query}").status == 400


@pytest.mark.usefixtures("used")
def test_the_rows_are_downloaded(ann: Browser, clock: ManualClock) -> None:
    reply = ann.open("/usage.csv").response
    assert "attachment" in reply.headers["content-disposition"]
    first, *found = csv.reader(reply.text.splitlines())
    assert first == ["day", "agent_id", "agent", "calls", "failed", "minutes", "usd"]
    today = datetime.fromtimestamp(clock.now_s, UTC).date().isoformat()
    assert found[-1] == [today, f"'{recorded.DESK}", "Trattoria Lucia", "3", "1", "60.83", "0.043400"]


def test_what_an_agent_is_called_is_no_formula_and_no_markup(
    ann: Browser, stores: SqliteStores, clock: ManualClock
) -> None:
    bad = '=HYPERLINK("http://x")<script>alert(1)</script>'
    stores.agents.put_agent(Agent(recorded.DESK, rows.ANN, bad, {}, 1.0))
    recorded.keep(stores, recorded.call(began_s=clock.now_s))
    assert "<script>alert" not in ann.open("/usage").html
    cell = list(csv.reader(ann.open("/usage.csv").response.text.splitlines()))[1][2]
    assert cell == f"'{bad}"


def test_limits_are_told_with_what_is_used_of_them(ann: Browser, stores: SqliteStores, clock: ManualClock) -> None:
    account = rows.account()
    changed = replace(account, status=AccountStatus.ACTIVE, max_minutes_per_day=50, max_spend_per_day=None)
    stores.accounts.put_account(changed)
    today = datetime.fromtimestamp(clock.now_s, UTC).date()
    stores.day_totals.add_used(Holder(rows.ANN), today, Used(12 * 60_000, 1_500_000), "t")
    page = ann.open("/usage")
    assert "12.0 min of 50.0 min" in page.text
    assert 'max="50" value="12' in page.html
    assert "No US cents of a day are too many" in page.text
    assert f"of {account.max_concurrent_calls}" in page.text
    assert "Calls are deleted after 30 days" in page.text


def test_another_accounts_usage_is_its_own(ann: Browser, stores: SqliteStores, clock: ManualClock) -> None:
    recorded.keep(stores, replace(recorded.call("s-bob", clock.now_s), account_id=rows.BOB))
    assert "No calls in these 30 days" in ann.open("/usage").text


def test_many_agents_are_drawn_as_a_few_and_the_others() -> None:
    today = datetime(2027, 1, 15, tzinfo=UTC).date()
    used = [DayUsage(today, AgentId(f"-{number:02}"), Counts(calls=number + 1)) for number in range(12)]
    chart = UsageView(today, today, used, {}).chart(Measure.CALLS, Split.AGENT)
    assert [name for name, _ in chart.legend] == [f"-{number:02}" for number in range(11, 4, -1)] + ["Others"]
    assert chart.bars[-1].told == "15 Jan: Others 15"
