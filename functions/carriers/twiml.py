"""What Twilio is told to do with a call (telephony.md 1.3)."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

CONTENT_TYPE = "text/xml; charset=utf-8"
RING_S = 30
"""For how long the party that a call is transferred to is rung."""


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


def dial(number: str, caller: str | None, then: str) -> str:
    """Connect the caller with somebody else; when that is over, or failed, ask `then` what comes next."""
    response = Element("Response")
    attributes = {"timeout": str(RING_S), "answerOnBridge": "true", "action": then, "method": "POST"}
    if caller:
        attributes["callerId"] = caller
    dialled = SubElement(response, "Dial", attributes)
    SubElement(dialled, "Sip" if number.startswith("sip:") else "Number").text = number
    return _text(response)


def _text(response: Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + tostring(response, encoding="unicode")
