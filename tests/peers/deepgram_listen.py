"""Deepgram's live transcription with nova models, `/v1/listen`: interim and final results, ends, what is left."""

from typing import Any

from tests.peers.deepgram_call import FINAL_DELAY_S, Hearing
from tests.peers.listener import Spoken

INTERIM_MS = 300


class Listen(Hearing):
    """One connection."""

    def __init__(self, *about: Any, answers_finalize: bool) -> None:
        super().__init__(*about)
        self._answers_finalize = answers_finalize
        endpointing = self.query.get("endpointing", "10")
        self._endpointing_ms = None if endpointing == "false" else int(endpointing)
        self._interim = self.query.get("interim_results") == "true"
        self._vad_events = self.query.get("vad_events") == "true"
        self._utterance_end_ms = int(self.query.get("utterance_end_ms", "0"))
        self._next_interim_ms = 0
        self._last_word_ms: int | None = None
        """End of the last word that was told; None: UtteranceEnd was said about it, or somebody speaks."""

    def control(self, kind: str) -> None:
        """A text message of this type came."""
        if kind == "Finalize":
            spoken = self.listener.take()
            if self._answers_finalize:
                self._results(spoken, is_final=True, from_finalize=True)
        elif kind == "CloseStream":
            self._close_stream()
        elif kind != "KeepAlive":
            self.say({"type": "Error", "variant": "SchemaError", "description": "unknown", "message": kind})

    def _close_stream(self) -> None:
        if (spoken := self.listener.take()) is not None:
            self._results(spoken, is_final=True)
        about = {"transaction_key": "deprecated", "request_id": "r1", "sha256": "00", "created": "2026-11-20T00:00:00Z"}
        self.say({"type": "Metadata", **about, "duration": self.listener.now_ms / 1000, "channels": 1})
        self.mouth.say(None, FINAL_DELAY_S)

    def window(self, *, is_speech: bool) -> None:
        """Another window of audio came."""
        listener = self.listener
        if listener.step(is_speech=is_speech):
            self._next_interim_ms = listener.now_ms + INTERIM_MS
            self._last_word_ms = None
            if self._vad_events:
                self.say({"type": "SpeechStarted", "channel": [0], "timestamp": listener.now_ms / 1000}, 0.0)
        if (spoken := listener.spoken) is not None:
            if self._interim and listener.now_ms >= self._next_interim_ms:
                self._next_interim_ms = listener.now_ms + INTERIM_MS
                self._results(spoken, is_final=False)
            if self._endpointing_ms is not None and listener.silent_ms >= self._endpointing_ms:
                self._results(listener.take(), is_final=True, speech_final=True)
        if self._utterance_end_ms and self._last_word_ms is not None:
            last_ms = self._last_word_ms
            if listener.now_ms - last_ms >= self._utterance_end_ms:
                self._last_word_ms = None
                self.say({"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": last_ms / 1000})

    # --- to the client --------------------------------------------------------------------------

    def _results(
        self, spoken: Spoken | None, *, is_final: bool, speech_final: bool = False, from_finalize: bool = False
    ) -> None:
        now_ms, start_ms = self.listener.now_ms, self.listener.now_ms
        words: list[tuple[str, float, float]] = []
        if spoken is not None:
            start_ms = spoken.start_ms
            words = spoken.words(None if is_final else now_ms - start_ms)
            self._last_word_ms = spoken.end_ms if is_final else self._last_word_ms
        alternative = {
            "transcript": " ".join(word for word, _, _ in words),
            "confidence": 0.98 if words else 0.0,
            "words": [
                {"word": word, "start": start, "end": end, "confidence": 0.98, "punctuated_word": word}
                for word, start, end in words
            ],
        }
        flags = {"is_final": is_final, "speech_final": speech_final, "from_finalize": from_finalize}
        span = {"start": start_ms / 1000, "duration": (now_ms - start_ms) / 1000}
        info = {"name": "general-nova-3", "version": "2026-10-01.0", "arch": "nova-3"}
        metadata = {"request_id": "r1", "model_uuid": "u1", "model_info": info}
        channel = {"channel_index": [0, 1], "channel": {"alternatives": [alternative]}}
        self.say({"type": "Results", **channel, **span, **flags, "metadata": metadata})
