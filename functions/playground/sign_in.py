"""Signing in: a private key or a one-time link is exchanged for a session, once. Everything about it is here.

Another way to sign in, OpenID Connect say, is another method that ends in `_opened`.
"""

from dataclasses import dataclass

from callauth.console import CookieToken, new_cookie_token, parse_cookie, read_one_time_code
from callauth.keys import authenticate
from callcore.accounts.account import AccountStatus, KeyKind
from callcore.accounts.console_sessions import MAX_NAME_CHARS, ConsoleSession
from callcore.errors import NotAllowed, Unauthenticated
from callcore.ids import AccountId
from playground.approach import Approach
from playground.console import Console

_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
"""What stands in a User-Agent, the particular before the general."""


@dataclass(frozen=True)
class SignIn:
    """The ways in, for one request."""

    console: Console
    approach: Approach
    name: str
    """Of the session; empty: that of the browser."""
    user_agent: str
    earlier: str | None
    """The session cookie that came along: it ends, so that nobody goes on with a session he was handed."""

    def by_key(self, private_key: str) -> CookieToken:
        """Raises Unauthenticated, NotAllowed and LimitExceeded."""
        key, account = authenticate(self.console.accounts, private_key, KeyKind.PRIVATE)
        return self._opened(account.account_id, key.key_hash)

    def by_link(self, code: str) -> CookieToken:
        """On this machine only, and once. Raises Unauthenticated and NotAllowed."""
        if not self.approach.is_local:
            raise NotAllowed("the link opens in a browser of the machine that printed it")
        console = self.console
        found = read_one_time_code(code, console.link_secret, console.clock.unix_s())
        account = console.accounts.get_account(AccountId(console.link_account))
        if account.status is AccountStatus.SUSPENDED:
            raise NotAllowed("the account is suspended")
        if not console.used.use_once(account.account_id, f"console {found.nonce}", found.expires_at):
            raise Unauthenticated("the link has been used")
        return self._opened(account.account_id, None)

    def _opened(self, account_id: AccountId, key_hash: str | None) -> CookieToken:
        if (earlier := parse_cookie(self.earlier)) is not None:
            self.console.signed_in.end_session(earlier.account_id, earlier.session_hash)
        token, now = new_cookie_token(account_id), self.console.clock.unix_s()
        name = self.name.strip()[:MAX_NAME_CHARS] or browser_name(self.user_agent)
        self.console.sessions.put_session(
            ConsoleSession(token.session_hash, account_id, name, now, now, key_hash),
        )
        return token


def browser_name(user_agent: str) -> str:
    """What to call a browser in the list of sessions."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser
