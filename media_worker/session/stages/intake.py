"""Takes what the leg brings: sound goes to the ear, what the user types or presses to the conversation."""

from collections.abc import Callable

from callcore.errors import RemoteProtocolError
from callcore.wire.client import AiAction
from media_worker.conversation import events as did
from media_worker.media.playout import BYTES_PER_SAMPLE
from media_worker.ports.leg import (
    ConnectionBack,
    ConnectionLost,
    FormReturned,
    KeyPressed,
    Leg,
    LegEvent,
    PlaybackLate,
    PutOnHold,
    TakenOffHold,
    TypedText,
    VoiceWanted,
)
from media_worker.session.clock import WorkerClock
from media_worker.session.stages.audio_allowance import AudioAllowance
from media_worker.session.stages.ear import Ear
from media_worker.session.stages.hands import Hands
from media_worker.session.stages.input_allowance import InputAllowance
from media_worker.session.stages.microphone import Microphone
from media_worker.session.stages.mouth import Mouth
from media_worker.session.stages.recognition import Recognition


class Intake:
    """One session's. `run` it in a task; `tick` is the media loop's and never waits."""

    def __init__(
        self,
        leg: Leg,
        ear: Ear,
        recognition: Recognition,
        mouth: Mouth,
        hands: Hands,
        clock: WorkerClock,
        *,
        post: Callable[[did.Event | did.TransportEvent], None],
    ) -> None:
        """`post` takes what the user and the connection did."""
        self._leg = leg
        self._ear = ear
        self._mouth = mouth
        self._hands = hands
        self._clock = clock
        self._post = post
        self._microphone = Microphone(recognition.listen, recognition.let_go, post)
        self._sound = AudioAllowance(leg.sample_rate_hz * BYTES_PER_SAMPLE)
        self._typing = InputAllowance()
        self._began_at = clock.monotonic_s()

    async def run(self) -> None:
        """Take all of it. Raises TransportClosed when nothing follows, RemoteProtocolError when the peer broke it."""
        self._began_at = self._clock.monotonic_s()
        while True:
            received = await self._leg.receive()
            self._take(received, self._clock.monotonic_s())

    def tick(self, now: float) -> None:
        """Nothing may have come for a while."""
        self._ear.fill_gap(now, agent_audible=self._mouth.audible)
        self._microphone.look(now)

    def _take(self, received: bytes | LegEvent, now: float) -> None:
        match received:
            case bytes():
                if not self._sound.covers(len(received), now - self._began_at):
                    raise RemoteProtocolError("audio comes much faster than real time")
                self._microphone.heard(now)
                self._ear.push(received, now, agent_audible=self._mouth.audible)
            case TypedText() | KeyPressed():
                self._take_typed(received, now)
            case VoiceWanted(on):
                self._mouth.be_heard(on)
            case FormReturned(call_id, values):
                self._hands.returned(call_id, values)
            case PlaybackLate(seconds):
                self._mouth.late(seconds)
            case _:
                self._take_news(received)

    def _take_news(self, event: ConnectionLost | ConnectionBack | PutOnHold | TakenOffHold) -> None:
        match event:
            case ConnectionLost():
                self._post(did.TransportLost())
            case ConnectionBack():
                self._post(did.TransportBack())
            case PutOnHold():
                self._post(did.PutOnHold())
            case TakenOffHold():
                self._post(did.TakenOffHold())

    def _take_typed(self, event: TypedText | KeyPressed, now: float) -> None:
        if not self._typing.covers(now - self._began_at):
            return self._leg.send(AiAction("what was typed was not taken: it comes faster than anybody types"))
        match event:
            case TypedText(text):
                self._microphone.typed(now)
                self._post(did.UserTyped(text))
            case KeyPressed(key):
                self._post(did.KeyPressed(key))
