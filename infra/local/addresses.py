"""Where everything is: the addresses that people are told, and those the processes use among themselves."""

from dataclasses import dataclass
from urllib.parse import urlencode

from callcore.ids import AgentId
from infra.local.settings import LocalSettings

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True)
class Addresses:
    """URLs without a trailing slash."""

    api_url: str
    """REST and pages, for people and scripts."""
    media_url: str
    """Of `/millis`, for clients."""
    api_here: str
    """The API process on this machine, http://."""
    media_here: str
    """The worker on this machine, ws://."""

    @property
    def media_health_url(self) -> str:
        """Answers 200 when the worker serves."""
        return self.media_here.replace("ws", "http", 1) + "/health"

    @property
    def api_health_url(self) -> str:
        """Answers 200 when the API process serves."""
        return self.api_here + "/health"

    def page_url(self, agent_id: AgentId, public_key: str) -> str:
        """The call page of an agent."""
        return f"{self.api_url}/agents/embedded?{urlencode({'id': agent_id, 'k': public_key})}"


def addresses_of(settings: LocalSettings) -> Addresses:
    """With a public URL, what people are told lies there, calls included; else on the two ports."""
    api_here = f"http://{_reachable(settings.host)}:{settings.http_port}"
    media_here = f"ws://{_reachable(settings.host)}:{settings.media_port}"
    if settings.public_url is None:
        return Addresses(api_here, f"{media_here}/millis", api_here, media_here)
    media_url = settings.public_url.replace("http", "ws", 1) + "/millis"
    return Addresses(settings.public_url, media_url, api_here, media_here)


def own_origins(settings: LocalSettings) -> tuple[str, ...]:
    """The origins that our own pages can have."""
    hosts = {_reachable(settings.host), "127.0.0.1", "localhost"}
    ports = (settings.http_port, settings.media_port)
    local = tuple(f"http://{host}:{port}" for host in sorted(hosts) for port in ports)
    return local if settings.public_url is None else (settings.public_url, *local)


def _reachable(host: str) -> str:
    address = _EVERYWHERE.get(host, host)
    return f"[{address}]" if ":" in address else address
