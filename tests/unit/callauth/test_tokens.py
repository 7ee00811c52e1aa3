import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callauth.tokens import (
    CLOCK_SKEW_S,
    MAX_LIFETIME_S,
    MAX_TOKEN_CHARS,
    SignedMetadata,
    TokenUse,
    new_embed_secret,
    sign,
    verify,
)
from callcore.errors import CallError, NotAllowed, Unauthenticated
from callcore.ids import AccountId, AgentId

SECRET = "0123456789abcdef0123456789abcdef"
NOW = 1_800_000_000.0
USE = TokenUse(AccountId("acc_ann"), AgentId("-Agent"), "https://shop.example", NOW)
CLAIMS = SignedMetadata({"userName": "Ann", "vip": True}, AgentId("-Agent"), NOW + 300)


class MemoryUsedTokens:
    """UsedTokens that remembers what it was asked."""

    def __init__(self) -> None:
        self.used: dict[tuple[AccountId, str], float] = {}

    def use_once(self, account_id: AccountId, jti: str, expires_at: float) -> bool:
        if (account_id, jti) in self.used:
            return False
        self.used[account_id, jti] = expires_at
        return True


def check(token: str, use: TokenUse = USE, used: MemoryUsedTokens | None = None) -> SignedMetadata:
    return verify(token, SECRET, use, used or MemoryUsedTokens())


def test_claims_come_back_as_they_were_signed() -> None:
    full = replace(CLAIMS, origin="https://shop.example", token_id="t-1", not_before=NOW)
    assert check(sign(full, SECRET)) == full
    assert check(sign(CLAIMS, SECRET)) == CLAIMS


def test_a_token_with_an_id_works_once_and_is_remembered_until_it_is_worthless() -> None:
    used = MemoryUsedTokens()
    token = sign(replace(CLAIMS, token_id="t-1"), SECRET)
    check(token, used=used)
    with pytest.raises(NotAllowed, match="used already"):
        check(token, used=used)
    assert used.used == {(USE.account_id, "t-1"): CLAIMS.expires_at + CLOCK_SKEW_S}


def test_a_refused_token_is_not_used_up() -> None:
    used = MemoryUsedTokens()
    token = sign(replace(CLAIMS, token_id="t-1"), SECRET)
    with pytest.raises(NotAllowed):
        check(token, replace(USE, agent_id=AgentId("-Other")), used)
    assert used.used == {}


@pytest.mark.parametrize(
    ("change", "expected", "words"),
    [
        ({"expires_at": NOW - CLOCK_SKEW_S}, Unauthenticated, "expired"),
        ({"expires_at": NOW + MAX_LIFETIME_S + CLOCK_SKEW_S + 1}, Unauthenticated, "lives longer"),
        ({"not_before": NOW + CLOCK_SKEW_S + 1}, Unauthenticated, "not valid yet"),
        ({"agent_id": AgentId("-Other")}, NotAllowed, "another agent"),
        ({"origin": "https://evil.example"}, NotAllowed, "another origin"),
    ],
)
def test_a_token_for_another_time_or_place(change: Mapping[str, Any], expected: type[CallError], words: str) -> None:
    with pytest.raises(expected, match=words):
        check(sign(replace(CLAIMS, **change), SECRET))


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": NOW - CLOCK_SKEW_S + 1},
        {"expires_at": NOW + MAX_LIFETIME_S},
        {"not_before": NOW + CLOCK_SKEW_S},
    ],
)
def test_clocks_may_differ_a_little(change: Mapping[str, Any]) -> None:
    assert check(sign(replace(CLAIMS, **change), SECRET)).metadata == CLAIMS.metadata


def test_an_origin_claim_needs_an_origin() -> None:
    token = sign(replace(CLAIMS, origin="https://shop.example"), SECRET)
    with pytest.raises(NotAllowed):
        check(token, replace(USE, origin=None))


PAYLOAD = {"metadata": {"a": 1}, "agent": "-Agent", "exp": NOW + 60}


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"agent": "-Agent", "exp": NOW}, "lacks the claim metadata"),
        ({"metadata": {}, "exp": NOW}, "lacks the claim agent"),
        ({"metadata": {}, "agent": "-Agent"}, "lacks the claim exp"),
        (PAYLOAD | {"metadata": "text"}, "metadata"),
        (PAYLOAD | {"metadata": ["a"]}, "metadata"),
        (PAYLOAD | {"agent": 5}, "agent"),
        (PAYLOAD | {"exp": "soon"}, "exp"),
        (PAYLOAD | {"exp": True}, "exp"),
        (PAYLOAD | {"exp": float("nan")}, "exp"),
        (PAYLOAD | {"exp": float("inf")}, "exp"),
        (PAYLOAD | {"exp": 10**400}, "exp"),
        (PAYLOAD | {"origin": 5}, "origin"),
        (PAYLOAD | {"jti": 5}, "HS256"),
        (PAYLOAD | {"nbf": "x"}, "nbf"),
    ],
)
def test_claims_of_the_wrong_shape(payload: dict[str, Any], words: str) -> None:
    with pytest.raises(Unauthenticated, match=words):
        check(jwt.encode(payload, SECRET, algorithm="HS256"))


def unsigned(header: Mapping[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, PAYLOAD)]
    return ".".join([*parts, ""])


@pytest.mark.parametrize(
    "token",
    [
        sign(CLAIMS, SECRET[::-1]),
        sign(CLAIMS, SECRET)[:-4] + "AAAA",
        jwt.encode(PAYLOAD, SECRET * 2, algorithm="HS512"),
        unsigned({"alg": "none", "typ": "JWT"}),
        unsigned({"alg": "HS256"}),
        "",
        "a.b.c",
        "nonsense",
        "\ud800",
        "é.é.é",
        "x" * (MAX_TOKEN_CHARS + 1),
    ],
)
def test_a_token_that_we_did_not_sign(token: str) -> None:
    with pytest.raises(Unauthenticated):
        check(token)


@given(st.text(max_size=200))
def test_any_text_is_refused_and_never_an_accident(text: str) -> None:
    with pytest.raises(Unauthenticated):
        check(text)


def test_an_account_without_a_secret_believes_no_token() -> None:
    for secret in ("", SECRET):
        with pytest.raises(Unauthenticated, match="no embed secret"):
            verify(sign(CLAIMS, secret) if secret else "a.b.c", "", USE, MemoryUsedTokens())


def test_a_new_secret_is_long_and_new() -> None:
    made = {new_embed_secret() for _ in range(100)}
    assert len(made) == 100
    assert min(map(len, made)) >= 43
