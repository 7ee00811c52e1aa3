"""A person made of flite, who says a text in the same way whatever was said before."""

import ctypes
from functools import cache

from media_worker.providers.local.flite_library import Flite

VOICE = "rms"
"""The clearest of flite's voices: the recogniser takes all that the tests say with it, with some room to spare."""


@cache
def _flite() -> Flite:
    return Flite()


@cache
def utter(text: str, voice: str = VOICE) -> bytes:
    """PCM of the text, 16 kHz."""
    # flite excites its statistical voices with libc's rand(), so a text never sounds the same twice, and what the
    # recogniser makes of a short word changes with it.
    ctypes.CDLL(None).srand(1)
    pieces: list[bytes] = []

    def keep(pcm: bytes) -> bool:
        pieces.append(pcm)
        return True

    _flite().speak(voice, text, keep)
    return b"".join(pieces)
