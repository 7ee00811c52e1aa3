"""What carriers ask and tell, over HTTP. A caller hears an apology where a program would get an error."""

import json
import logging

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from callauth.carrier_urls import PREFIX, What
from callauth.exchange import Stream
from callcore.errors import CallError, InvalidInput, NotAllowed, NotFound, Unauthenticated
from callcore.ids import AccountId, SessionId
from callcore.phones.phone import Carrier
from callcore.telephony.transfers import FAILURES, outcome
from carriers import ncco, twiml
from telephony_webhook.desk import Apology, Desk, Dial
from telephony_webhook.own_instructions import parameters_of
from telephony_webhook.requests import MAX_BODY_BYTES, CarrierRequest, news_of

SORRY = "We are sorry, this call cannot be taken right now. Please try again later."
logger = logging.getLogger(__name__)


def create_app(desk: Desk) -> Starlette:
    """The application over the desk."""

    async def take(request: Request) -> Response:
        try:
            carrier = Carrier(request.path_params["carrier"])
            what = What(request.path_params["what"])
            account_id, subject = AccountId(request.path_params["account_id"]), request.path_params["subject"]
            url = desk.exchange.urls.asked_at(carrier, what, account_id, subject, request.url.query)
            asked = CarrierRequest(carrier, url, request.url.query, await _body(request), dict(request.headers))
        except (ValueError, InvalidInput, ClientDisconnect):
            return Response(status_code=404)
        try:
            desk.exchange.urls.check(carrier, what, account_id, subject, request.query_params.get("s", ""))
            return await run_in_threadpool(_answer, desk, asked, what, account_id, subject)
        except Unauthenticated as error:
            logger.warning("a carrier's request was refused", extra={"error": type(error).__name__})
            return Response(status_code=403)
        except Exception as error:
            _log_failure(error)
            return _spoken(asked, what, error)

    async def instruct(request: Request) -> Response:
        try:
            carrier = Carrier(request.path_params["carrier"])
            body = await _body(request)
            asked = CarrierRequest(carrier, str(request.url), request.url.query, body, dict(request.headers))
            url, parameters = desk.exchange.urls.stream(carrier), parameters_of(asked)
        except (ValueError, ClientDisconnect):
            return Response(status_code=404)
        except InvalidInput as error:
            logger.info("a carrier's request could not be served", extra={"error": type(error).__name__})
            return _apology(carrier)
        return _document(carrier, twiml.stream(url, parameters), ncco.websocket(url, parameters))

    path = f"{PREFIX}/{{carrier}}/{{what}}/{{account_id}}/{{subject}}"
    own = Route(f"{PREFIX}/{{carrier}}/answer", instruct, methods=["POST"])
    return Starlette(routes=[Route(path, take, methods=["GET", "POST"]), own])


def _log_failure(error: Exception) -> None:
    expected = isinstance(error, CallError)
    logger.log(
        logging.INFO if expected else logging.ERROR,
        "a carrier's request could not be served",
        extra={"error": type(error).__name__},
        exc_info=None if expected else error,
    )


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise InvalidInput("the body is too large")
    return bytes(body)


def _answer(desk: Desk, asked: CarrierRequest, what: What, account_id: AccountId, subject: str) -> Response:
    match what:
        case What.ANSWER:
            return _stream(asked.carrier, desk.answer(asked, account_id, subject))
        case What.STATUS | What.MACHINE:
            desk.progress(asked, account_id, SessionId(subject))
            return Response(status_code=200)
        case What.NEXT:
            return _following(asked.carrier, desk.follow(asked, account_id, SessionId(subject)))
        case What.DIALLED:
            stream = desk.dialled(asked, account_id, SessionId(subject))
            return _stream(asked.carrier, stream) if stream is not None else _as_it_is(asked.carrier)
        case What.TAKEN:
            desk.taken(asked, account_id, SessionId(subject))
            return Response(status_code=200)
        case What.WHISPER:
            said = desk.whisper(asked, account_id, SessionId(subject))
            ours = twiml.whisper(said.text, said.language), ncco.whisper(said.text, said.language)
            return _document(asked.carrier, *ours)


def _following(carrier: Carrier, following: Apology | Dial | None) -> Response:
    match following:
        case Apology():
            return _apology(carrier)
        case Dial(number, caller, then, taken, whisper):
            ours = twiml.dial(number, caller, then, taken, whisper), ncco.dial(number, caller, then, whisper)
            return _document(carrier, *ours)
        case None:
            return _document(carrier, twiml.hang_up(), [])


def _as_it_is(carrier: Carrier) -> Response:
    """Twilio has asked what comes next: nothing. Vonage tells of every step: without an answer it goes on."""
    return _document(carrier, twiml.hang_up(), []) if carrier is Carrier.TWILIO else Response(status_code=200)


def _stream(carrier: Carrier, stream: Stream) -> Response:
    return _document(
        carrier,
        twiml.stream(stream.url, stream.parameters, stream.next_url),
        ncco.websocket(stream.url, stream.parameters, stream.next_url),
    )


def _apology(carrier: Carrier) -> Response:
    return _document(carrier, twiml.apologise(SORRY), ncco.apologise(SORRY))


def _spoken(asked: CarrierRequest, what: What, error: Exception) -> Response:
    """What a caller hears of an error; who tells us news gets a success, or would tell it again and again."""
    carrier = asked.carrier
    if what in (What.STATUS, What.MACHINE, What.TAKEN):
        return Response(status_code=200 if isinstance(error, CallError) else 500)
    if what is What.WHISPER:
        return _document(carrier, twiml.nothing(), [])
    if what is What.DIALLED and carrier is Carrier.VONAGE and not _is_refused(asked):
        return Response(status_code=200)
    if isinstance(error, NotFound | NotAllowed) and carrier is Carrier.TWILIO and what is What.ANSWER:
        return _document(carrier, twiml.reject(), [])
    return _apology(carrier)


def _is_refused(asked: CarrierRequest) -> bool:
    """Whether it tells that nobody takes the caller over: anything else must not change his call."""
    try:
        return outcome(asked.carrier, news_of(asked).dial_status) in FAILURES
    except InvalidInput:
        return False


def _document(carrier: Carrier, xml: str, actions: "list[ncco.Action]") -> Response:
    if carrier is Carrier.TWILIO:
        return Response(xml, media_type=twiml.CONTENT_TYPE)
    return Response(json.dumps(actions), media_type="application/json")
