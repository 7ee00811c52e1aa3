"""Twilio's description of its API finds what is wrong with a request, and nothing with ours."""

import pytest

from tests.peers.twilio_requests import OPERATIONS, problems

PLACED = {"To": "+15550001111", "From": "+15550002222", "Twiml": "<Response/>", "Timeout": "45"}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, None),
        ({"StatusCallback": "https://a.example/x?s=1", "MachineDetection": "Enable", "AsyncAmd": "true"}, None),
        ({"From": ""}, None),
        ({"Colour": "red"}, "Colour is no parameter of CreateCall"),
        ({"Timeout": "soon"}, "Timeout is no integer"),
        ({"To": "5550001111"}, "To is no endpoint"),
        ({"StatusCallback": "https://a_b.example/x"}, "StatusCallback is no uri"),
        ({"StatusCallbackMethod": "PUT"}, "StatusCallbackMethod is no http-method"),
        ({"Twiml": "<Response>"}, "Twiml is no twiml"),
        ({"Twiml": f"<Response>{'x' * 4000}</Response>"}, "Twiml is no twiml"),
        ({"ApplicationSid": "AP1"}, "ApplicationSid is no string"),
    ],
)
def test_a_request_for_a_call(fields: dict[str, str], problem: str | None) -> None:
    assert list(problems("CreateCall", (PLACED | fields).items())) == ([problem] if problem else [])


def test_what_is_required_and_what_stands_there_once() -> None:
    assert list(problems("CreateCall", [("To", "+15550001111"), ("To", "+15550001111")])) == [
        "From is missing",
        "To stands there twice",
    ]
    events = [("StatusCallbackEvent", "ringing"), ("StatusCallbackEvent", "answered")]
    assert list(problems("CreateCall", [*PLACED.items(), *events])) == []
    assert list(problems("UpdateCall", [("Status", "busy")])) == ["Status is no string"]
    assert list(problems("ListCall", [("StartTime>", "2026-11-20"), ("PageSize", "20")])) == []
    assert list(problems("ListCall", [("StartTime>", "soon"), ("PageSize", "2000")])) == [
        "StartTime> is no date-time",
        "PageSize is no integer",
    ]


def test_everything_that_we_ask_is_described() -> None:
    asked = {"CreateCall", "ListCall", "UpdateCall", "UpdateIncomingPhoneNumber", "ListIncomingPhoneNumber"}
    assert OPERATIONS.keys() - {"source"} == asked
