"""What the agent does beside talking: which functions run, for which reply, and how long (conversation.md 8.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from callcore.tools.tool_call import ToolCall
from media_worker.conversation.board import Board
from media_worker.conversation.deadlines import Due
from media_worker.conversation.effects import (
    Announce,
    AwaitHeard,
    CancelTool,
    ContinueReply,
    FinishReply,
    RunTools,
    SayAside,
)
from media_worker.conversation.events import ToolFinished
from media_worker.conversation.floor import Floor
from media_worker.conversation.reply import Reply
from media_worker.conversation.tool_policy import ToolPolicy
from media_worker.conversation.tool_round import RoundSignal, RoundState

STILL_WORKING_S = 8.0
"""Who has waited so long for functions is told that they still run."""
MAX_STILL_WORKING = 2
"""Times in one round; after that only the result counts."""
UNKNOWN = ToolPolicy()
"""A function that nobody offered: the model is told so at once."""


@dataclass(frozen=True)
class Running:
    """A function that runs."""

    reply: Reply
    """The one that called it."""
    due: float
    policy: ToolPolicy


class Acting:
    """Owns the functions that run: those of the live reply, and those that outlive the reply that called them."""

    def __init__(self, board: Board, late_form: Callable[[str], None]) -> None:
        """`late_form` is called when the user is done with a form whose reply is over."""
        self._board = board
        self._late_form = late_form
        self._running: dict[str, Running] = {}
        self._announced = 0
        """How many messages were said: they take turns."""
        self._told = 0
        """How often the present round was said to be still running."""

    @property
    def busy(self) -> bool:
        """Something runs."""
        return bool(self._running)

    @property
    def asks_user(self) -> bool:
        """The user has a form to fill in."""
        return any(running.policy.asks_user for running in self._running.values())

    def called(self, reply: Reply, calls: tuple[ToolCall, ...], *, spoke: bool) -> None:
        """The model has ended its round with calls; `spoke`: it said something in it."""
        board = self._board
        policies = [self._policy(call) for call in calls]
        texts = self._announcement(policies, spoke=spoke)
        is_said = spoke or bool(texts)
        reply.tools.begin(
            calls,
            awaits_heard=is_said and any(policy.after_message for policy in policies),
            ends_call=any(policy.ends_call for policy in policies),
        )
        board.explain("calling: the model asks for functions")
        if texts:
            board.do(Announce(reply.turn_id, texts))
        if reply.tools.awaits_heard:
            board.do(AwaitHeard(reply.turn_id))
        self.go_on(reply)

    def heard(self, reply: Reply) -> None:
        """What the reply has said so far was heard."""
        reply.tools.awaits_heard = False
        self.go_on(reply)

    def go_on(self, reply: Reply) -> None:
        """Run what the reply has announced, unless it has to be heard first or the reply is held."""
        tools = reply.tools
        if tools.state is not RoundState.ANNOUNCING or tools.awaits_heard or self._board.floor is Floor.PAUSED:
            return
        tools.signal(RoundSignal.RUN)
        for call in tools.calls:
            policy = self._policy(call)
            due = self._board.now + policy.timeout_s
            reply.interruptible = reply.interruptible and not policy.uninterrupted
            self._running[call.call_id] = Running(reply, due, policy)
        self._board.do(RunTools(reply.turn_id, tools.calls))
        self._told = 0
        self._board.deadlines.arm(Due.STILL_WORKING, self._board.now + STILL_WORKING_S)
        if self.asks_user:
            reply.fill_due = None
            self._board.deadlines.disarm(Due.FILLER)
        self._arm()

    def finished(self, event: ToolFinished) -> bool:
        """A function has its result or its failure; whether anybody waited for it."""
        call_id = event.call_id
        running = self._running.pop(call_id, None)
        self._arm()
        if running is None:
            return False
        running.reply.tools.ends_call |= event.ends_call
        running.reply.tools.ends_reply &= event.ends_reply
        if running.reply.tools.state is RoundState.CALLING:
            self._settle(running.reply)
        elif running.policy.asks_user:
            self._late_form(call_id)
        else:
            return False
        return True

    def due(self) -> None:
        """Some have had their time."""
        overdue = {call_id: running for call_id, running in self._running.items() if running.due <= self._board.now}
        for call_id in overdue:
            del self._running[call_id]
            self._board.explain("a function took too long")
            self._board.do(CancelTool(call_id, timed_out=True))
        self._arm()
        replies = {running.reply.turn_id: running.reply for running in overdue.values()}
        for reply in replies.values():
            reply.tools.ends_reply = False
            if reply.tools.state is RoundState.CALLING:
                self._settle(reply)

    def still_working(self) -> None:
        """The user hears nothing for long: say that something is being done."""
        board = self._board
        running = [one for one in self._running.values() if not one.policy.asks_user]
        waiting = [one.reply for one in running if one.reply.live]
        if not waiting:
            return
        if board.floor is Floor.ANSWERING:
            fillers = board.policy.fillers or (board.policy.phrases.one_moment,)
            board.explain("filling: a function takes long")
            board.do(SayAside(waiting[0].turn_id, fillers[self._told % len(fillers)]))
            self._told += 1
        if self._told < MAX_STILL_WORKING:
            board.deadlines.arm(Due.STILL_WORKING, board.now + STILL_WORKING_S)

    def abandon(self, reply: Reply) -> None:
        """The reply is over: functions that only look something up are stopped, the others end as they may."""
        reply.tools.signal(RoundSignal.ABANDON)
        for call_id, running in tuple(self._running.items()):
            if running.reply is reply and not running.policy.changes_something:
                del self._running[call_id]
                self._board.do(CancelTool(call_id, timed_out=False))
        self._arm()

    def _settle(self, reply: Reply) -> None:
        """If every call of the round has its result: let the model go on, or the call end."""
        if any(running.reply is reply for running in self._running.values()):
            return
        tools = reply.tools
        tools.signal(RoundSignal.SETTLED)
        if tools.ends_call or tools.ends_reply:
            self._board.do(FinishReply(reply.turn_id))
        else:
            self._board.do(ContinueReply(reply.turn_id, may_call=tools.may_call_again))

    def _arm(self) -> None:
        deadlines = self._board.deadlines
        if self._running:
            deadlines.arm(Due.TOOL, min(running.due for running in self._running.values()))
        else:
            deadlines.disarm(Due.TOOL, Due.STILL_WORKING)

    def _policy(self, call: ToolCall) -> ToolPolicy:
        return self._board.policy.tools.get(call.name, UNKNOWN)

    def _announcement(self, policies: Sequence[ToolPolicy], *, spoke: bool) -> tuple[str, ...]:
        """What is said before the round: a text of each function that has some, none of them twice."""
        texts: list[str] = []
        for policy in policies:
            if policy.messages and (policy.verbatim or not (spoke or texts)):
                texts.append(policy.messages[self._announced % len(policy.messages)])
                self._announced += 1
        return tuple(dict.fromkeys(texts))
