"""What Twilio is told to do with a call (telephony.md 1.3)."""

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

CONTENT_TYPE = "text/xml; charset=utf-8"
RING_S = 30
"""For how long the party that a call is transferred to is rung."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no document may hold, however it is written (XML 1.0, 2.2); language models write some of it."""


def stream(url: str, parameters: Mapping[str, str], then: str | None = None) -> str:
    """Connect the call with our media socket; when that is closed, ask `then` what comes next (None: hang up)."""
    response = Element("Response")
    connected = SubElement(SubElement(response, "Connect"), "Stream", url=url)
    for name, value in parameters.items():
        SubElement(connected, "Parameter", name=name, value=value)
    if then is None:
        SubElement(response, "Hangup")
    else:
        SubElement(response, "Redirect", method="POST").text = then
    return _text(response)


def hang_up() -> str:
    """End the call."""
    response = Element("Response")
    SubElement(response, "Hangup")
    return _text(response)


def nothing() -> str:
    """Go on with what there is."""
    return _text(Element("Response"))


def reject() -> str:
    """Do not take the call; it costs nothing."""
    response = Element("Response")
    SubElement(response, "Reject", reason="rejected")
    return _text(response)


def apologise(text: str) -> str:
    """Say that something is wrong, and end the call."""
    response = Element("Response")
    SubElement(response, "Say").text = text
    SubElement(response, "Hangup")
    return _text(response)


def whisper(text: str, language: str | None) -> str:
    """Say this to whoever takes a call over, before he hears the caller."""
    response = Element("Response")
    SubElement(response, "Say", {"language": language} if language else {}).text = text
    return _text(response)


def dial(number: str, caller: str, then: str, taken: str, whisper_url: str | None = None) -> str:
    """Connect the caller with somebody else; when that is over, or failed, ask `then` what comes next.

    `taken` is told when somebody takes the call, `whisper_url` asked what he hears first.
    """
    response = Element("Response")
    attributes = {"timeout": str(RING_S), "answerOnBridge": "true", "action": then, "method": "POST"}
    dialled = SubElement(response, "Dial", attributes | {"callerId": caller})
    told = {"statusCallback": taken, "statusCallbackEvent": "answered", "statusCallbackMethod": "POST"}
    asked = {} if whisper_url is None else {"url": whisper_url, "method": "POST"}
    SubElement(dialled, "Number", told | asked).text = number
    return _text(response)


def _text(response: Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + _NO_XML.sub("", tostring(response, encoding="unicode"))
