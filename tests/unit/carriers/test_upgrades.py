"""The requests that open media sockets, against the carriers' own clients."""

import time
from base64 import b64encode
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator
from vonage_jwt import verify_signature

from callcore.phones.phone import Carrier
from callcore.telephony.ports import CarrierAccount
from carriers.twilio_signature import SIGNATURE_HEADER
from carriers.upgrade_checks import check_of
from carriers.upgrades import is_twilios, vonages_proof

ADDRESS = "wss://media.example.com/twilio"
ELSEWHERE = "wss://eu.example.com/twilio"
SECRET = "a secret of sixty-four characters or more, so that any hash will take it"
LABEL = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
ADDRESSES = st.builds(
    "wss://{}.{}{}/{}".format, LABEL, LABEL, st.sampled_from(["", ":443", ":80", ":8443"]), st.just("twilio")
)
TOKENS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def twilio(token: str = SECRET) -> CarrierAccount:
    return CarrierAccount(Carrier.TWILIO, "AC1", "key", "secret", signing_secret=token)


@given(ADDRESSES, TOKENS, st.sampled_from([HMAC_SHA1, HMAC_SHA256]))
def test_an_upgrade_that_twilio_signs_is_twilios(address: str, token: str, algorithm: str) -> None:
    check = check_of(twilio(token), [ELSEWHERE, address])
    assert check is not None
    signature = RequestValidator(token).compute_signature(address, {}, algorithm)
    assert is_twilios(check, {SIGNATURE_HEADER: signature})


@given(ADDRESSES, TOKENS, st.binary(min_size=20, max_size=32))
def test_a_signature_counts_when_twilios_own_client_takes_it(address: str, token: str, digest: bytes) -> None:
    check, theirs = check_of(twilio(token), [address]), RequestValidator(token)
    assert check is not None
    spelled = [theirs.compute_signature(one, {}) for one in (address, ELSEWHERE, address + "x", address + "?a=b")]
    for signature in (*spelled, b64encode(digest).decode()):
        assert is_twilios(check, {SIGNATURE_HEADER: signature}) == theirs.validate(address, {}, signature)


def test_the_token_is_not_in_what_workers_are_given() -> None:
    check = check_of(twilio(), [ADDRESS])
    assert check is not None
    assert SECRET not in "".join((check.secret, *check.signatures))
    assert not any(one in repr(check) for one in check.signatures)


@pytest.mark.parametrize("given_signature", [None, "", "é", "A" * 10_000])
def test_nonsense_is_not_twilios(given_signature: str | None) -> None:
    headers = {} if given_signature is None else {SIGNATURE_HEADER: given_signature}
    check = check_of(twilio(), [ADDRESS])
    assert check is not None
    assert not is_twilios(check, headers)


@pytest.mark.parametrize("carrier", [Carrier.TWILIO, Carrier.VONAGE])
def test_without_a_signing_secret_there_is_nothing_to_check(carrier: Carrier) -> None:
    assert check_of(CarrierAccount(carrier, "a", "k", "s"), [ADDRESS]) is None


def bearer(secret: str = SECRET, **changes: Any) -> dict[str, str]:
    claims = {"iat": int(time.time()), "jti": "once", "application_id": "app"} | changes
    return {"authorization": f"Bearer {jwt.encode(claims, secret, algorithm='HS256')}"}


def test_an_upgrade_that_vonage_signs_is_vonages_for_a_while() -> None:
    check = check_of(CarrierAccount(Carrier.VONAGE, "app", "k", "s", signing_secret=SECRET), [ADDRESS])
    assert check is not None
    headers, now = bearer(), time.time()
    assert verify_signature(headers["authorization"].removeprefix("Bearer "), SECRET)
    proof = vonages_proof(check, headers, now)
    assert proof is not None
    assert proof.token_id == "once"
    assert vonages_proof(check, headers, now + 400) is None
    assert vonages_proof(check, bearer(SECRET[::-1]), now) is None
    assert vonages_proof(check, {}, now) is None
