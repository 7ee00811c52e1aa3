"""How a request came here, which decides what its cookies are like and whether a one-time link opens."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from callcore.accounts.console_sessions import ABSOLUTE_S
from callcore.loopback import is_forwarded, is_loopback


@dataclass(frozen=True)
class Approach:
    """One request's way."""

    address: str
    """Of the peer: of a proxy, where there is one."""
    is_local: bool
    """It comes from this machine, and through no proxy."""
    port: int | None
    """That the browser's address names."""

    @property
    def cookie(self) -> str:
        """The name of the session's cookie.

        Browsers keep cookies by host and not by port: on this machine the port keeps installations apart. Elsewhere
        the prefix has the browser take the cookie over https only, and from this host alone (RFC 6265bis, 4.1.3.2).
        """
        return f"parley_console_{self.port or 80}" if self.is_local else "__Host-parley_console"

    @property
    def form_cookie(self) -> str:
        """The name of the cookie behind the form for signing in, which has no session yet."""
        return f"{self.cookie}_form"

    def keep(self, response: Response, name: str, value: str) -> None:
        """Have the browser keep the cookie for as long as a session can last."""
        response.set_cookie(
            name, value, max_age=int(ABSOLUTE_S), path="/", secure=not self.is_local, httponly=True, samesite="lax"
        )

    def forget(self, response: Response, name: str) -> None:
        """Have the browser forget it."""
        response.delete_cookie(name, path="/", secure=not self.is_local, httponly=True, samesite="lax")


def approach_of(request: Request) -> Approach:
    """The way of this request."""
    address = request.client.host if request.client else ""
    is_local = (
        is_loopback(address) and not is_forwarded(request.headers.keys()) and is_own_name(request.url.hostname or "")
    )
    return Approach(address, is_local, request.url.port)


def is_own_name(host: str) -> bool:
    """Whether a browser that names this host means its own machine, whatever name servers say."""
    return host == "localhost" or is_loopback(host)
