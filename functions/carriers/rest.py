"""Requests to a carrier's REST API, and what their failures mean for a call."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from callcore.telephony.ports import CallerRefused, CarrierBusy, CarrierRefused, CarrierUncertain

if TYPE_CHECKING:  # whoever composes has the carriers at hand, and seldom asks one
    import ssl

    import httpx2

Trust = Callable[[], "ssl.SSLContext"]
"""The certificates by which a carrier is believed; asked for when it is asked first."""
TIMEOUT_S = 10.0
MAX_SHOWN = 200
_OF_CALLER = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN})
"""Credentials, balance and rights of an account are the same whoever is called."""


class Rest:
    """One carrier's API. Its client, which takes as long to make as several requests, is made for the first one."""

    def __init__(self, carrier: str, base_url: str, trust: Trust, caller_codes: Collection[str] = ()) -> None:
        """`base_url` is the carrier's, or that of a copy of it; `caller_codes` tell that the caller is refused."""
        self._carrier = carrier
        self._base_url = base_url
        self._trust = trust
        self._caller_codes = caller_codes
        self._opening = threading.Lock()
        self._opened: httpx2.Client | None = None

    def ask(self, method: str, path: str, **request: Any) -> Any:
        """The JSON of a successful reply; None for one without a body. `request` as httpx takes it.

        Raises CarrierRefused (4xx), of which CallerRefused for what stands against the caller, CarrierBusy (429) and
        CarrierUncertain (5xx, no reply).
        """
        import httpx2

        try:
            reply = self._client().request(method, path, **request)
        except httpx2.ConnectError as error:
            raise CarrierBusy(f"{self._carrier} cannot be reached ({type(error).__name__})") from None
        except httpx2.HTTPError as error:
            raise CarrierUncertain(f"{self._carrier} did not answer ({type(error).__name__})") from None
        if reply.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise CarrierBusy(f"{self._carrier} takes no more calls at the moment (429)")
        if reply.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise CarrierUncertain(f"{self._carrier} answered {reply.status_code}")
        if not reply.is_success:
            said = _said(reply)
            is_of_caller = is_refusal_of_caller(reply.status_code, said, self._caller_codes)
            refusal = CallerRefused if is_of_caller else CarrierRefused
            raise refusal(f"{self._carrier} answered {reply.status_code}: {said}")
        return _json(reply)

    def close(self) -> None:
        """Closing twice is fine."""
        if self._opened is not None:
            self._opened.close()

    def _client(self) -> "httpx2.Client":
        import httpx2

        with self._opening:
            if self._opened is None:
                self._opened = httpx2.Client(
                    base_url=self._base_url,
                    timeout=TIMEOUT_S,
                    verify=self._trust(),
                    trust_env=False,
                    follow_redirects=False,
                )
            return self._opened


@contextmanager
def as_documented(carrier: str) -> Iterator[None]:
    """Around the reading of a reply: one that lacks what it should have tells nothing. Raises CarrierUncertain."""
    try:
        yield
    except (LookupError, TypeError, AttributeError) as error:
        raise CarrierUncertain(f"{carrier} answered in a form of its own ({type(error).__name__})") from None


def is_refusal_of_caller(status: int, said: str, caller_codes: Collection[str]) -> bool:
    """Whether the next call of this account would be refused as this one is, to whomever it goes."""
    return status in _OF_CALLER or said in caller_codes


def _json(reply: "httpx2.Response") -> Any:
    try:
        return reply.json() if reply.content else None
    except ValueError:
        return None


def _said(reply: "httpx2.Response") -> str:
    """Why, in the carrier's words. Numbers are no part of the message: it is logged."""
    body = _json(reply)
    if not isinstance(body, Mapping):
        return "no reason given"
    reason = (
        body.get("code") or body.get("type") or body.get("title") or body.get("error-code-label") or "no reason given"
    )
    return str(reason)[:MAX_SHOWN]
