"""Deepgram's Flux, `/v2/listen`: turns, with their likely and their certain ends."""

from typing import Any

from tests.peers.deepgram_call import FINAL_DELAY_S, Hearing

UPDATE_MS = 250
EAGER_MS, END_MS = 160, 320
"""Of silence, until a turn is likely and certainly over."""


class Flux(Hearing):
    """One connection."""

    def __init__(self, *about: Any) -> None:
        super().__init__(*about)
        self._is_eager = "eager_eot_threshold" in self.query
        self._next_update_ms = 0
        self._turn_index = self._sequence_id = 0
        self._likely_over = False
        self._say("Connected", {})

    def control(self, kind: str) -> None:
        """A text message of this type came."""
        if kind == "ForceEndTurn":
            self._end("manual")
        elif kind == "CloseStream":
            self._end("manual")
            self.mouth.say(None, FINAL_DELAY_S)
        elif kind == "Configure":
            self._say("ConfigureSuccess", {})
        else:
            self._say("Error", {"code": "UNPARSABLE_CLIENT_MESSAGE", "description": "unknown"})
            self.mouth.say(None, FINAL_DELAY_S)

    def window(self, *, is_speech: bool) -> None:
        """Another window of audio came."""
        listener = self.listener
        if listener.step(is_speech=is_speech):
            self._next_update_ms = listener.now_ms + UPDATE_MS
            self._turn("StartOfTurn")
        elif self._likely_over and is_speech:
            self._likely_over = False
            self._turn("TurnResumed")
        if listener.spoken is None:
            return
        if listener.silent_ms >= END_MS:
            return self._end("model")
        if self._is_eager and not self._likely_over and listener.silent_ms >= EAGER_MS:
            self._likely_over = True
            self._turn("EagerEndOfTurn")
        if listener.now_ms >= self._next_update_ms:
            self._next_update_ms += UPDATE_MS
            self._turn("Update")

    def _end(self, trigger: str) -> None:
        if self.listener.spoken is not None:
            self._turn("EndOfTurn", trigger=trigger)
            self.listener.take()
            self._turn_index += 1
            self._likely_over = False

    def _turn(self, event: str, **more: str) -> None:
        listener, spoken = self.listener, self.listener.spoken
        assert spoken is not None
        is_over = event in ("EagerEndOfTurn", "EndOfTurn")
        words = spoken.words(None if is_over or listener.silent_ms else listener.now_ms - spoken.start_ms)
        self._say(
            "TurnInfo",
            {
                "event": event,
                "turn_index": self._turn_index,
                "audio_window_start": spoken.start_ms / 1000,
                "audio_window_end": listener.now_ms / 1000,
                "transcript": " ".join(word for word, _, _ in words),
                "words": [{"word": word, "confidence": 0.97, "start": start, "end": end} for word, start, end in words],
                "end_of_turn_confidence": 0.9 if is_over else 0.1,
                **more,
            },
        )

    def _say(self, kind: str, about: dict[str, Any]) -> None:
        self.say({"type": kind, "request_id": "r1", "sequence_id": self._sequence_id, **about})
        self._sequence_id += 1
