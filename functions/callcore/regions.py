"""Which host takes the media of a number's calls: that of its region (protocol.md 7.7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from callcore.errors import InvalidInput

DOCUMENTED = ("eu-west", "us-west")
"""Can be named in every installation."""
_PATH = "/millis"
Region = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=32)]
RegionalUrls = Mapping[Region, Annotated[str, Field(pattern=r"^wss?://[^?#]+$")]]
"""Where calls go, by region; as settings name it."""


@dataclass(frozen=True)
class MediaHosts:
    """The media hosts of one installation, which share its stores."""

    url: str
    """`wss://` and a host: of regions that have none of their own; empty: there are no workers."""
    regional: Mapping[str, str] = field(default_factory=dict)
    """The same of the others, by region."""

    @classmethod
    def at(cls, url: str, regional: Mapping[str, str] | None = None) -> "MediaHosts":
        """From the addresses of `/millis` at them."""
        return cls(
            url.removesuffix(_PATH), {region: one.removesuffix(_PATH) for region, one in (regional or {}).items()}
        )

    def of(self, region: str | None) -> str:
        """The host that takes calls of this region."""
        return self.regional.get(region or "", self.url)

    def every(self) -> tuple[str, ...]:
        """Each of them once."""
        return tuple(dict.fromkeys((self.url, *self.regional.values())))

    def check(self, region: str | None) -> None:
        """Raises InvalidInput for a region that is neither documented nor one of ours."""
        known = sorted({*DOCUMENTED, *self.regional})
        if region and region not in known:
            raise InvalidInput(f"region: must be one of {', '.join(known)}")
