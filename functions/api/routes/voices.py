"""Voices (protocol.md 7.5): a bare array, open to everybody because it says nothing about anybody."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.dependencies import PrivateAccount
from api.problems import AsciiJsonResponse
from callcore.voices import EMBEDDED_VOICES, Voice, speaks

router = APIRouter()


class LanguageFilter(BaseModel):
    """Two names of the same wish."""

    lang_code: str | None = None
    language: str | None = None


@router.get("/voices")
async def list_voices(wanted: Annotated[LanguageFilter, Query()]) -> AsciiJsonResponse:
    """Every voice that speaks the language; without one, every voice."""
    language = wanted.lang_code or wanted.language or ""
    return AsciiJsonResponse([_body(voice) for voice in EMBEDDED_VOICES if speaks(voice, language)])


@router.get("/voices/custom")
async def list_custom_voices(account: PrivateAccount) -> AsciiJsonResponse:
    """The account's own voices at a vendor: none, since no vendor's account is connected."""
    return AsciiJsonResponse([])


def _body(voice: Voice) -> dict[str, Any]:
    return {
        "name": voice.name,
        "provider": voice.provider,
        "voice_id": voice.voice_id,
        "preview_url": None,
        "language": voice.language,
        "category": voice.category,
    }
