"""A customer's URL, checked for its form before anything is resolved. Pure."""

import re
from dataclasses import dataclass

import httpx2

from callcore.errors import InvalidInput
from callnet.addresses import obstacle

MAX_URL_CHARACTERS = 8_192
SECURE = frozenset({"https", "wss"})
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\\u0080-\u009f\s]")
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\Z")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """Where a request goes: the parts are ASCII, the host is lower case and has no dot at its end."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query."""

    @property
    def is_secure(self) -> bool:
        """Over TLS."""
        return self.scheme in SECURE

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.is_secure else 80
        return host if self.port == usual else f"{host}:{self.port}"


def parse_target(url: str, schemes: frozenset[str], *, private: bool) -> Target:
    """Take a URL apart. Raises InvalidInput with a reason that may be shown to whoever configured it.

    `schemes` is what the kind of request needs; without `private` only its secure half is accepted, and no address
    that `addresses.obstacle` refuses.
    """
    if len(url) > MAX_URL_CHARACTERS:
        raise InvalidInput(f"the URL is longer than {MAX_URL_CHARACTERS} characters")
    if _FORBIDDEN.search(url):
        raise InvalidInput("the URL has a space, a backslash or a control character in it")
    try:
        parsed = httpx2.URL(url)
        host = parsed.raw_host.decode("ascii").lower().removesuffix(".")
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise InvalidInput("that is no URL") from None
    admitted = schemes if private else schemes & SECURE
    if parsed.scheme not in admitted:
        raise InvalidInput(f"the URL has to begin with {' or '.join(f'{scheme}://' for scheme in sorted(admitted))}")
    if parsed.userinfo:
        raise InvalidInput("the URL must not hold a user name or password")
    _check_host(host, private=private)
    port = parsed.port if parsed.port is not None else (443 if parsed.scheme in SECURE else 80)
    if not 0 < port < 65_536:
        raise InvalidInput("the URL's port does not exist")
    return Target(parsed.scheme, host, port, parsed.raw_path.decode("ascii"))


def _check_host(host: str, *, private: bool) -> None:
    if not host:
        raise InvalidInput("the URL names no host")
    try:
        what = obstacle(host)
    except ValueError:
        # Programs that resolve names read 0x7f.1, 017700000001 and 2130706433 as addresses too; we admit one spelling.
        if _NUMBER.match(host.rpartition(".")[2]):
            raise InvalidInput("the URL's host is an address in an unusual spelling") from None
        if not _NAME.match(host):
            raise InvalidInput("the URL's host is no name") from None
        return
    if what is not None and not private:
        raise InvalidInput(f"the URL leads to an address that is not public: {what}")
