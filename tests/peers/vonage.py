"""A small Vonage: its Voice, Application and Numbers APIs, its signed webhooks, and calls that follow their NCCO.

What a callee does is a coroutine over his side of the media socket (tests/peers/carrier_call.py), or one of Vonage's
words for a call that nobody takes.
"""

import asyncio
import base64
import contextlib
import hashlib
import itertools
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from starlette.applications import Starlette
from starlette.authentication import AuthenticationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from vonage_voice.models import CreateCallRequest

from tests.peers.asgi_server import serving
from tests.peers.carrier_call import CarrierCall, vonage_socket
from tests.peers.carrier_trouble import Asking, Trouble
from tests.peers.twilio import Callee

API_KEY, API_SECRET = "a1b2c3d4", "an api secret of vonage's"
SIGNATURE_SECRET = "a signature secret of vonage's, which has sixty-four characters!!"
RING_S = 0.1


@dataclass
class VonageRow:
    """One call, as Vonage's rows have it."""

    uuid: str
    from_number: str
    to_number: str
    direction: str
    event_url: str
    status: str = "started"
    detection: Mapping[str, Any] = field(default_factory=dict)
    """How it listens for machines."""
    said: list[str] = field(default_factory=list)
    """What the caller heard of Vonage's own voice."""
    dialled: list[str] = field(default_factory=list)
    whispered: list[str] = field(default_factory=list)
    """What they heard first who were called for him."""
    stream: CarrierCall | None = None
    told: list[str] = field(default_factory=list)
    """The words of its progress that arrived."""
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def to_phone(self) -> str:
        """In E.164."""
        return f"+{self.to_number}"

    def row(self) -> dict[str, Any]:
        return {
            "uuid": self.uuid,
            "conversation_uuid": f"CON-{self.uuid}",
            "from": {"type": "phone", "number": self.from_number},
            "to": {"type": "phone", "number": self.to_number},
            "status": self.status,
            "direction": self.direction,
            "_links": {"self": {"href": f"/v1/calls/{self.uuid}"}},
        }


