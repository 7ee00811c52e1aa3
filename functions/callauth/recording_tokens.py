"""Addresses of recordings that anybody who has them can open for a while (protocol.md 9.2).

The address carries a JWT (RFC 7519), HS256 with the account's embed secret: `sub` is the session, `aud` keeps it apart
from a metadata token, `kid` names the account. A new embed secret makes every address that was given out useless.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from callcore.accounts.account import Account
from callcore.calls.call import Call
from callcore.errors import NotAllowed, Unauthenticated
from callcore.ids import AccountId, SessionId

if TYPE_CHECKING:
    pass

LIFETIME_S = 24 * 3600
"""The least that an address is good for."""
MAX_TOKEN_CHARS = 1024
_STEP_S = 3600
"""Within this time the address stays the same, so that a player may ask twice."""
_ALGORITHM = "HS256"
_AUDIENCE = "recording"


def recording_links(call: Call, account: Account, api_url: str, now: float) -> Mapping[str, str] | None:
    """`recording_url` and `stereo_recording_url` of a call; None when there is no recording.

    An account without an embed secret gets addresses that need its private key.
    """
    if call.recording is None:
        return None
    path = f"{api_url}/call-logs/{quote(call.session_id, safe='')}/recording"
    query = f"?token={_sign(call.session_id, account, now)}" if account.embed_secret else ""
    return {"recording_url": path + query, "stereo_recording_url": f"{path}/stereo{query}"}


def _sign(session_id: SessionId, account: Account, now: float) -> str:
    import jwt  # late: it loads all of `cryptography`, for which a start does not wait

    expires_at = (int(now) // _STEP_S + 1) * _STEP_S + LIFETIME_S
    claims = {"sub": session_id, "aud": _AUDIENCE, "exp": expires_at}
    return jwt.encode(claims, account.embed_secret, algorithm=_ALGORITHM, headers={"kid": account.account_id})


def account_of(token: str) -> AccountId:
    """Whose token it says it is; nothing is proved yet. Raises Unauthenticated."""
    import jwt

    try:
        account_id = jwt.get_unverified_header(token[: MAX_TOKEN_CHARS + 1]).get("kid")
    except (jwt.InvalidTokenError, UnicodeEncodeError, RecursionError):
        account_id = None
    if not isinstance(account_id, str) or len(token) > MAX_TOKEN_CHARS:
        raise Unauthenticated("the recording's token is malformed")
    return AccountId(account_id)


def check_recording_token(token: str, account: Account, session_id: SessionId, now: float) -> None:
    """Raises Unauthenticated when the token proves nothing, NotAllowed when it is for another recording."""
    import jwt

    if not account.embed_secret:
        raise Unauthenticated("the recording's token is not signed by the account")
    try:
        # The library would compare with its own clock; here the time is an argument.
        options: jwt.types.Options = {"verify_exp": False, "require": ["exp", "sub", "aud"]}
        claims = jwt.decode(token, account.embed_secret, algorithms=[_ALGORITHM], audience=_AUDIENCE, options=options)
        expires_at = float(claims["exp"])
    except (jwt.InvalidTokenError, UnicodeEncodeError, RecursionError, TypeError, ValueError, OverflowError):
        raise Unauthenticated("the recording's token is not signed by the account") from None
    if not now < expires_at:
        raise Unauthenticated("the recording's address has expired: read the call again")
    if claims["sub"] != session_id:
        raise NotAllowed("the token is for another recording")
