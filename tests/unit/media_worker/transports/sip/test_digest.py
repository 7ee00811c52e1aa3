"""Digest authentication; the responses are made by hand from RFC 7616, 3.4.1."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from media_worker.transports.sip.digest import Digest, Expected, Verdict

EXPECTED = Expected("ann", "correct-horse", "INVITE", "sip:desk@203.0.113.1", "192.0.2.7")
NOW = 1_800_000_000.0


def digest() -> Digest:
    return Digest("parley", b"k" * 32)


def nonce_of(made: Digest, now: float = NOW) -> str:
    (first, _) = made.challenges("192.0.2.7", now)
    return str(re.findall('nonce="([^"]*)"', first[1])[0])


def proof(
    nonce: str, hashed: Callable[..., Any] = hashlib.sha256, password: str = "correct-horse", **changes: str
) -> str:
    def h(*parts: str) -> str:
        return str(hashed(":".join(parts).encode()).hexdigest())

    given = {
        "username": "ann",
        "realm": "parley",
        "nonce": nonce,
        "uri": "sip:desk@203.0.113.1",
        "qop": "auth",
        "nc": "00000001",
        "cnonce": "c",
        "algorithm": "SHA-256" if hashed is hashlib.sha256 else "MD5",
    } | changes
    secret = h(given["username"], given["realm"], password)
    asked = h("INVITE", given["uri"])
    response = h(secret, given["nonce"], given["nc"], given["cnonce"], given["qop"], asked)
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in {**given, "response": response}.items())


def test_the_better_algorithm_is_offered_first() -> None:
    fields = digest().challenges("192.0.2.7", NOW)
    assert [name for name, _ in fields] == ["WWW-Authenticate"] * 2
    assert [value.rpartition("=")[2] for _, value in fields] == ["SHA-256", "MD5"]
    assert all('qop="auth"' in value for _, value in fields)


@pytest.mark.parametrize("hashed", [hashlib.sha256, hashlib.md5])
def test_who_knows_the_password_proves_it_once_a_count(hashed: Callable[..., Any]) -> None:
    made = digest()
    nonce = nonce_of(made)
    assert made.check([proof(nonce, hashed)], EXPECTED, NOW + 1) is Verdict.PROVED
    assert made.check([proof(nonce, hashed)], EXPECTED, NOW + 2) is Verdict.STALE
    assert made.check([proof(nonce, hashed, nc="00000002")], EXPECTED, NOW + 3) is Verdict.PROVED


@pytest.mark.parametrize(
    "changes",
    [
        {"password": "wrong"},
        {"username": "bob"},
        {"realm": "elsewhere"},
        {"uri": "sip:other@203.0.113.1"},
        {"qop": "auth-int"},
        {"nc": "1"},
        {"algorithm": "SHA-512"},
        {"nonce": "made up"},
    ],
)
def test_anything_else_proves_nothing(changes: dict[str, str]) -> None:
    made = digest()
    given: dict[str, Any] = {"nonce": nonce_of(made), **changes}
    assert made.check([proof(**given)], EXPECTED, NOW) is Verdict.NOTHING


def test_malformed_credentials_and_none_prove_nothing() -> None:
    made = digest()
    for fields in ([], ["Digest"], ["Basic YTpi"], ['Digest realm="parley"']):
        assert made.check(fields, EXPECTED, NOW) is Verdict.NOTHING


def test_a_nonce_is_good_for_a_minute_and_for_whom_it_was_made() -> None:
    made = digest()
    nonce = nonce_of(made)
    assert made.check([proof(nonce)], EXPECTED, NOW + 61) is Verdict.STALE
    assert made.check([proof(nonce)], replace(EXPECTED, source="192.0.2.8"), NOW) is Verdict.NOTHING
    assert Digest("parley", b"j" * 32).check([proof(nonce)], EXPECTED, NOW) is Verdict.NOTHING


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media_worker.transports.sip.digest.MAX_NONCES", 10)
    made = digest()
    for second in range(20):
        now = NOW + second
        assert made.check([proof(nonce_of(made, now))], EXPECTED, now) is Verdict.PROVED
    assert len(made._counts) == 10