class Vonage:
    """Made by `running_vonage`. Numbers are written without their `+`."""

    def __init__(self, *numbers: str) -> None:
        self.numbers = {number: {"country": "US", "msisdn": number, "app_id": "old-app"} for number in numbers}
        self.applications: dict[str, dict[str, Any]] = {}
        self.calls: dict[str, VonageRow] = {}
        self.callee: Callee = "busy"
        self.callees: dict[str, Callee] = {}
        """Who is at these numbers; at all others `callee` is."""
        self.others: dict[str, str] = {}
        """What becomes of it when a caller is connected with these numbers; by default nobody answers."""
        self.trouble = Trouble()
        self.ring_s = RING_S
        """How long it rings before anybody answers, or does not."""
        self.now: Callable[[], float] = time.time
        """By whose clock its signatures are dated."""
        self.url = ""
        self._public_keys: dict[str, bytes] = {}
        self._ids = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._client = httpx2.AsyncClient(timeout=20, trust_env=False)
        self.app = Starlette(
            routes=[
                Route("/v1/calls", self._place, methods=["POST"]),
                Route("/v1/calls", self._list_calls),
                Route("/v1/calls/{uuid}", self._control, methods=["PUT"]),
                Route("/v2/applications", self._make_application, methods=["POST"]),
                Route("/account/numbers", self._list_numbers),
                Route("/number/update", self._update_number, methods=["POST"]),
            ],
            exception_handlers={AuthenticationError: _unauthorized},
        )

    # --- the APIs -------------------------------------------------------------------------------

    def _check_token(self, request: Request) -> None:
        """RS256, with the key of the application that it names."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            application = jwt.decode(token, options={"verify_signature": False})["application_id"]
            jwt.decode(token, self._public_keys[application], algorithms=["RS256"], options={"require": ["jti", "exp"]})
        except (jwt.InvalidTokenError, KeyError):
            raise AuthenticationError from None

    def _check_basic(self, request: Request) -> None:
        expected = base64.b64encode(f"{API_KEY}:{API_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            raise AuthenticationError

    async def _make_application(self, request: Request) -> Response:
        self._check_basic(request)
        return JSONResponse(self.add_application(await request.json()), 201)

    def add_application(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """An application with a key of its own, which only this reply holds."""
        key = generate_private_key(65537, 2048)
        application = f"aaaaaaaa-bbbb-cccc-dddd-{next(self._ids):012d}"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self._public_keys[application] = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.applications[application] = dict(body)
        return {"id": application, **body, "keys": {"private_key": private}}

    async def _list_numbers(self, request: Request) -> Response:
        self._check_basic(request)
        wanted = request.query_params.get("pattern", "")
        found = [number for msisdn, number in self.numbers.items() if wanted in msisdn]
        kinds = {"type": "mobile-lvn", "features": ["VOICE"]}
        return JSONResponse({"count": len(found), "numbers": [{**number, **kinds} for number in found]})

    async def _update_number(self, request: Request) -> Response:
        self._check_basic(request)
        form = dict(parse_qsl((await request.body()).decode()))
        number = self.numbers.get(form.get("msisdn", ""))
        if number is None or form.get("country") != number["country"]:
            return JSONResponse({"error-code": "420", "error-code-label": "method failed"}, 420)
        number["app_id"] = form.get("app_id", "")
        return JSONResponse({"error-code": "200", "error-code-label": "success"})

    async def _place(self, request: Request) -> Response:
        self._check_token(request)
        body = await request.json()
        # As Vonage's own client would send it; its names for parts of an NCCO are others (test_documents).
        ncco = [{"action": "talk", "text": "Hello."}]
        CreateCallRequest.model_validate({**body, "from_": body["from"], "ncco": ncco})
        from_number, to_number = body["from"]["number"], body["to"][0]["number"]
        if from_number not in self.numbers or to_number.startswith("+"):
            return JSONResponse({"type": "bad-number", "title": "Bad Request"}, 400)
        if refused := self.trouble.refusal(f"+{to_number}"):
            return JSONResponse({"type": "trouble", "title": "Not now"}, refused)
        call = self._new(from_number, to_number, "outbound", body["event_url"][0])
        call.detection = body.get("advanced_machine_detection", {})
        self._start(self._ring(call, body["ncco"], self.callees.get(to_number, self.callee)))
        await self.trouble.keep_silent(request, call.to_phone)
        return JSONResponse(call.row(), 201)

    async def _list_calls(self, request: Request) -> Response:
        self._check_token(request)
        rows = [call.row() for call in reversed(self.calls.values())]
        links = {"self": {"href": "/v1/calls"}}
        page = {"count": len(rows), "page_size": 20, "record_index": 0}
        return JSONResponse({**page, "_embedded": {"calls": rows}, "_links": links})

    async def _control(self, request: Request) -> Response:
        self._check_token(request)
        call = self.calls.get(request.path_params["uuid"])
        if call is None or call.status == "completed":
            return JSONResponse({"type": "not-found", "title": "Not Found"}, 404)
        if (await request.json())["action"] == "hangup":
            call.hung_up.set()
            if call.stream is not None:
                self._start(call.stream.hang_up())
        return Response(status_code=204)

    def _new(self, from_number: str, to_number: str, direction: str, event_url: str) -> VonageRow:
        uuid = f"00000000-0000-0000-0000-{next(self._ids):012d}"
        self.calls[uuid] = call = VonageRow(uuid, from_number, to_number, direction, event_url)
        return call

    # --- calls ----------------------------------------------------------------------------------

    def call_in(
        self,
        from_number: str,
        to_number: str,
        caller: Callee,
        asking: Asking = Asking(),  # noqa: B008
    ) -> VonageRow:
        """Somebody calls one of the numbers."""
        webhooks = self.applications[self.numbers[to_number]["app_id"]]["capabilities"]["voice"]["webhooks"]
        call = self._new(from_number, to_number, "inbound", webhooks["event_url"]["address"])
        self._start(self._take(call, webhooks["answer_url"]["address"], caller, asking))
        return call

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, call: VonageRow, answer_url: str, caller: Callee, asking: Asking) -> None:
        call.status = "ringing"
        fields = {"from": call.from_number, "to": call.to_number, "uuid": call.uuid, "region_url": self.url}
        for _ in range(asking.times):
            reply = await self._post(answer_url, fields)
        if asking.is_answered:
            await self._follow(call, reply.json(), caller)
        call.status = "completed"

    async def _ring(self, call: VonageRow, ncco: list[Any], callee: Callee) -> None:
        await self._tell(call, ["started", "ringing"])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(call.hung_up.wait(), self.ring_s)
            return await self._tell(call, ["cancelled"])
        if isinstance(callee, str):
            return await self._tell(call, [callee])
        await self._tell(call, ["answered"])
        await self._follow(call, ncco, callee)
        await self._tell(call, ["completed"])

    async def _tell(self, call: VonageRow, words: list[str]) -> None:
        call.status = words[-1]
        for word in self.trouble.mangle(words):
            fields = {"uuid": call.uuid, "status": word, "from": call.from_number, "to": call.to_number}
            if late_s := self.trouble.late_s():
                self._start(self._tell_late(late_s, call, fields))
            else:
                await self._tell_now(call, fields)

    async def _tell_late(self, late_s: float, call: VonageRow, fields: Mapping[str, str]) -> None:
        await asyncio.sleep(late_s)
        await self._tell_now(call, fields)

    async def _tell_now(self, call: VonageRow, fields: Mapping[str, str]) -> None:
        with contextlib.suppress(httpx2.HTTPError):
            if (await self._post(call.event_url, fields)).is_success:
                call.told.append(fields["status"])

    def tell_again(self, call: VonageRow, words: list[str]) -> None:
        """What was told long ago arrives once more."""
        self._start(self._tell(call, words))

    async def idle(self) -> None:
        """Wait until nobody talks, rings or is told of anything."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _post(self, url: str, fields: Mapping[str, Any]) -> httpx2.Response:
        body = json.dumps(fields).encode()
        headers = {"Authorization": bearer(SIGNATURE_SECRET, f"jti-{next(self._ids)}", body, self.now())}
        headers["Content-Type"] = "application/json"
        return await self._client.post(url, content=body, headers=headers)

    def signed(self, url: str) -> dict[str, str]:
        """The headers of an upgrade, for `authorization: {"type": "vonage"}` of an NCCO."""
        return {"Authorization": bearer(SIGNATURE_SECRET, f"jti-{next(self._ids)}", b"", self.now())}

    async def _follow(self, call: VonageRow, ncco: list[Any], other: Callee) -> None:
        """Do what the NCCO says, action after action; an answer with another one replaces the rest."""
        call.status, waiting = "answered", deque(ncco)
        while waiting:
            action, instead = waiting.popleft(), None
            match action["action"], action.get("endpoint", [{}])[0].get("type"):
                case "connect", "websocket":
                    await self._stream(call, action["endpoint"][0], other)
                case "connect", "phone":
                    instead = await self._dial(call, action)
                case "notify", _:
                    instead = await self._told(action, {"uuid": call.uuid, "payload": action["payload"]})
                case "talk", _:
                    call.said.append(action["text"])
            waiting = deque(instead) if instead is not None else waiting
        call.status = "completed"

    async def _stream(self, call: VonageRow, endpoint: Mapping[str, Any], other: Callee) -> None:
        assert endpoint["content-type"] == "audio/l16;rate=16000"
        assert endpoint["authorization"] == {"type": "vonage"}
        if isinstance(other, str):
            return
        async with vonage_socket(endpoint["uri"], endpoint["headers"], self.signed) as stream:
            call.stream = stream
            await other(stream)
            await stream.hang_up()

    async def _dial(self, call: VonageRow, action: Mapping[str, Any]) -> list[Any] | None:
        """Ring somebody for the caller and tell how it goes; what is to be done instead of the rest, if anything."""
        assert action["eventType"] == "synchronous"
        assert action["from"] in self.numbers, "another number is not shown (NCCO reference, connect)"
        endpoint = action["endpoint"][0]
        outcome = self.others.get(endpoint["number"], "unanswered")
        call.dialled.append(endpoint["number"])
        for word in ["started", "ringing", *(["answered", "completed"] if outcome == "completed" else [outcome])]:
            if word == "answered" and "onAnswer" in endpoint:
                said = (await self._client.get(endpoint["onAnswer"]["url"], headers=self.signed(""))).json()
                call.whispered += [one["text"] for one in said]
            leg = {"uuid": f"leg-{call.uuid}", "to": endpoint["number"], "from": action["from"], "status": word}
            instead = await self._told(action, leg)
            if instead is not None:
                return instead
        return None

    async def tell_of_answerer(self, call: VonageRow, status: str, sub_state: str = "") -> httpx2.Response:
        """What its own detection says: its events have `call_uuid`."""
        more = {"sub_state": sub_state} if sub_state else {}
        return await self._post(call.event_url, {"call_uuid": call.uuid, "status": status, **more})

    async def _told(self, action: Mapping[str, Any], fields: Mapping[str, Any]) -> list[Any] | None:
        reply = await self._post(action["eventUrl"][0], fields)
        instead: list[Any] | None = reply.json() if reply.content else None
        return instead

    async def aclose(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()


def bearer(secret: str, token_id: str, body: bytes, now: float) -> str:
    """What proves a request of Vonage's."""
    claims = {"iat": int(now), "jti": token_id, "iss": "Vonage", "api_key": API_KEY}
    proof = {"payload_hash": hashlib.sha256(body).hexdigest()} if body else {}
    return f"Bearer {jwt.encode(claims | proof, secret, algorithm='HS256')}"


async def _unauthorized(request: Request, error: Exception) -> Response:
    return JSONResponse({"type": "unauthorized", "title": "Unauthorized"}, 401)


@contextlib.asynccontextmanager
async def running_vonage(*numbers: str) -> AsyncIterator[Vonage]:
    """A Vonage whose account has these numbers, at `url`."""
    vonage = Vonage(*numbers)
    async with serving(vonage.app) as address:
        vonage.url = f"http://{address}"
        try:
            yield vonage
        finally:
            await vonage.aclose()
