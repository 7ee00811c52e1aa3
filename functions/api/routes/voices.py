"""Voices (protocol.md 7.5): a bare array, open to everybody because it says nothing about anybody."""

import logging
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.dependencies import AppDependencies, Dependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from callcore.voices import EMBEDDED_VOICES, Voice, catalogue_in, speaks

router = APIRouter()
log = logging.getLogger(__name__)


class LanguageFilter(BaseModel):
    """Two names of the same wish."""

    lang_code: str | None = None
    language: str | None = None


@router.get("/voices")
def list_voices(wanted: Annotated[LanguageFilter, Query()], stores: AppDependencies) -> AsciiJsonResponse:
    """Every voice that speaks the language; without one, every voice. The embedded ones come first."""
    voices = (*EMBEDDED_VOICES, *(voice for voice in _of_vendors(stores) if not voice.is_own))
    return _those_that_speak(wanted, voices)


@router.get("/voices/custom")
def list_custom_voices(
    account: PrivateAccount, wanted: Annotated[LanguageFilter, Query()], stores: AppDependencies
) -> AsciiJsonResponse:
    """The voices that the operator of this platform has made at its vendors."""
    return _those_that_speak(wanted, [voice for voice in _of_vendors(stores) if voice.is_own])


def _of_vendors(stores: Dependencies) -> tuple[Voice, ...]:
    """What the workers last found at the vendors that they may use."""
    try:
        return catalogue_in(stores.blobs)
    except (ValueError, TypeError):
        log.exception("the catalogue of voices cannot be read")
        return ()


def _those_that_speak(wanted: LanguageFilter, voices: Sequence[Voice]) -> AsciiJsonResponse:
    language = wanted.lang_code or wanted.language or ""
    return AsciiJsonResponse([_body(voice) for voice in voices if speaks(voice, language)])


def _body(voice: Voice) -> dict[str, Any]:
    return {
        "name": voice.name,
        "provider": voice.provider,
        "voice_id": voice.voice_id,
        "preview_url": voice.preview_url,
        "language": voice.language,
        "category": voice.category,
    }
