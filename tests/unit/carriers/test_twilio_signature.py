"""Twilio's signatures, against its own client."""

import hashlib
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import HMAC_SHA256, RequestValidator

from carriers.twilio_signature import SETTINGS_HEADER, SIGNATURE_HEADER, is_signed, signature

URL = "https://voice.example.com/telephony/twilio/voice?n=%2B1555"
SECRET = "0123456789abcdef"
FORM = [("CallSid", "CA1"), ("From", "+15550001111"), ("CallerName", ""), ("To", "+15550002222")]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.dictionaries(TEXT.filter(bool), TEXT, max_size=8))
def test_a_form_is_signed_as_twilio_signs_it(form: dict[str, str]) -> None:
    theirs = RequestValidator(SECRET)
    assert signature(URL, form.items(), SECRET) == theirs.compute_signature(URL, form)
    sha256 = theirs.compute_signature(URL, form, HMAC_SHA256)
    assert signature(URL, form.items(), SECRET, hashlib.sha256) == sha256
    shared_key = {SIGNATURE_HEADER: sha256, SETTINGS_HEADER: "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    assert is_signed(URL, form.items(), shared_key, SECRET)


class Repeated(dict[str, list[str]]):
    def getall(self, name: str) -> list[str]:
        return self[name]


@given(st.dictionaries(TEXT.filter(bool), st.lists(TEXT, min_size=1, max_size=3), max_size=5))
def test_fields_that_come_several_times_are_signed_as_twilio_signs_them(form: dict[str, list[str]]) -> None:
    fields = [(name, value) for name, values in form.items() for value in values]
    assert signature(URL, fields, SECRET) == RequestValidator(SECRET).compute_signature(URL, Repeated(form))


@pytest.mark.parametrize(
    "url",
    [
        "https://voice.example.com/telephony/twilio/voice",
        "https://voice.example.com:443/telephony/twilio/voice?a=b",
        "wss://media.example.com/twilio",
        "https://voice.example.com:8443/x",
    ],
)
@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256"])
def test_an_address_counts_with_and_without_its_port(url: str, algorithm: str) -> None:
    theirs = RequestValidator(SECRET)
    for signed in (url, url.replace(":443", ""), url.replace(".com/", ".com:443/"), url.replace(".com/", ".com:80/")):
        headers = {
            SIGNATURE_HEADER: theirs.compute_signature(signed, {}, algorithm),
            SETTINGS_HEADER: f"algorithm={algorithm}",
        }
        assert is_signed(url, (), headers, SECRET) == theirs.validate(url, {}, headers[SIGNATURE_HEADER], algorithm)


def test_blank_fields_are_signed() -> None:
    body = urlencode(FORM)
    headers = {SIGNATURE_HEADER: RequestValidator(SECRET).compute_signature(URL, dict(FORM))}
    assert is_signed(URL, parse_qsl(body, keep_blank_values=True), headers, SECRET)
    assert not is_signed(URL, parse_qsl(body), headers, SECRET)


@pytest.mark.parametrize(
    ("url", "form", "settings", "secret"),
    [
        (URL + "x", FORM, "", SECRET),
        (URL, [*FORM, ("Extra", "1")], "", SECRET),
        (URL, FORM[1:], "", SECRET),
        (URL, FORM, "algorithm=HMAC_SHA512", SECRET),
        (URL, FORM, "algorithm=HMAC_SHA256", SECRET),
        (URL, FORM, "", "another"),
        (URL, FORM, "", ""),
    ],
)
def test_anything_else_proves_nothing(url: str, form: list[tuple[str, str]], settings: str, secret: str) -> None:
    headers = {SIGNATURE_HEADER: signature(URL, FORM, SECRET), SETTINGS_HEADER: settings}
    assert not is_signed(url, form, headers, secret)


@pytest.mark.parametrize("given_signature", ["", "é", "x" * 10_000])
def test_nonsense_is_no_signature(given_signature: str) -> None:
    assert not is_signed(URL, FORM, {SIGNATURE_HEADER: given_signature}, SECRET)
