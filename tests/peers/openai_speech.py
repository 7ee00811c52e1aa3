"""OpenAI's `/v1/audio/speech`, with the rules of providers.md 4.2."""

import json

from tests.peers.voice_http import Answer, Asked, HttpPeer
from tests.peers.voices import KEY

RATE_HZ = 24_000
MAX_CHARACTERS = 4096
VOICES = frozenset({"alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse"})
FIELDS = frozenset({"model", "voice", "input", "response_format", "speed", "instructions", "stream_format"})


class OpenAiSpeechPeer(HttpPeer):
    """The server."""

    key = KEY

    def answer(self, asked: Asked) -> Answer:
        """Raw PCM without a header, or a refusal."""
        if asked.headers.get("authorization") != f"Bearer {self.key}":
            return refused(401, "invalid_api_key")
        if asked.method != "POST" or asked.target != "/v1/audio/speech":
            return refused(404, "not_found")
        wanted = asked.json
        if unknown := set(wanted) - FIELDS:
            return refused(400, "unknown_parameter", ", ".join(unknown))
        if not wanted.get("input") or len(wanted["input"]) > MAX_CHARACTERS:
            return refused(400, "string_above_max_length")
        if wanted.get("voice") not in VOICES:
            return refused(400, "invalid_voice")
        if wanted["model"].startswith("tts-1") and "instructions" in wanted:
            return refused(400, "unsupported_parameter")
        if not 0.25 <= wanted.get("speed", 1.0) <= 4.0:
            return refused(400, "invalid_speed")
        if wanted.get("response_format") != "pcm":
            return refused(400, "the test wants raw sound")
        return Answer(headers={"Content-Type": "audio/pcm"}, speaks=wanted["input"], rate_hz=RATE_HZ)


def refused(status: int, code: str, message: str = "") -> Answer:
    """In OpenAI's shape; the message may quote the key, as theirs does."""
    error = {"message": f"{code} {message} (key {KEY})", "type": "invalid_request_error", "param": None, "code": code}
    return Answer(status, {"Content-Type": "application/json"}, json.dumps({"error": error}).encode())
