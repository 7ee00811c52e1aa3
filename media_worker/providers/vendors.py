"""Which vendors this process may use: their keys and addresses, as its environment names them, or an account.

`<VENDOR>_API_KEY` makes a vendor available and `<VENDOR>_BASE_URL` points it elsewhere. A server of the operator's own
needs no key: its address alone makes it available. AWS has its usual variables and roles.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from callcore.errors import InvalidInput


class Vendor(StrEnum):
    """Whoever may hear, think or speak for us."""

    OPENAI = "openai"
    GROQ = "groq"
    TOGETHER = "together"
    VLLM = "vllm"
    OLLAMA = "ollama"
    DEEPGRAM = "deepgram"
    ELEVENLABS = "elevenlabs"
    CARTESIA = "cartesia"
    RIME = "rime"
    AWS = "aws"


HOME: Mapping[Vendor, str] = {
    Vendor.OPENAI: "https://api.openai.com/v1",
    Vendor.GROQ: "https://api.groq.com/openai/v1",
    Vendor.TOGETHER: "https://api.together.xyz/v1",
    Vendor.DEEPGRAM: "https://api.deepgram.com",
    Vendor.ELEVENLABS: "https://api.elevenlabs.io",
    Vendor.CARTESIA: "https://api.cartesia.ai",
    Vendor.RIME: "https://users-ws.rime.ai",
}
"""Where a vendor is unless the environment says otherwise; those that are missing have no such place."""

OWN_KEYS = frozenset(HOME)
"""Those that an account may have a key of its own for. Where they are stays the operator's word."""

KEYLESS = frozenset({Vendor.VLLM, Vendor.OLLAMA})
"""Servers of the operator's own."""

AWS_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""One of these says that there are credentials; which they are is botocore's business."""
_AWS_REGION = ("AWS_REGION", "AWS_DEFAULT_REGION")


@dataclass(frozen=True)
class Access:
    """How a vendor is reached."""

    api_key: str = field(repr=False)
    """Empty for a server that wants none, and for AWS."""
    base_url: str
    """Without a slash at its end; of AWS empty, which means the services' own regional addresses."""
    region: str = ""
    """Of AWS."""

    @property
    def http_url(self) -> str:
        """The address for requests, whichever scheme it was given with."""
        return "http" + self.base_url.removeprefix("ws") if self.base_url.startswith("ws") else self.base_url

    @property
    def websocket_url(self) -> str:
        """The address for WebSockets, whichever scheme it was given with."""
        return "ws" + self.base_url.removeprefix("http") if self.base_url.startswith("http") else self.base_url


class Vendors:
    """The vendors that the environment gives access to; without one, none."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        given = {name: value.strip() for name, value in (environment or {}).items() if value.strip()}
        self._homes = {vendor: _base_url(vendor, given) for vendor in OWN_KEYS}
        found = {vendor: _access(vendor, given) for vendor in Vendor}
        self._accesses = {vendor: access for vendor, access in found.items() if access is not None}

    def find(self, vendor: Vendor) -> Access | None:
        """How it is reached; None when it may not be used."""
        return self._accesses.get(vendor)

    def need(self, vendor: Vendor) -> Access:
        """How it is reached. Raises InvalidInput when it may not be used."""
        access = self.find(vendor)
        if access is None:
            raise InvalidInput(f"the environment gives no access to {vendor}")
        return access

    def with_keys(self, keys: Mapping[Vendor, str]) -> "Vendors":
        """The same, with these keys, each of one of OWN_KEYS, in the place of the environment's or beside them."""
        made = Vendors()
        made._homes = self._homes
        made._accesses = self._accesses | {vendor: Access(key, self._homes[vendor]) for vendor, key in keys.items()}
        return made

    def __iter__(self) -> Iterator[Vendor]:
        """Those that may be used."""
        return iter(self._accesses)


def _base_url(vendor: Vendor, given: Mapping[str, str]) -> str:
    return given.get(f"{vendor.name}_BASE_URL", HOME.get(vendor, "")).rstrip("/")


def _access(vendor: Vendor, given: Mapping[str, str]) -> Access | None:
    base_url = _base_url(vendor, given)
    api_key = given.get(f"{vendor.name}_API_KEY", "")
    if vendor is Vendor.AWS:
        region = next((given[name] for name in _AWS_REGION if name in given), "")
        has_credentials = any(name in given for name in AWS_CREDENTIALS)
        return Access("", base_url, region) if region and has_credentials else None
    if vendor in KEYLESS:
        return Access(api_key, base_url) if base_url else None
    return Access(api_key, base_url) if api_key else None
