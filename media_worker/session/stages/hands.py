"""Acts for the agent: runs the functions that its conversation decided on, and writes down what they come to."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callcore.agents.tools import Tool, ToolParam
from callcore.calls.transcript import CALL_ENDED, Transcript
from callcore.errors import InvalidInput, ToolFailed
from callcore.jsontext import to_json
from callcore.knowledge.known import QUERY, SEARCH_KNOWLEDGE
from callcore.opening.plan import SessionPlan
from callcore.telephony.transfers import obstacle
from callcore.tools.tool_call import ToolCall, arguments_of
from callcore.tools.toolbox import KEYS_HINT, SUMMARY, BuiltIn, Toolbox
from callcore.tools.web_form import entered, web_form
from callcore.wire.client import OnFunction, OnFunctionEnded
from media_worker.conversation.events import Event, ToolFinished
from media_worker.conversation.tool_policy import ToolPolicy
from media_worker.media.tones import tones
from media_worker.ports.leg import Leg
from media_worker.ports.tools import ToolRequest, ToolRunner

MAX_RESULT_CHARS = 20_000
"""Of one result, as the model sees it: about five thousand tokens."""
MAX_AT_ONCE = 10
"""Functions of one reply that run side by side; a model that calls more is told so."""
LAST_S = 5.0
"""When the session is over, functions that change something have this long to end."""
log = logging.getLogger(__name__)

BuiltInTool = Callable[[str], Awaitable[str]]
"""A function of the session: from arguments as the model wrote them to a result. Raises InvalidInput, ToolFailed."""
ENDING = frozenset({BuiltIn.TRANSFER_CALL})
"""When it succeeds, it is the end of the call."""
WORDLESS = frozenset({BuiltIn.DTMF_DIAL})
"""When it succeeds, there is nothing to say to it."""
KEYS = re.compile(r"[0-9A-D*#w]{1,32}", re.ASCII)


@dataclass(frozen=True)
class Reach:
    """What a session does for its functions."""

    post: Callable[[Event], None]
    """Takes the news that one is over."""
    remembered: Callable[[], None]
    """Is called when the transcript has its result."""
    switch_language: Callable[[str], None]
    """Has the session go on in another language. Raises ToolFailed."""
    hand_over: Callable[[str, str], Awaitable[None]]
    """Leaves word for the carrier that the caller shall be connected with a number once the session is over, and what
    is said there first. Raises ToolFailed."""
    sound: Callable[[bytes], None]
    """Has audio heard in the reply."""
    dial: Callable[[str], bool]
    """Presses keys beside it, and says whether it does."""
    search: Callable[[str], Awaitable[str]]
    """What the files of the agent say to a question. Raises ToolFailed."""


class Hands:
    """One session's functions. Starting and stopping never waits."""

    def __init__(
        self,
        plan: SessionPlan,
        leg: Leg,
        runner: ToolRunner,
        transcript: Transcript,
        box: Toolbox,
        policies: Mapping[str, ToolPolicy],
        reach: Reach,
    ) -> None:
        self._plan = plan
        self._leg = leg
        self._runner = runner
        self._transcript = transcript
        self._box = box
        self._policies = policies
        self._reach = reach
        self._built_in: Mapping[str, BuiltInTool] = {
            BuiltIn.END_CALL: _end_call,
            BuiltIn.SWITCH_LANGUAGE: self._switch_language,
            BuiltIn.TRANSFER_CALL: self._transfer_call,
            BuiltIn.DTMF_DIAL: self._dtmf_dial,
            SEARCH_KNOWLEDGE: self._search_knowledge,
        }
        self._offered = frozenset(offer.name for offer in box.offers)
        self._forms: dict[str, asyncio.Future[Mapping[str, Any] | None]] = {}
        """What the user has not answered yet, by call."""
        self._tasks: asyncio.TaskGroup | None = None
        self._running: dict[str, tuple[ToolCall, asyncio.Task[None]]] = {}

    def open(self, tasks: asyncio.TaskGroup) -> None:
        """Functions run in tasks of this group from now on; `close` before it is left."""
        self._tasks = tasks
        continued, loop = self._plan.continued, asyncio.get_running_loop()
        # The user of a session that is resumed sees his form, and may answer it before its function runs again.
        self._forms = {form.call_id: loop.create_future() for form in (continued.open_forms if continued else ())}

    def run(self, calls: Sequence[ToolCall]) -> None:
        """Run these; the transcript has them already."""
        assert self._tasks is not None, "functions are wanted only while the session runs"
        for place, call in enumerate(calls):
            self._running[call.call_id] = call, self._tasks.create_task(self._run(call, fits=place < MAX_AT_ONCE))

    def cancel(self, call_id: str, *, timed_out: bool) -> None:
        """Stop this one if it still runs; why is its result."""
        if call_id not in self._running:
            return
        call, task = self._running.pop(call_id)
        task.cancel()
        if call_id in self._forms:
            self._leg.send(OnFunctionEnded(call_id))
        waited_s = self._policies.get(call.name, ToolPolicy()).timeout_s
        self._remember(call_id, _failure(f"timed out after {waited_s:g} s" if timed_out else "the user interrupted"))

    def returned(self, call_id: str, values: Mapping[str, Any] | None) -> None:
        """The user is done with a form; None: it was closed. Whoever answers twice, or too late, is not heard."""
        waiting = self._forms.get(call_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(values)

    async def close(self) -> None:
        """The session is over: wait for those that change something, for as long as they may have; stop the rest."""
        for call_id, (call, _) in tuple(self._running.items()):
            policy = self._policies.get(call.name, ToolPolicy())
            if policy.asks_user or not policy.changes_something:
                self._stop(call_id)
        left = [task for _, task in self._running.values()]
        if left:
            await asyncio.wait(left, timeout=LAST_S)
        for call_id in tuple(self._running):
            self._stop(call_id)

    def _stop(self, call_id: str) -> None:
        _, task = self._running.pop(call_id)
        task.cancel()
        self._remember(call_id, CALL_ENDED)

    async def _run(self, call: ToolCall, *, fits: bool) -> None:
        done = ""
        try:
            if not fits:
                raise ToolFailed(f"only {MAX_AT_ONCE} functions run at once: call it again")
            result = await self._result_of(call)
            done = call.name
        except (InvalidInput, ToolFailed) as error:
            result = _failure(str(error))
        except Exception:
            log.exception("a function failed", extra={"session_id": self._plan.session_id})
            result = _failure("the function failed")
        # A runner may answer although it was stopped: then why it was stopped is the result.
        if self._running.pop(call.call_id, None) is not None:
            self._remember(call.call_id, result[:MAX_RESULT_CHARS])
            self._reach.post(ToolFinished(call.call_id, ends_call=done in ENDING, ends_reply=done in WORDLESS))

    async def _result_of(self, call: ToolCall) -> str:
        """Tell the client and run it. Raises InvalidInput, ToolFailed."""
        if call.name not in self._offered:
            raise ToolFailed("there is no such function")
        tool = self._box.tools.get(call.name)
        if tool is None:
            return await self._built_in[call.name](call.arguments)
        arguments = arguments_of(tool, call.arguments, self._plan.variables)
        if tool.is_web_form and self._plan.shows_forms:
            return await self._ask_user(call, tool, arguments)
        self._leg.send(OnFunction(call.name, arguments))
        plan, timeout_s = self._plan, self._policies[call.name].timeout_s
        request = ToolRequest(tool, arguments, plan.session_id, plan.metadata, plan.variables, timeout_s)
        return await self._runner.run(request)

    async def _ask_user(self, call: ToolCall, tool: Tool, known: Mapping[str, Any]) -> str:
        """Show the form and wait for it. Raises InvalidInput, ToolFailed."""
        waiting = self._forms.setdefault(call.call_id, asyncio.get_running_loop().create_future())
        try:
            form = web_form(tool, known, self._plan.variables)
            if not waiting.done():
                self._leg.send(OnFunction(call.name, known, call.call_id, form))
            values = await waiting
        finally:
            del self._forms[call.call_id]
        if values is None:
            raise ToolFailed("the user closed the form without sending it")
        return to_json(entered(tool, values))

    async def _switch_language(self, written: str) -> str:
        language = _argument(written, "language")
        if language not in self._plan.config.switch_language.languages:
            raise ToolFailed("that language is not one of those that are offered")
        self._reach.switch_language(language)
        return to_json({"language": language})

    async def _transfer_call(self, written: str) -> str:
        whispers = self._plan.config.flow.call_transfer.whisper
        given = _arguments(written, "destination", *([SUMMARY] if whispers else []))
        number = self._box.number_of(given["destination"])
        if number is None:
            raise ToolFailed("that destination is not one of those that are offered")
        why_not = obstacle(self._plan.voip)
        if why_not is not None:
            raise ToolFailed(f"this call cannot be transferred: {why_not}")
        await self._reach.hand_over(number, given.get(SUMMARY, ""))
        return to_json({"status": "the call is transferred"})

    async def _dtmf_dial(self, written: str) -> str:
        keys = _argument(written, "keys").replace(" ", "")
        if not KEYS.fullmatch(keys):
            raise ToolFailed(f"these are no keys. {KEYS_HINT}")
        sound = tones(keys, self._leg.sample_rate_hz)
        # Beside them nothing is heard for as long as the tones would be.
        self._reach.sound(bytes(len(sound)) if self._reach.dial(keys) else sound)
        return to_json({"status": "the keys are pressed"})

    async def _search_knowledge(self, written: str) -> str:
        return await self._reach.search(_argument(written, QUERY))

    def _remember(self, call_id: str, result: str) -> None:
        self._transcript.set_result(call_id, result)
        self._reach.remembered()


async def _end_call(written: str) -> str:
    """The conversation ends the call once the last words were heard."""
    return '{"status":"the call ends"}'


def _argument(written: str, name: str) -> str:
    """The only argument of a function of ours. Raises InvalidInput."""
    return _arguments(written, name)[name]


def _arguments(written: str, name: str, *optional: str) -> dict[str, str]:
    """The arguments of a function of ours; those that are not there are "". Raises InvalidInput."""
    params = (ToolParam(name=name, required=True), *(ToolParam(name=each) for each in optional))
    given = arguments_of(Tool(params=params), written, {})
    return {param.name: str(given.get(param.name, "")) for param in params}


def _failure(reason: str) -> str:
    """A failure as the model gets it."""
    return to_json({"error": reason})
