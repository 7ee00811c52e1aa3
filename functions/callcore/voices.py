"""The voices that an agent can be given (protocol.md 7.5)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from callcore.errors import NotFound
from callcore.jsontext import to_json
from callcore.ports import BlobStore


@dataclass(frozen=True)
class Voice:
    """One entry of the list."""

    name: str
    provider: str
    voice_id: str
    language: str
    """A language tag (RFC 5646), or `multi`: it speaks every language of its vendor."""
    category: str
    preview_url: str | None = None
    """Where it can be heard."""
    is_own: bool = False
    """It is in the operator's account at the vendor and in no other."""


EMBEDDED_VOICES: Sequence[Voice] = (
    Voice("RMS", "flite", "rms", "en-US", "embedded"),
    Voice("SLT", "flite", "slt", "en-US", "embedded"),
    Voice("AWB", "flite", "awb", "en-GB", "embedded"),
    Voice("KAL 16 kHz", "flite", "kal16", "en-US", "embedded"),
    Voice("KAL 8 kHz", "flite", "kal", "en-US", "embedded"),
)
"""Those of libflite, which every installation has."""

CATALOGUE_KEY = "voices/catalogue.json"
"""The blob in which the workers, who know the vendors, leave the voices of those that they may use."""

_ANY_LANGUAGE = frozenset({"", "multi"})


def speaks(voice: Voice, language: str) -> bool:
    """Whether the voice is one for this language tag; what is wanted without a region is spoken by every region."""
    wanted = language.strip().lower().replace("_", "-")
    spoken = voice.language.lower()
    if wanted in _ANY_LANGUAGE or spoken in _ANY_LANGUAGE:
        return True
    return spoken == wanted or spoken.partition("-")[0] == wanted


def merged(static: Iterable[Voice], live: Iterable[Voice]) -> tuple[Voice, ...]:
    """What the vendor lists now, and behind it what is known of it otherwise; every voice once."""
    voices: dict[tuple[str, str], Voice] = {}
    for voice in (*live, *static):
        voices.setdefault((voice.provider, voice.voice_id), voice)
    return tuple(voices.values())


def catalogue_text(voices: Iterable[Voice]) -> bytes:
    """The content of the blob."""
    return to_json([asdict(voice) for voice in voices]).encode()


def read_catalogue(blobs: BlobStore) -> tuple[Voice, ...]:
    """What the workers last found at the vendors that they may use: of each of them at least one voice.

    Raises NotFound when none has looked yet, and as `parse_catalogue`.
    """
    blob = blobs.open(CATALOGUE_KEY)
    return parse_catalogue(b"".join(blob.chunks(0, blob.size_bytes)))


def catalogue_in(blobs: BlobStore) -> tuple[Voice, ...]:
    """The same; nothing when none has looked yet. Raises as `parse_catalogue`."""
    try:
        return read_catalogue(blobs)
    except NotFound:
        return ()


def parse_catalogue(text: bytes) -> tuple[Voice, ...]:
    """Its inverse. Raises ValueError, TypeError when it is of another version."""
    return tuple(Voice(**voice) for voice in json.loads(text))
