from dataclasses import replace

import pytest

from callauth.internal import SIGNATURE_HEADER, TIME_HEADER, WINDOW_S, InternalRequest, sign, verify
from callcore.errors import Unauthenticated

SECRET, OTHER = "a" * 64, "b" * 64
NOW = 1_800_000_000.25
REQUEST = InternalRequest("POST", "/internal/commands", b'{"type":"terminate"}')


@pytest.mark.parametrize("valid", [(SECRET,), (OTHER, SECRET), (SECRET, "")])
@pytest.mark.parametrize("later", [-WINDOW_S + 1, 0, WINDOW_S - 1])
def test_a_signed_request_is_believed_for_a_while(valid: tuple[str, ...], later: float) -> None:
    proof = verify(REQUEST, sign(REQUEST, SECRET, NOW), valid, NOW + later)
    # Its nonce is remembered until the time alone refuses it.
    assert proof.expires_at > NOW + WINDOW_S


def test_every_request_has_a_nonce_of_its_own() -> None:
    nonces = {verify(REQUEST, sign(REQUEST, SECRET, NOW), (SECRET,), NOW).nonce for _ in range(10)}
    assert len(nonces) == 10


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, method="GET"),
        replace(REQUEST, path="/internal/other"),
        replace(REQUEST, body=b'{"type":"terminate" }'),
    ],
)
def test_a_proof_is_for_one_request_only(other: InternalRequest) -> None:
    with pytest.raises(Unauthenticated):
        verify(other, sign(REQUEST, SECRET, NOW), (SECRET,), NOW)


@pytest.mark.parametrize("valid", [(), ("",), (OTHER,)])
def test_only_a_valid_secret_signs(valid: tuple[str, ...]) -> None:
    for secret in (SECRET, ""):
        with pytest.raises(Unauthenticated):
            verify(REQUEST, sign(REQUEST, secret, NOW), valid, NOW)


@pytest.mark.parametrize("later", [-WINDOW_S - 1, WINDOW_S + 1, 3600.0])
def test_an_old_request_and_one_of_the_future_are_refused(later: float) -> None:
    with pytest.raises(Unauthenticated, match="another time"):
        verify(REQUEST, sign(REQUEST, SECRET, NOW), (SECRET,), NOW + later)


@pytest.mark.parametrize("name", list(sign(REQUEST, SECRET, NOW)))
@pytest.mark.parametrize("value", ["", "x", "é", "1" * 32, "nan"])
def test_headers_that_are_missing_or_changed_prove_nothing(name: str, value: str) -> None:
    headers = sign(REQUEST, SECRET, NOW)
    with pytest.raises(Unauthenticated):
        verify(REQUEST, headers | {name: value}, (SECRET,), NOW)
    del headers[name]
    with pytest.raises(Unauthenticated):
        verify(REQUEST, headers, (SECRET,), NOW)


def test_the_time_cannot_be_moved() -> None:
    headers = sign(REQUEST, SECRET, NOW)
    later = sign(REQUEST, SECRET, NOW + 60)
    assert later[SIGNATURE_HEADER] != headers[SIGNATURE_HEADER]
    with pytest.raises(Unauthenticated):
        verify(REQUEST, headers | {TIME_HEADER: later[TIME_HEADER]}, (SECRET,), NOW + 60)
