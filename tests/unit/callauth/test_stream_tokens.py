"""Tokens of carriers' streams: for one call, for three minutes, for one use."""

import jwt
import pytest

from callauth.stream_tokens import LIFETIME_S, MAX_TOKEN_CHARS, StreamClaims, sign, verify
from callcore.errors import NotAllowed, Unauthenticated
from callcore.ids import AccountId, CallId, new_account_id

SECRET, PREVIOUS = "s" * 40, "p" * 40
NOW = 1_790_000_000.0
CLAIMS = StreamClaims(AccountId("acc_1"), CallId("11111111-2222-3333-4444-555555555555"))


class Used:
    def __init__(self) -> None:
        self.seen: set[str] = set()

    def use_once(self, account_id: AccountId, jti: str, expires_at: float) -> bool:
        is_new = jti not in self.seen
        self.seen.add(jti)
        return is_new


def test_a_token_opens_one_stream_of_its_call() -> None:
    token, used = sign(CLAIMS, SECRET, NOW), Used()
    assert verify(token, (SECRET, PREVIOUS), NOW + LIFETIME_S - 1, used) == CLAIMS
    with pytest.raises(NotAllowed, match="used already"):
        verify(token, (SECRET,), NOW, used)


def test_the_secret_before_the_last_counts_while_it_is_exchanged() -> None:
    assert verify(sign(CLAIMS, PREVIOUS, NOW), (SECRET, PREVIOUS), NOW, Used()) == CLAIMS


def test_it_fits_into_a_parameter_of_twiml() -> None:
    account_id = new_account_id()
    claims = StreamClaims(account_id, CLAIMS.call_id, signatures=("s" * 16,) * 4)
    token = sign(claims, SECRET, NOW)
    assert len(token) < MAX_TOKEN_CHARS
    assert verify(token, (SECRET,), NOW, Used()) == claims


@pytest.mark.parametrize(
    ("token", "secrets", "now"),
    [
        (sign(CLAIMS, SECRET, NOW), (PREVIOUS,), NOW),
        (sign(CLAIMS, SECRET, NOW), ("",), NOW),
        (sign(CLAIMS, SECRET, NOW), (), NOW),
        (sign(CLAIMS, SECRET, NOW), (SECRET,), NOW + LIFETIME_S),
        (jwt.encode({"sub": "c", "iss": "a", "aud": "recording", "exp": NOW + 9, "jti": "j"}, SECRET), (SECRET,), NOW),
        (jwt.encode({"sub": "c", "iss": "a", "aud": "stream", "exp": NOW + 9}, SECRET), (SECRET,), NOW),
        ("", (SECRET,), NOW),
        ("é", (SECRET,), NOW),
        ("x" * 10_000, (SECRET,), NOW),
    ],
)
def test_anything_else_proves_nothing(token: str, secrets: tuple[str, ...], now: float) -> None:
    with pytest.raises(Unauthenticated):
        verify(token, secrets, now, Used())
