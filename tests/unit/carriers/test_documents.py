"""What the carriers are told, against their own clients' writers."""

from xml.etree.ElementTree import fromstring

import pytest
from twilio.twiml.voice_response import Connect, Dial, VoiceResponse
from vonage_voice.models import Connect as VonageConnect
from vonage_voice.models import Notify, Talk
from vonage_voice.models.connect_endpoints import OnAnswer, PhoneEndpoint, WebsocketEndpoint

from carriers import ncco, twiml

URL = "wss://media.example.com/twilio"
NEXT = "https://voice.example.com/telephony/twilio/continue?a=1&b=2"
TAKEN = "https://voice.example.com/telephony/twilio/taken?a=1"
AWKWARD = {"session_token": "a.b.c", "name": '<Ann & "Bob">'}


def test_a_stream_is_what_twilios_client_writes() -> None:
    connect = Connect()
    stream = connect.stream(url=URL)
    for name, value in AWKWARD.items():
        stream.parameter(name=name, value=value)
    theirs = VoiceResponse()
    theirs.append(connect)
    theirs.redirect(NEXT, method="POST")
    assert _plain(twiml.stream(URL, AWKWARD, NEXT)) == _plain(str(theirs))


@pytest.mark.parametrize("whisper", [None, "https://voice.example.com/whisper?s=1&t=2"])
def test_a_transfer_is_what_twilios_client_writes(whisper: str | None) -> None:
    dialled = Dial(timeout=30, answer_on_bridge=True, action=NEXT, method="POST", caller_id="+15550002222")
    told = {"status_callback": TAKEN, "status_callback_event": "answered", "status_callback_method": "POST"}
    dialled.number("+15550003333", **told, **({"url": whisper, "method": "POST"} if whisper else {}))
    theirs = VoiceResponse()
    theirs.append(dialled)
    assert _plain(twiml.dial("+15550003333", "+15550002222", NEXT, TAKEN, whisper)) == _plain(str(theirs))


def test_a_whisper_is_what_the_carriers_clients_write() -> None:
    theirs = VoiceResponse()
    theirs.say("Ann & Bob", language="en-US")
    assert _plain(twiml.whisper("Ann & Bob", "en-US")) == _plain(str(theirs))
    talk = Talk(text="Ann & Bob", language="en-US").model_dump(by_alias=True, exclude_none=True)
    assert ncco.whisper("Ann & Bob", "en-US") == [talk]


def test_the_short_answers_are_what_twilios_client_writes() -> None:
    rejected, sorry, over = VoiceResponse(), VoiceResponse(), VoiceResponse()
    rejected.reject(reason="rejected")
    sorry.say("We are sorry.")
    sorry.hangup()
    over.hangup()
    ours = (twiml.reject(), twiml.apologise("We are sorry."), twiml.hang_up())
    assert [_plain(one) for one in ours] == [_plain(str(one)) for one in (rejected, sorry, over)]


def _plain(xml: str) -> str:
    """The document in its canonical form (W3C Canonical XML 2.0)."""
    from xml.etree.ElementTree import canonicalize

    return canonicalize(xml, strip_text=True)


def test_a_websocket_is_what_vonages_client_writes() -> None:
    endpoint = WebsocketEndpoint.model_validate(
        {
            "uri": "wss://media.example.com/vonage",
            "contentType": "audio/l16;rate=16000",
            "headers": AWKWARD,
            "authorization": {"type": "vonage"},
        }
    )
    theirs = (
        VonageConnect(endpoint=[endpoint], from_="15550002222"),
        Notify(payload={}, eventUrl=[NEXT], eventMethod="POST"),
    )
    ours = ncco.websocket("wss://media.example.com/vonage", AWKWARD, NEXT, "+15550002222")
    assert ours == [one.model_dump(by_alias=True, exclude_none=True) for one in theirs]


@pytest.mark.parametrize("whisper", [None, "https://voice.example.com/whisper?s=1"])
def test_a_transfer_is_what_vonages_client_writes(whisper: str | None) -> None:
    endpoint = PhoneEndpoint(number="15550003333", onAnswer=OnAnswer(url=whisper) if whisper else None)
    theirs = VonageConnect(
        endpoint=[endpoint],
        from_="15550002222",
        timeout=30,
        eventType="synchronous",
        eventUrl=[NEXT],
        eventMethod="POST",
    )
    ours = ncco.dial("+15550003333", "+15550002222", NEXT, whisper)
    assert ours == [theirs.model_dump(by_alias=True, exclude_none=True)]


@pytest.mark.parametrize("odd", ["\x00", "\x0b", "\x19", "\x1f", "\ud83d", "\ufffe"])
def test_what_xml_cannot_carry_is_left_out_of_what_somebody_hears(odd: str) -> None:
    """A language model has written it: with it Twilio could not read the document, and the transfer would fail."""
    document = twiml.whisper(f"Ann can{odd}t \tpay\n😀 <now>", "en")
    assert fromstring(document.encode()).findtext("Say") == "Ann cant \tpay\n😀 <now>"
