"""A small Twilio: its REST API of 2010-04-01, its signed webhooks, and calls that follow the TwiML that they get.

What a callee does is a coroutine over his side of the media stream (tests/peers/carrier_call.py), or one of Twilio's
words for a call that nobody takes. Webhooks are signed by Twilio's own client.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import httpx2
from starlette.applications import Starlette
from starlette.authentication import AuthenticationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from tests.peers.asgi_server import serving
from tests.peers.carrier_call import CarrierCall, twilio_stream
from tests.peers.carrier_trouble import Asking, Trouble
from tests.peers.twilio_requests import problems

ACCOUNT, TOKEN = "AC" + "a" * 32, "an auth token of twilio's"
Callee = Callable[[CarrierCall], Awaitable[None]] | str
RING_S = 0.1


@dataclass
class PlacedCall:
    """One call, as Twilio's rows have it."""

    sid: str
    from_phone: str
    to_phone: str
    direction: str
    callee: Callee
    """What whoever is at the other end does."""
    callbacks: str = ""
    status: str = "queued"
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    said: list[str] = field(default_factory=list)
    """What the caller heard of TwiML's own voice."""
    heard_url: str = ""
    """Is told who has answered, if that is wanted."""
    dialled: list[str] = field(default_factory=list)
    whispered: list[str] = field(default_factory=list)
    """What they heard first who were called for him."""
    told: list[str] = field(default_factory=list)
    """The words of its progress that arrived."""
    sequence: int = 0
    document: str = ""
    """The first TwiML that it was given."""
    canceled: asyncio.Event = field(default_factory=asyncio.Event)
    stream: CarrierCall | None = None

    def row(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "account_sid": ACCOUNT,
            "to": self.to_phone,
            "from": self.from_phone,
            "status": self.status,
            "direction": self.direction,
            "date_created": format_datetime(self.created),
        }


