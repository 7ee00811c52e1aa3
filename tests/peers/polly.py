"""Amazon Polly's SynthesizeSpeech and DescribeVoices, with the rules of providers.md 4.5 and 10."""

import json
import re
from html import unescape
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.peers import bedrock
from tests.peers.voice_http import Answer, Asked, HttpPeer
from tests.peers.voices import words

ACCESS_KEY, SECRET_KEY, REGION = bedrock.KEY_ID, bedrock.SECRET, bedrock.REGION
RATES_HZ = (8000, 16_000)
ENGINES = ("standard", "neural", "long-form", "generative")
MAX_BILLED = 3000
_SIGNED = re.compile(r"Credential=([^/]+)/(\d{8})/([^/]+)/polly/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)")
VOICES = [
    {
        "Id": "Joanna",
        "Name": "Joanna",
        "Gender": "Female",
        "LanguageCode": "en-US",
        "LanguageName": "US English",
        "SupportedEngines": ["neural", "standard"],
    },
    {
        "Id": "Vicki",
        "Name": "Vicki",
        "Gender": "Female",
        "LanguageCode": "de-DE",
        "LanguageName": "German",
        "SupportedEngines": ["neural", "generative"],
    },
]


class PollyPeer(HttpPeer):
    """The service. It checks signatures."""

    def __init__(self, *, pace: float = 0.0) -> None:
        super().__init__(pace=pace)
        self.marked: list[str] = []
        """Texts whose words were timed."""

    @property
    def billed(self) -> int:
        """Both kinds of request."""
        return super().billed + sum(map(len, self.marked))

    def answer(self, asked: Asked) -> Answer:
        """Sound, marks, voices, or an exception."""
        if asked.method == "HEAD":
            return Answer(404)
        if not self._is_signed(asked):
            return exception("InvalidSignatureException", 403)
        path = urlsplit(asked.target).path
        if (asked.method, path) == ("GET", "/v1/voices"):
            return Answer(headers={"Content-Type": "application/json"}, body=json.dumps({"Voices": VOICES}).encode())
        if (asked.method, path) != ("POST", "/v1/speech"):
            return exception("UnknownOperationException", 404)
        return self._synthesised(asked)

    def _synthesised(self, asked: Asked) -> Answer:
        wanted = asked.json
        text = wanted["Text"]
        if wanted.get("TextType") == "ssml":
            text = unescape(re.sub(r"<[^>]*>", "", text))
        if len(text) > MAX_BILLED:
            return exception("TextLengthExceededException", 400)
        if wanted.get("Engine", "standard") not in ENGINES or not wanted.get("VoiceId"):
            return exception("ValidationException", 400)
        headers = {"x-amzn-RequestCharacters": str(len(text)), "x-amzn-RequestId": "1"}
        if wanted["OutputFormat"] == "json":
            return self._marks(wanted, text, headers)
        if wanted["OutputFormat"] != "pcm" or int(wanted.get("SampleRate", "16000")) not in RATES_HZ:
            return exception("InvalidSampleRateException", 400)
        rate_hz = int(wanted.get("SampleRate", "16000"))
        return Answer(headers={**headers, "Content-Type": "audio/pcm"}, speaks=text, rate_hz=rate_hz)

    def _marks(self, wanted: dict[str, str], text: str, headers: dict[str, str]) -> Answer:
        if wanted.get("Engine") == "generative":
            return exception("MarksNotSupportedForFormatException", 400)
        self.marked.append(text)
        lines, at = [], 0
        for word in words(text):
            at = text.index(word.text, at)
            bare = word.text.rstrip(".,;:!?")
            start = len(text[:at].encode())
            mark = {"time": int(word.start_ms), "type": "word", "start": start, "end": start + len(bare.encode())}
            lines.append(json.dumps({**mark, "value": bare}))
        body = "".join(f"{line}\n" for line in lines).encode()
        return Answer(headers={**headers, "Content-Type": "application/x-json-stream"}, body=body)

    def _is_signed(self, asked: Asked) -> bool:
        found = _SIGNED.search(asked.headers.get("authorization", ""))
        if found is None or found[1] != ACCESS_KEY:
            return False
        signed = {name: asked.headers[name] for name in found[4].split(";") if name in asked.headers}
        request = AWSRequest(asked.method, f"http://{asked.headers['host']}{asked.target}", signed, asked.body)
        request.context["timestamp"] = asked.headers["x-amz-date"]
        auth = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "polly", found[3])
        canonical = auth.canonical_request(request)
        return bool(auth.signature(auth.string_to_sign(request, canonical), request) == found[5])


def exception(name: str, status: int) -> Answer:
    """Told by its name; the message names what nobody else is to know."""
    body = json.dumps({"message": f"{name} for user {ACCESS_KEY}"}).encode()
    headers = {"x-amzn-ErrorType": f"{name}:http://internal.amazon.com/coral/", "Content-Type": "application/json"}
    return Answer(status, headers, body)
