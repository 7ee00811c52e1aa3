"""Choosing a voice by its sound."""

import base64
import logging
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from callcore.errors import CallError, NotAllowed
from callcore.ids import SessionId
from callcore.voices import EMBEDDED_VOICES, Voice, catalogue_in, speaks
from callcore.wire.jobs import Say
from playground.agent_page import agent_of, config_page, review_page
from playground.fields import value_at, with_value
from playground.forms import Posted
from playground.views import PREFIX
from playground.visit import Visit, Visitor

router = APIRouter(prefix=PREFIX)
log = logging.getLogger(__name__)
SHOWN = 50
SENTENCES = {
    "de": "Guten Tag, wie kann ich Ihnen helfen?",
    "es": "Hola, ¿en qué puedo ayudarle?",
    "fr": "Bonjour, comment puis-je vous aider ?",
    "it": "Buongiorno, come posso aiutarla?",
    "nl": "Goedendag, hoe kan ik u helpen?",
    "pl": "Dzień dobry, w czym mogę pomóc?",
    "pt": "Olá, como posso ajudar?",
    "ja": "こんにちは、ご用件をどうぞ。",
    "zh": "您好，请问有什么可以帮您？",
}
"""By language; the others hear English."""
ENGLISH = "Hello, how can I help you today?"


@router.get("/agents/{agent_id}/configure/voices")
def list_voices(agent_id: str, visit: Visitor, q: str = "", provider: str = "", language: str = "") -> Response:
    """Those that fit what is asked for."""
    agent = agent_of(visit, agent_id)
    voices = _voices(visit)
    found = [
        voice
        for voice in voices
        if (not provider or voice.provider == provider)
        and speaks(voice, language)
        and q.casefold() in f"{voice.name} {voice.voice_id}".casefold()
    ]
    context = {
        "voices": [(voice, _say_path(voice, language)) for voice in found[:SHOWN]],
        "count": len(found),
        "providers": sorted({voice.provider for voice in voices}),
        "asked": {"q": q, "provider": provider, "language": language},
        "current": (value_at(agent.config, ("voice", "provider")), value_at(agent.config, ("voice", "voice_id"))),
    }
    return config_page(visit, agent, "agent_voices.html.j2", 200, form="voice", **context)


@router.post("/agents/{agent_id}/configure/voices")
def choose_voice(agent_id: str, visit: Visitor, form: Posted) -> Response:
    """What another voice would change. What was set for another provider is taken away with it."""
    agent = agent_of(visit, agent_id)
    config = dict(agent.config)
    if form.text("provider") != value_at(config, ("voice", "provider")):
        for key in ("model", "settings"):
            config = with_value(config, ("voice", key), None)
    config = with_value(config, ("voice", "provider"), form.text("provider") or None)
    config = with_value(config, ("voice", "voice_id"), form.text("voice_id") or None)
    return review_page(visit, agent, agent.name, config, "configure/voice")


@router.get("/voices/say")
def say(request: Request, visit: Visitor, provider: str, voice_id: str = "", language: str = "en") -> Response:
    """A sentence in that voice, as WAV; of a worker, for it costs a vendor's characters, and so is counted."""
    # A link or an image of another site shall not have anything said.
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise NotAllowed("voices are heard in the console's own pages")
    console = visit.console
    voice = {"provider": provider[:64], "voice_id": voice_id[:200] or None}
    sentence = SENTENCES.get(language.partition("-")[0].lower(), ENGLISH)
    command = Say(text=sentence, voice=voice, language=language[:40] or "en")
    console.trials.count(visit.account.account_id, console.clock.monotonic_s())
    try:
        done = console.workers.send(visit.account.account_id, SessionId(""), command)
    except CallError as error:
        log.warning("a voice was not heard", extra={"error": type(error).__name__})
        raise
    return Response(base64.b64decode(done.sound or ""), media_type="audio/wav")


def _voices(visit: Visit) -> list[Voice]:
    try:
        return [*EMBEDDED_VOICES, *catalogue_in(visit.console.records.blobs)]
    except (ValueError, TypeError):
        log.exception("the catalogue of voices cannot be read")
        return list(EMBEDDED_VOICES)


def _say_path(voice: Voice, language: str) -> str:
    spoken = language or ("en" if voice.language == "multi" else voice.language)
    return f"{PREFIX}/voices/say?" + urlencode(
        {"provider": voice.provider, "voice_id": voice.voice_id, "language": spoken}
    )
