"""The account's calls: found, listed, and one of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, Field
from starlette.responses import Response

from callcore.calls.call import END_STATUSES, Call, CallStatus
from callcore.calls.log import CallQuery
from callcore.calls.search import DEEPLY, LOOKED_THROUGH, MAX_TEXT_CHARS, Findings, find_calls
from callcore.errors import Conflict
from callcore.ids import AgentId, SessionId
from callcore.wire.jobs import Terminate
from callstore.erasure import erase_call
from callstore.replay import Replay
from playground.call_story import first_words, story_of
from playground.charts import Chart, stacked
from playground.forms import Posted
from playground.turn_parts import series_of, turns_of
from playground.views import PREFIX, Notice
from playground.visit import Visit, Visitor
from playground.words import DELIVERIES, OUTCOMES, as_json, end_reason, milliseconds

PAGE_CALLS = 25
_LATEST_UNIX_S = 2**33

router = APIRouter(prefix=PREFIX)

_BlankIsNone = BeforeValidator(lambda value: None if value == "" else value)


class CallFilter(BaseModel):
    """The query of the list. What cannot be read is an error page; a blank field is none."""

    q: Annotated[str, Field(max_length=MAX_TEXT_CHARS)] = ""
    agent: Annotated[Annotated[str, Field(max_length=128)] | None, _BlankIsNone] = None
    outcome: Annotated[CallStatus | None, _BlankIsNone] = None
    first: Annotated[date | None, _BlankIsNone] = None
    last: Annotated[date | None, _BlankIsNone] = None
    before: Annotated[Annotated[float, Field(ge=0, le=_LATEST_UNIX_S, allow_inf_nan=False)] | None, _BlankIsNone] = None

    deep: bool = False
    """Search for words in more calls at once, however long it takes."""

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves calls out."""
        return bool(self.q.strip() or self.agent or self.outcome or self.first or self.last)

    def query(self, visit: Visit) -> CallQuery:
        """What the log is asked."""
        return CallQuery(
            visit.account.account_id,
            PAGE_CALLS,
            after=self.before,
            start_time=None if self.first is None else _midnight(self.first),
            end_time=None if self.last is None else _midnight(self.last) + timedelta(days=1).total_seconds() - 1e-6,
            agent_id=AgentId(self.agent) if self.agent else None,
            status=self.outcome,
        )

    def address(self, before: float, *, deep: bool = False) -> str:
        """Of the same list further back."""
        given = {name: str(value) for name, value in self.model_dump(exclude={"before", "deep"}).items() if value}
        given |= {"before": repr(before)} | ({"deep": "1"} if deep else {})
        return f"{PREFIX}/calls?{urlencode(given)}"


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


@router.get("/calls")
def list_calls(visit: Visitor, wanted: Annotated[CallFilter, Query()]) -> Response:
    """Newest first."""
    records, now = visit.console.records, visit.console.clock.unix_s()
    most = DEEPLY if wanted.deep else LOOKED_THROUGH
    found = find_calls(wanted.q, wanted.query(visit), records.calls, records.call_log, most)
    return visit.page(
        "calls.html.j2",
        wanted=wanted,
        rows=[(call, first_words(call.chat)) for call in found.calls],
        found=found,
        older=_older(wanted, found),
        deeper=_older(wanted, found, deep=True) if found.looked_through is not None else None,
        deeply=DEEPLY,
        agents=_agent_names(visit),
        outcomes=OUTCOMES,
        live=len(records.running.running(visit.account.account_id, now)),
    )


def _older(wanted: CallFilter, found: Findings, *, deep: bool = False) -> str | None:
    return None if found.next_cursor is None else wanted.address(found.next_cursor, deep=deep)


def _agent_names(visit: Visit) -> Mapping[AgentId, str]:
    return {agent.agent_id: agent.name for agent in visit.console.agents.list_agents(visit.account.account_id)}


