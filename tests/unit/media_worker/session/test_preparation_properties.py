"""Whatever the user says and when: nothing of a reply that is only prepared is heard, done or charged."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

import hypothesis.strategies as st
from hypothesis import given, settings

from callcore.calls.transcript import Transcript
from callcore.calls.usage import Unit
from callcore.jsontext import to_json
from callcore.wire import client as wire
from media_worker.conversation.words.basis import basis
from media_worker.ports import stt
from media_worker.ports.llm import CallTool, ReplyEvent, ReplyRequest, TextDelta
from media_worker.ports.stt import Final, TurnEnd, TurnEndLikely, TurnResumed
from media_worker.ports.tools import ToolRequest
from tests.unit.media_worker.session.prepared_call import Call, Model, fixed

WORDS = st.sampled_from(["book a table", "for four", "please", "no wait", "what are your opening hours", "okay"])
ACTS: st.SearchStrategy[float | str | stt.Transcript] = st.one_of(
    st.floats(0.05, 0.9),
    WORDS,
    st.builds(Final, WORDS),
    st.sampled_from([TurnEndLikely(), TurnResumed(), TurnEnd()]),
)
SAID, NOTED = "You said: ", " Noted"
NOTE = {"name": "note", "method": "POST", "params": [{"name": "said", "type": "string", "required": True}]}


class Quoting(Model):
    """Says what it was asked, and calls a function with it."""

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[Any]:
        self.asked.append(request.messages[-1]["content"])
        yield self._quote(request.messages[-1])

    async def _quote(self, asked: Any) -> AsyncIterator[ReplyEvent]:
        if asked["role"] == "tool":
            yield TextDelta("Noted.")
        else:
            yield TextDelta(f"{SAID}{asked['content']}")
            yield CallTool("note", to_json({"said": asked["content"]}))


class Notebook:
    """Where the function writes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    async def run(self, request: ToolRequest) -> str:
        self.notes.append(request.arguments["said"])
        return "noted"


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTS, max_size=14), st.sampled_from(["fixed", "adaptive", "provider"]))
def test_nothing_happens_before_the_turn_is_over(acts: list[float | str | stt.Transcript], mode: str) -> None:
    notebook = Notebook()
    config = fixed() | {"flow": {"endpointing": {"mode": mode}}, "tools": [NOTE]}
    call = Call(Quoting(), notebook, **config)
    revised = list[tuple[int, str]]()

    def revise(transcript: Transcript, text: str) -> None:
        revised.append((len(call.rig.leg.sent), text))
        revise_user(transcript, text)

    revise_user = Transcript.revise_user
    with patch.object(Transcript, "revise_user", revise):
        end = call.hold(*acts, 1.0)

    committed, noted = "", list[str]()
    for place, message in enumerate(call.rig.leg.sent):
        while revised and revised[0][0] <= place:
            committed = f"{committed} {revised.pop(0)[1]}"
        match message:
            case wire.OnTranscript(text, is_final=True):
                committed = f"{committed} {text}".strip()
            case wire.OnResponseText(text) if text.startswith(SAID):
                assert _was_said(text.removeprefix(SAID).split(NOTED)[0], committed)
            case wire.OnFunction(_, params):
                noted.append(params["said"])
                assert _was_said(params["said"], committed)
    assert notebook.notes == noted

    usage = call.usage()
    assert end.chars_used <= usage.get((Unit.TTS_CHARACTERS, False), 0)
    asked = sum(usage.get((Unit.LLM_REQUESTS, discarded), 0) for discarded in (True, False))
    assert asked == len(call.model.asked)


def _was_said(quoted: str, committed: str) -> bool:
    """Whether these are the last words of the finished turns; courtesies at the end do not count."""
    return basis(quoted, "en") in basis(committed, "en") or quoted in committed
