"""The voices that an agent can be given (protocol.md 7.5)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """One entry of the list."""

    name: str
    provider: str
    voice_id: str
    language: str
    """A language tag (RFC 5646)."""
    category: str


EMBEDDED_VOICES: Sequence[Voice] = (
    Voice("RMS", "flite", "rms", "en-US", "embedded"),
    Voice("SLT", "flite", "slt", "en-US", "embedded"),
    Voice("AWB", "flite", "awb", "en-GB", "embedded"),
    Voice("KAL 16 kHz", "flite", "kal16", "en-US", "embedded"),
    Voice("KAL 8 kHz", "flite", "kal", "en-US", "embedded"),
)
"""Those of libflite, which every installation has."""

_ANY_LANGUAGE = frozenset({"", "multi"})


def speaks(voice: Voice, language: str) -> bool:
    """Whether the voice is one for this language tag; what is wanted without a region is spoken by every region."""
    wanted = language.strip().lower().replace("_", "-")
    spoken = voice.language.lower()
    return wanted in _ANY_LANGUAGE or spoken == wanted or spoken.partition("-")[0] == wanted
