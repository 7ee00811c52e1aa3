"""The voice's thread in the speech process."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from media_worker.providers.local import speech_process
from media_worker.providers.local.speech_frames import FrameKind
from media_worker.providers.local.speech_process import Mouth


class OddFlite:
    """Says its text as it is written, but cannot say every one; SystemExit ends its thread."""

    def __init__(self, directory: Path | None) -> None:
        pass

    def pronunciation(self, word: str) -> Sequence[str]:
        return ()

    def speak(self, voice: str, text: str, on_audio: Callable[[bytes], bool]) -> None:
        if text == "stop":
            raise SystemExit
        if text == "odd":
            raise AttributeError("no such voice")
        on_audio(text.encode())


def test_a_text_that_cannot_be_said_silences_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_process, "Flite", OddFlite)
    sent: list[tuple[FrameKind, int, bytes]] = []
    mouth = Mouth(None, lambda *frame: sent.append(frame))
    for channel, text in enumerate(("odd", "Hello", "stop"), 1):
        mouth.say(channel, "rms", text)
    with pytest.raises(SystemExit):
        mouth.run()
    failed, *spoken = sent
    assert failed[:2] == (FrameKind.FAILED, 1)
    assert json.loads(failed[2])["detail"] == "the voice failed: AttributeError"
    assert spoken == [(FrameKind.SOUND, 2, b"Hello"), (FrameKind.SPOKEN, 2, b"")]
