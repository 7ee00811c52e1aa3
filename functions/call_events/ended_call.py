"""The ended form of a call: decided here, from rows alone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from callcore.calls.after_call import AfterCall, after_call_entries
from callcore.calls.call import Call, CallStatus, Checkpoint, EndCode
from callcore.calls.privacy import storable
from callcore.tools.function_calls import function_calls_of
from callcore.wire.events import CallEnded
from callcore.workers.worker import is_stale


def ended(call: Call, event: CallEnded, checkpoint: Checkpoint | None) -> Call:
    """The call as its worker reports its end; the chat is that of the last checkpoint."""
    return storable(
        replace(
            call,
            status=event.status,
            duration_s=event.duration_s,
            chars_used=event.chars_used,
            usage=event.usage,
            cost_breakdown=event.cost_breakdown,
            chat=checkpoint.chat if checkpoint else (),
            function_calls=_function_calls(call, checkpoint),
            error_message=event.error_message,
            call_analysis=event.call_analysis,
            recording=event.recording,
            call_metrics=checkpoint.call_metrics if checkpoint else None,
        )
    )


def is_lost(call: Call, last_beat: float | None, now: float) -> bool:
    """Whether the call is in progress and nobody serves it.

    A call counts as a sign of life of its worker when it began, because a worker that has just started
    may not have beaten yet. `last_beat` and `now` are unix seconds.
    """
    last_sign = max(call.started_at, last_beat or 0.0)
    return call.status is CallStatus.IN_PROGRESS and is_stale(last_sign, now)


def lost(call: Call, checkpoint: Checkpoint | None) -> Call:
    """The call as its dead worker left it: it lasted, as far as anyone knows, until its last checkpoint."""
    return storable(
        replace(
            call,
            status=CallStatus.ERROR,
            duration_s=max(0, round(checkpoint.saved_at - call.started_at)) if checkpoint else 0,
            chars_used=checkpoint.chars_used if checkpoint else 0,
            chat=checkpoint.chat if checkpoint else (),
            function_calls=_function_calls(call, checkpoint),
            error_message=EndCode.WORKER_LOST,
            call_metrics=checkpoint.call_metrics if checkpoint else None,
        )
    )


def _function_calls(call: Call, checkpoint: Checkpoint | None) -> tuple[Mapping[str, Any], ...]:
    """Those of the conversation, and those that run now."""
    chat, wanted = (checkpoint.chat, checkpoint.after_call) if checkpoint else ((), ())
    runs = [AfterCall(str(run["name"]), run["params"]) for run in wanted]
    return (*function_calls_of(chat), *after_call_entries(call, runs))


def canceled(call: Call) -> Call:
    """A registered call that nobody started."""
    return storable(replace(call, status=CallStatus.CANCELED, duration_s=0, error_message=EndCode.NEVER_STARTED))