class Twilio:
    """Made by `running_twilio`."""

    def __init__(self, numbers: Mapping[str, str]) -> None:
        self.numbers = {
            number: {"sid": sid, "phone_number": number, "voice_url": "https://old.example.com/voice"}
            for number, sid in numbers.items()
        }
        self.calls: dict[str, PlacedCall] = {}
        self.callee: Callee = "busy"
        self.callees: dict[str, Callee] = {}
        """Who is at these numbers; at all others `callee` is."""
        self.trouble = Trouble()
        self.ring_s = RING_S
        """How long it rings before anybody answers, or does not."""
        self.others: dict[str, str] = {}
        """What becomes of it when a caller is connected with these numbers; by default nobody answers."""
        self.wrong_requests: list[str] = []
        """What Twilio's own description of its API does not know of what it was asked."""
        self.url = ""
        self._ids = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._client = httpx2.AsyncClient(timeout=20, trust_env=False)
        at = f"/2010-04-01/Accounts/{ACCOUNT}"
        self.app = Starlette(
            routes=[
                Route(f"{at}/Calls.json", self._place, methods=["POST"]),
                Route(f"{at}/Calls.json", self._list_calls),
                Route(f"{at}/Calls/{{sid}}.json", self._change, methods=["POST"]),
                Route(f"{at}/IncomingPhoneNumbers.json", self._list_numbers),
                Route(f"{at}/IncomingPhoneNumbers/{{sid}}.json", self._set_number, methods=["POST"]),
            ],
            exception_handlers={AuthenticationError: _unauthorized},
        )

    # --- the REST API ---------------------------------------------------------------------------

    async def _form(self, request: Request, operation: str) -> dict[str, str]:
        """The fields of a request that Twilio's description of its API knows; any other is a wrong one of ours."""
        if httpx2.BasicAuth(ACCOUNT, TOKEN)._auth_header != request.headers.get("authorization"):
            raise AuthenticationError
        said = request.url.query if request.method == "GET" else (await request.body()).decode()
        fields = parse_qsl(said, keep_blank_values=True)
        self.wrong_requests += [f"{operation}: {problem}" for problem in problems(operation, fields)]
        return dict(fields)

    async def _place(self, request: Request) -> Response:
        form = await self._form(request, "CreateCall")
        if refused := self.trouble.refusal(form.get("To", "")):
            return _problem(refused, 21211)
        for name in ("To", "From", "Twiml"):
            if not form.get(name):
                return _problem(400, 21201)
        if form["From"] not in self.numbers:
            return _problem(400, 21210)
        call = self._new(form["From"], form["To"], "outbound-api", form.get("StatusCallback", ""))
        call.document = form["Twiml"]
        if form.get("MachineDetection"):
            assert form["AsyncAmd"] == "true", "otherwise nobody is heard before Twilio has made up its mind"
            call.heard_url = form["AsyncAmdStatusCallback"]
        self._start(self._ring(call, call.document))
        await self.trouble.keep_silent(request, form["To"])
        return JSONResponse(call.row(), 201)

    def _new(self, from_phone: str, to_phone: str, direction: str, callbacks: str) -> PlacedCall:
        call = PlacedCall(
            f"CA{next(self._ids):032x}", from_phone, to_phone, direction, self._callee(to_phone), callbacks
        )
        self.calls[call.sid] = call
        return call

    def _callee(self, number: str) -> Callee:
        return self.callees.get(number, self.callee)

    async def _list_calls(self, request: Request) -> Response:
        await self._form(request, "ListCall")
        wanted = request.query_params
        found = [
            call.row()
            for call in self.calls.values()
            if (call.to_phone, call.from_phone) == (wanted.get("To"), wanted.get("From"))
        ]
        return JSONResponse({"calls": found, "page_size": 20})

    async def _change(self, request: Request) -> Response:
        form = await self._form(request, "UpdateCall")
        call = self.calls.get(request.path_params["sid"])
        if call is None:
            return _problem(404, 20404)
        is_live = call.status in ("queued", "ringing", "in-progress")
        if not is_live or (form["Status"] == "canceled" and call.status == "in-progress"):
            return _problem(400, 21220)
        call.canceled.set()
        if call.stream is not None:
            self._start(call.stream.hang_up())
        return JSONResponse(call.row())

    async def _list_numbers(self, request: Request) -> Response:
        await self._form(request, "ListIncomingPhoneNumber")
        found = self.numbers.get(request.query_params.get("PhoneNumber", ""))
        return JSONResponse({"incoming_phone_numbers": [found] if found else []})

    async def _set_number(self, request: Request) -> Response:
        form = await self._form(request, "UpdateIncomingPhoneNumber")
        for number in self.numbers.values():
            if number["sid"] == request.path_params["sid"]:
                number["voice_url"] = form.get("VoiceUrl", number["voice_url"])
                return JSONResponse(number)
        return _problem(404, 20404)

    # --- calls ----------------------------------------------------------------------------------

    def call_in(
        self,
        from_phone: str,
        to_phone: str,
        caller: Callee = "silent",
        asking: Asking = Asking(),  # noqa: B008
    ) -> PlacedCall:
        """Somebody calls one of the numbers."""
        call = self._new(from_phone, to_phone, "inbound", "")
        call.callee = caller
        self._start(self._take(call, asking))
        return call

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, call: PlacedCall, asking: Asking) -> None:
        call.status = "ringing"
        for _ in range(asking.times):
            document = await self._ask(self.numbers[call.to_phone]["voice_url"], call)
        if asking.is_answered:
            await self._follow(call, document)
        call.status = "completed"

    async def _ring(self, call: PlacedCall, document: str) -> None:
        news = ["initiated", "ringing"]
        outcome = call.callee if isinstance(call.callee, str) else "in-progress"
        call.status = "ringing"
        await self._tell(call, self.trouble.mangle(news))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(call.canceled.wait(), self.ring_s)
            outcome = "canceled"
        if outcome == "in-progress":
            await self._tell(call, self.trouble.mangle(["in-progress"]))
            await self._follow(call, document)
            outcome = "completed"
        call.status = outcome
        await self._tell(call, self.trouble.mangle([outcome]))

    async def _tell(self, call: PlacedCall, words: list[str]) -> None:
        for word in words:
            call.sequence += 1
            fields = {
                "CallStatus": word,
                "SequenceNumber": str(call.sequence),
                "CallbackSource": "call-progress-events",
            }
            if late_s := self.trouble.late_s():
                self._start(self._tell_late(late_s, call, fields))
            else:
                await self._tell_now(call, fields)

    async def _tell_late(self, late_s: float, call: PlacedCall, fields: Mapping[str, str]) -> None:
        await asyncio.sleep(late_s)
        await self._tell_now(call, fields)

    async def _tell_now(self, call: PlacedCall, fields: Mapping[str, str]) -> None:
        with contextlib.suppress(httpx2.HTTPError):
            if (await self._post(call.callbacks, call, fields)).is_success:
                call.told.append(fields["CallStatus"])

    async def tell_of_answerer(self, call: PlacedCall, answered_by: str) -> httpx2.Response:
        """What its own detection says, as Twilio signs it."""
        fields = {"CallSid": call.sid, "AccountSid": ACCOUNT, "AnsweredBy": answered_by}
        fields["MachineDetectionDuration"] = "3000"
        signature = RequestValidator(TOKEN).compute_signature(call.heard_url, fields)
        return await self._client.post(call.heard_url, data=fields, headers={"X-Twilio-Signature": signature})

    def tell_again(self, call: PlacedCall, words: list[str]) -> None:
        """What was told long ago arrives once more."""
        self._start(self._tell(call, words))

    async def idle(self) -> None:
        """Wait until nobody talks, rings or is told of anything."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _ask(self, url: str, call: PlacedCall) -> str:
        return (await self._post(url, call, {"CallStatus": call.status})).text

    async def _post(self, url: str, call: PlacedCall, fields: Mapping[str, str]) -> httpx2.Response:
        form = {
            "CallSid": call.sid,
            "AccountSid": ACCOUNT,
            "From": call.from_phone,
            "To": call.to_phone,
            "Direction": call.direction,
            "ApiVersion": "2010-04-01",
            "CallerName": "",
            **fields,
        }
        signature = RequestValidator(TOKEN).compute_signature(url, form)
        return await self._client.post(url, data=form, headers={"X-Twilio-Signature": signature})

    async def _follow(self, call: PlacedCall, document: str) -> None:
        """Do what the TwiML says, verb after verb."""
        call.status = "in-progress"
        for verb in ElementTree.fromstring(document):
            match verb.tag:
                case "Connect":
                    await self._stream(call, verb[0])
                case "Say":
                    call.said.append(verb.text or "")
                case "Dial":
                    fields = await self._dial(call, verb)
                    reply = await self._post(verb.attrib["action"], call, {"CallStatus": call.status, **fields})
                    return await self._follow(call, reply.text)
                case "Redirect":
                    return await self._follow(call, await self._ask(verb.text or "", call))
                case "Hangup" | "Reject":
                    break
        call.status = "completed"

    async def _stream(self, call: PlacedCall, element: ElementTree.Element) -> None:
        parameters = {parameter.attrib["name"]: parameter.attrib["value"] for parameter in element}
        async with twilio_stream(element.attrib["url"], call.sid, parameters, self.signed) as stream:
            call.stream = stream
            if not isinstance(call.callee, str):
                await call.callee(stream)
                await stream.hang_up()

    def signed(self, url: str) -> dict[str, str]:
        """The headers of an upgrade."""
        return {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, {})}

    async def _dial(self, call: PlacedCall, verb: ElementTree.Element) -> dict[str, str]:
        """Ring somebody for the caller; what becomes of it."""
        number = verb[0].text or ""
        assert verb[0].tag == "Number"
        assert verb.attrib["callerId"] in self.numbers, "Twilio shows numbers of the account only (error 13214)"
        call.dialled.append(number)
        await asyncio.sleep(RING_S)
        word, leg = self.others.get(number, "no-answer"), {"DialCallSid": "CA" + "d" * 32}
        is_taken = word in ("completed", "hangs up")
        if is_taken:
            child = {"CallStatus": "in-progress", "ParentCallSid": call.sid}
            await self._post(verb[0].attrib["statusCallback"], call, child)
            if "url" in verb[0].attrib:
                said = ElementTree.fromstring((await self._post(verb[0].attrib["url"], call, child)).text)
                call.whispered += [one.text or "" for one in said if one.tag == "Say"]
        bridged = str(word == "completed").lower()
        return leg | {"DialCallStatus": "completed" if is_taken else word, "DialBridged": bridged}

    async def aclose(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()


def _problem(status: int, code: int) -> JSONResponse:
    return JSONResponse({"code": code, "message": "no", "more_info": "", "status": status}, status)


async def _unauthorized(request: Request, error: Exception) -> Response:
    return _problem(401, 20003)


@contextlib.asynccontextmanager
async def running_twilio(*numbers: str) -> AsyncIterator[Twilio]:
    """A Twilio whose account has these numbers, at `url`."""
    twilio = Twilio({number: f"PN{index:032x}" for index, number in enumerate(numbers)})
    async with serving(twilio.app) as address:
        twilio.url = f"http://{address}"
        try:
            yield twilio
            assert twilio.wrong_requests == []
        finally:
            await twilio.aclose()
