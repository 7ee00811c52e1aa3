"""The worker's environment, typed; a wrong value stops the process at start."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from uuid import uuid4

from pydantic import Field, IPvAnyAddress, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from callcore.errors import InvalidInput
from media_worker.providers.vendors import Vendors
from media_worker.transports.webrtc.terms import IceTerms

_PREFIX = "PARLEY_"


@contextmanager
def wrong_settings_named() -> Iterator[None]:
    """While settings are read: a wrong one raises InvalidInput with its variable, and without what it holds."""
    try:
        yield
    except SettingsError as error:
        raise InvalidInput(f"{error}: it is no JSON") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        variable = f"{_PREFIX}{str(first['loc'][0]).upper()}: " if first["loc"] else ""
        raise InvalidInput(variable + first["msg"].removeprefix("Value error, ")) from None


def _vendors() -> Vendors:
    return Vendors(os.environ)  # noqa: TID251 - vendors' own names, which their tools and their users know


class WorkerSettings(BaseSettings):
    """Everything the worker is told from outside. Variables are named `PARLEY_<FIELD>`."""

    # What is wrong may be a secret, or stand beside one.
    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        frozen=True,
        arbitrary_types_allowed=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    database: Path = Path(".parley/parley.db")
    """The file of the embedded stores."""
    blobs: Path = Path(".parley/blobs")
    """The directory of recordings."""
    table: str = ""
    """The DynamoDB table; with it the stores, the queue and the recordings are those of AWS."""
    call_events_queue: str = ""
    """URL of the SQS queue to the control plane."""
    bucket: str = ""
    """The S3 bucket of recordings."""
    host: str = "127.0.0.1"
    media_port: int = Field(default=8080, ge=0, le=65535)
    internal_url: str | None = None
    """Where other processes reach this one; None = where it listens, by the address of this machine."""
    internal_secret: str = Field(default="", repr=False)
    """Signs requests between our processes; empty: none is taken."""
    previous_internal_secret: str = Field(default="", repr=False)
    """Is taken as well while the secret is exchanged."""
    outbox_key: str = Field(default="", repr=False)
    """Seals what the calls of agents that opt out of data collection tell their owners; empty: nothing is told."""
    worker_key: str = Field(default="", repr=False)
    """Opens the vendors' keys that accounts have of their own, and what carriers are known by; empty: the calls of
    such accounts are refused."""
    outbox_table: str = ""
    """The DynamoDB table where that waits."""
    own_origins: tuple[str, ...] = ()
    """Origins of our own pages (a JSON list)."""
    allow_private_urls: bool = False
    """Whether customers' webhooks may be plain HTTP and lead to private networks."""
    max_sessions: int = Field(default=200, ge=1)
    max_late_percent: float = Field(default=100.0, ge=0, le=100)
    """When more of the last seconds' audio was late, no further session is taken; 100 = whatever the load."""
    drain_s: float = Field(default=20.0, ge=0)
    """How long running calls may go on after SIGTERM before they are told that they must end."""
    recogniser_processes: int = Field(default=2, ge=1, le=64)
    voice_processes: int = Field(default=1, ge=1, le=64)
    flite_dir: Path | None = None
    """Where libflite was extracted to; None = the system's."""
    log_level: str = "INFO"
    vendors: Annotated[Vendors, NoDecode] = Field(default_factory=_vendors, repr=False)
    """Who may hear, think and speak; from the vendors' own variables, which have no prefix."""
    webrtc_addresses: tuple[str, ...] = ()
    """Addresses of this machine on which peers of WebRTC reach it (a JSON list); empty: all that lead elsewhere."""
    webrtc_ports: str = Field(default="", pattern=r"^$|^\d{4,5}-\d{4,5}$")
    """UDP ports for them, from-to; empty: any that is free."""
    webrtc_public_address: IPv4Address | Literal["auto"] | None = None
    """Under which they reach it, port for port, when a 1:1 NAT stands before this machine; auto: AWS is asked."""
    sip_address: str = ""
    """An address of this machine on which SIP calls are taken; empty: none are."""
    sip_port: int = Field(default=5060, ge=0, le=65535)
    """UDP and TCP; 0: one that is free."""
    sip_public_address: IPvAnyAddress | Literal["auto"] | None = None
    """Under which carriers reach it, and send audio to; auto: AWS is asked; None: `sip_address`."""
    sip_trusted_networks: tuple[str, ...] = ()
    """Whose pings are answered although nobody has called from there (a JSON list of CIDR)."""
    rtp_ports: str = Field(default="16384-32767", pattern=r"^\d{4,5}-\d{4,5}$")
    """UDP ports for the audio of SIP calls, from-to: two for each."""
    dns_zone: str = ""
    """The hosted zone of Route 53 in which workers have names; empty: they go by their addresses."""
    dns_domain: str = ""
    """The names end with it."""
    ecs_metadata_uri: str = Field(default="", validation_alias="ECS_CONTAINER_METADATA_URI_V4")
    """Where ECS tells a task about itself; empty: this is none."""
    ecs_agent_uri: str = Field(default="", validation_alias="ECS_AGENT_URI")
    """Where a task of ECS asks not to be stopped while it holds calls."""
    worker_id: str = Field(default_factory=lambda: f"{socket.gethostname()}-{uuid4().hex[:8]}")

    @field_validator("sip_address")
    @classmethod
    def _an_address(cls, value: str) -> str:
        return str(ip_address(value)) if value else ""

    @field_validator("sip_trusted_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_network(network)) for network in value)

    @field_validator("webrtc_ports", "rtp_ports")
    @classmethod
    def _not_backwards(cls, value: str) -> str:
        first, _, last = value.partition("-")
        if value and not 1024 <= int(first) <= int(last) <= 65535:
            raise ValueError("must look like 20000-29999, within 1024-65535")
        return value

    @model_validator(mode="after")
    def _all_of_aws_or_nothing(self) -> Self:
        given = {bool(value) for value in (self.table, self.call_events_queue, self.bucket, self.outbox_table)}
        if len(given) > 1:
            raise ValueError("table, call_events_queue, bucket and outbox_table go together")
        if bool(self.dns_zone) is not bool(self.dns_domain):
            raise ValueError("dns_zone and dns_domain go together")
        return self

    @model_validator(mode="after")
    def _sip_keeps_private_calls(self) -> Self:
        if self.sip_address and not self.outbox_key:
            raise ValueError("sip_address needs outbox_key: calls of permanent addresses may keep their metadata there")
        return self

    @property
    def rtp_range(self) -> tuple[int, int]:
        """The first and the last port of `rtp_ports`."""
        first, _, last = self.rtp_ports.partition("-")
        return int(first), int(last)

    @property
    def internal_secrets(self) -> tuple[str, ...]:
        """Every one that is valid; the first signs."""
        return tuple(secret for secret in (self.internal_secret, self.previous_internal_secret) if secret)

    def ice_terms(self, found_address: str | None = None) -> IceTerms:
        """Where peers of WebRTC reach us; `found_address` is the public one that `auto` stands for."""
        first, _, last = self.webrtc_ports.partition("-")
        ports = range(int(first), int(last) + 1) if first else None
        told = self.webrtc_public_address
        return IceTerms(self.webrtc_addresses, ports, found_address or (str(told) if told else None))

    @property
    def url(self) -> str:
        """Where other processes reach this one."""
        everywhere = self.host in ("0.0.0.0", "::")
        host = socket.gethostbyname(socket.gethostname()) if everywhere else self.host
        return self.internal_url or f"http://{host}:{self.media_port}"


def read_or_exit() -> WorkerSettings:
    """What the environment says; a wrong setting ends the process with one line."""
    try:
        with wrong_settings_named():
            return WorkerSettings()
    except InvalidInput as error:
        sys.exit(f"the worker cannot start: {error}")
