"""Sessions that go on from earlier ones, whole, in virtual time."""

import asyncio
from dataclasses import replace
from typing import Any

from callcore.ids import SessionId
from callcore.opening.continuation import Continued
from callcore.opening.plan import SessionPlan
from callcore.wire import client as wire
from media_worker.ports.leg import TypedText
from tests.unit.media_worker.session.play import Play, Workshop
from tests.unit.media_worker.session.rig import Rig, plan

GREETED = {"role": "assistant", "content": "Hello."}
ASKED = {"role": "user", "content": "when are you open"}
ANSWERED = {"role": "assistant", "content": "At nine."}


class Resumed(Play):
    """A session over another connection."""

    earlier: tuple[dict[str, Any], ...] = (GREETED, ASKED, ANSWERED)

    @classmethod
    def plan(cls, **config: Any) -> SessionPlan:
        return replace(
            plan(**config), continued=Continued(SessionId("s0"), cls.earlier, resumed=True), history=cls.earlier
        )


class Unanswered(Resumed):
    """The connection was lost before the answer."""

    earlier = (GREETED, ASKED)


async def asks(rig: Rig) -> None:
    await asyncio.sleep(3)
    rig.leg.give(TypedText("and on sundays"))
    await asyncio.sleep(5)
    rig.leg.hang_up()


def test_a_resumed_session_does_not_greet_again_and_knows_what_was_said() -> None:
    play = Resumed(Workshop(), asks, llm={"provider": "scripted", "replies": ["", "Closed."]})
    (ready,) = [sent for sent in play.rig.leg.sent if isinstance(sent, wire.OnReady)]
    assert ready.resumed
    assert [message["content"] for message in play.model.requests[0].messages] == [
        *("Hello.", "when are you open", "At nine.", "and on sundays"),
    ]
    assert play.chat[:3] == [GREETED, ASKED, ANSWERED]
    assert play.chat[-1]["content"] == "Closed."
    assert play.rig.methods()[:2] == ["OnReady", "OnTranscript"]


def test_what_was_not_answered_is_answered_first() -> None:
    play = Unanswered(Workshop(), asks, llm={"provider": "scripted", "replies": ["At nine.", "Closed."]})
    assert [message["content"] for message in play.chat] == [
        *("Hello.", "when are you open", "At nine.", "and on sundays", "Closed."),
    ]
