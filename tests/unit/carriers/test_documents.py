"""What the carriers are told, against their own clients' writers."""

from twilio.twiml.voice_response import Connect, Dial, VoiceResponse
from vonage_voice.models import Connect as VonageConnect
from vonage_voice.models.connect_endpoints import WebsocketEndpoint

from carriers import ncco, twiml

URL = "wss://media.example.com/twilio"
NEXT = "https://voice.example.com/telephony/twilio/continue?a=1&b=2"
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


def test_a_transfer_is_what_twilios_client_writes() -> None:
    dialled = Dial(timeout=30, answer_on_bridge=True, action=NEXT, method="POST", caller_id="+15550002222")
    dialled.number("+15550003333")
    theirs = VoiceResponse()
    theirs.append(dialled)
    assert _plain(twiml.dial("+15550003333", "+15550002222", NEXT)) == _plain(str(theirs))


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
    theirs = VonageConnect(endpoint=[endpoint], from_="15550002222").model_dump(by_alias=True, exclude_none=True)
    (ours,) = ncco.websocket("wss://media.example.com/vonage", AWKWARD, "+15550002222")
    assert ours == theirs