@router.get("/calls/{session_id}")
def show_call(session_id: str, visit: Visitor) -> Response:
    """One call, also while it lives: then as its last checkpoint has it."""
    records = visit.console.records
    call = records.calls.get_call(visit.account.account_id, SessionId(session_id))
    checkpoint = None if call.status in END_STATUSES else records.checkpoints.load_checkpoint(call.session_id)
    chat = (checkpoint.chat if checkpoint else call.chat) or ()
    metrics = checkpoint.call_metrics if checkpoint else call.call_metrics
    turns = turns_of(metrics)
    return visit.page(
        "call.html.j2",
        call=call,
        outcome=OUTCOMES[call.status],
        end_reason=end_reason(call),
        is_live=call.status not in END_STATUSES,
        duration_s=_duration_s(visit, call),
        agents=_agent_names(visit),
        story=story_of(chat, metrics),
        turns=turns,
        latency=_latency_chart(turns),
        waits=(metrics or {}).get("utterance_latency"),
        after_call=[run for run in call.function_calls if run.get("run_after_call")],
        deliveries=records.deliveries_of(call) if call.status in END_STATUSES else (),
        total_cents=_total_cents(call),
        delivery_words=DELIVERIES,
    )


def _duration_s(visit: Visit, call: Call) -> float | None:
    if call.status is CallStatus.IN_PROGRESS:
        return max(0.0, visit.console.clock.unix_s() - call.started_at)
    return call.duration_s


def _latency_chart(turns: Sequence[Any]) -> Chart | None:
    labels = [str(turn.number) for turn in turns]
    return stacked(labels, series_of(turns), milliseconds) if turns else None


def _total_cents(call: Call) -> float | None:
    if call.status not in END_STATUSES:
        return None
    return sum(float(line.get("credit", 0)) for line in call.cost_breakdown)


@router.get("/calls/{session_id}/transcript.json")
def download_transcript(session_id: str, visit: Visitor) -> Response:
    """The call's chat as it was stored, and what belongs to it."""
    call = visit.console.records.calls.get_call(visit.account.account_id, SessionId(session_id))
    content = {
        "session_id": call.session_id,
        "call_id": call.call_id,
        "agent_id": call.agent_id,
        "call_status": call.status,
        "ts": call.started_at,
        "duration": call.duration_s,
        "chat": None if call.chat is None else list(call.chat),
        "metadata": dict(call.metadata),
        "visitor_supplied": None if call.visitor_names is None else list(call.visitor_names),
        "function_calls": list(call.function_calls),
        "call_metrics": None if call.call_metrics is None else dict(call.call_metrics),
        "cost_breakdown": list(call.cost_breakdown),
    }
    headers = {"Content-Disposition": f'attachment; filename="call-{_file_name(session_id)}.json"'}
    return Response(as_json(content).encode("utf-8", "replace"), media_type="application/json", headers=headers)


def _file_name(session_id: str) -> str:
    return "".join(letter for letter in session_id if letter.isascii() and (letter.isalnum() or letter in "-_"))[:64]


@router.post("/calls/{session_id}/delete")
def delete_call(session_id: str, visit: Visitor, form: Posted) -> Response:
    """Delete the call with transcript and recording."""
    records = visit.console.records
    call = records.calls.get_call(visit.account.account_id, SessionId(session_id))
    erase_call(call, records.call_log, records.blobs, records.delivery_log, records.deliveries)
    return visit.redirect("/calls", Notice.CALL_DELETED)


@router.post("/calls/{session_id}/end")
def end_call(session_id: str, visit: Visitor, form: Posted) -> Response:
    """End a call that goes on."""
    account_id = visit.account.account_id
    visit.console.records.control.send(account_id, SessionId(session_id), Terminate())
    return visit.redirect(f"/calls/{session_id}", Notice.CALL_TOLD_TO_END)


@router.post("/calls/{session_id}/replay")
def replay_delivery(session_id: str, visit: Visitor, form: Posted) -> Response:
    """Send one of the call's webhooks again."""
    records, account_id = visit.console.records, visit.account.account_id
    delivery_id = form.text("delivery")
    found = records.delivery_log.find_delivery(account_id, delivery_id)
    if found.session_id != session_id:
        raise Conflict("that webhook belongs to another call")
    replay = Replay(records.delivery_log, records.deliveries, records.disabled_webhooks, records.calls)
    replay.send_again(account_id, delivery_id, visit.console.clock.unix_s())
    return visit.redirect(f"/calls/{session_id}", Notice.WEBHOOK_SENT_AGAIN)
