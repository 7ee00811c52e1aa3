"""The settings of the local stack: the command line of the supervisor, the environment of its processes."""

import argparse
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from callcore.errors import InvalidInput
from callcore.regions import RegionalUrls
from carriers.registry import CarrierApis

REPOSITORY = Path(__file__).parents[2]

Port = Annotated[int, Field(ge=0, le=65535)]


class LocalSettings(BaseSettings):
    """Read once at the start of each process; a wrong value stops it there."""

    model_config = SettingsConfigDict(env_prefix="PARLEY_", frozen=True, validate_default=True)

    data_dir: Path = Path(".parley")
    """Everything that is kept: the database, the keys, recordings, speech libraries."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    http_port: Port = 8000
    """REST and pages; 0 = a free one."""
    media_port: Port = 8080
    """The worker; 0 = a free one."""
    public_url: str | None = None
    """The origin that visitors use when it is not ours: of a tunnel or a reverse proxy."""
    supervised: bool = False
    """Whether a supervisor holds our standard input and our life."""
    internal_secret: str = Field(default_factory=lambda: secrets.token_hex(32), min_length=32, repr=False)
    """With what our processes sign their requests to each other; every run makes its own."""
    outbox_key: str = Field(default="", repr=False)
    """Seals what may only wait for its delivery; the supervisor reads it from `outbox_key_file`."""
    telephony_key: str = Field(default="", repr=False)
    """Seals credentials of accounts and proves our addresses to carriers; the supervisor reads it from its file."""
    worker_key: str = Field(default="", repr=False)
    """Seals what the worker opens: accounts' keys of vendors, and what it knows carriers by; read from its file."""
    media_urls: RegionalUrls = Field(default_factory=dict)
    """Where the calls of numbers of other regions go, by region (a JSON object)."""
    twilio_url: str = CarrierApis.twilio
    vonage_url: str = CarrierApis.vonage
    vonage_numbers_url: str = CarrierApis.vonage_numbers
    sip_port: Port = 5060
    """SIP calls, over UDP and TCP; another one when it is taken."""
    sip_host: str = ""
    """The host of permanent SIP addresses, when it is not the worker's own."""
    turn_urls: str = ""
    """TURN servers for clients of WebRTC, with blanks between them; empty: none."""
    turn_username: str = ""
    """Their one user; empty: every client gets credentials of its own."""
    turn_secret: str = Field(default="", repr=False)
    """What makes them, or that user's password."""
    sweep_interval_s: float = Field(default=10.0, gt=0)
    """How often lost calls are looked for."""

    allow_private_urls: bool = False
    """Whether customers' webhooks may be plain HTTP and lead to private networks."""

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str | None) -> str | None:
        if not value:
            return None
        parts = urlsplit(value)
        extras = (parts.path.strip("/"), parts.query, parts.fragment, parts.username, parts.password)
        if parts.scheme not in ("http", "https") or not parts.hostname or any(extras):
            raise ValueError("must look like https://calls.example.com")
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data_dir / "parley.db"

    @property
    def blobs(self) -> Path:
        """The directory of recordings."""
        return self.data_dir / "blobs"

    @property
    def system_libraries(self) -> Path:
        """Where infra/setup.sh puts the libraries that it cannot install."""
        return self.data_dir / "sys"

    @property
    def telephony_key_file(self) -> Path:
        """Without it every number has to be imported again."""
        return self.data_dir / "telephony.key"

    @property
    def worker_key_file(self) -> Path:
        """Without it numbers have to be imported again, and accounts' keys of vendors set again."""
        return self.data_dir / "worker.key"

    @property
    def outbox_key_file(self) -> Path:
        """Without it nobody opens what waits in the outbox."""
        return self.data_dir / "outbox.key"

    @property
    def connection_file(self) -> Path:
        """What a script reads to reach this installation."""
        return self.data_dir / "connection.json"


def parse_arguments(arguments: Sequence[str]) -> LocalSettings:
    """The settings of a command line; what it leaves out comes from the environment.

    Raises InvalidInput, and SystemExit for --help and unknown options.
    """
    parser = argparse.ArgumentParser(prog="python -m infra.local", description="Run Parley whole on this machine.")
    parser.add_argument("--data-dir", help="where everything is kept (default .parley)")
    parser.add_argument("--http-port", help="REST and pages (default 8000; 0 = a free one)")
    parser.add_argument("--media-port", help="calls (default 8080; 0 = a free one)")
    parser.add_argument("--host", help="the address to listen on (default 127.0.0.1)")
    parser.add_argument("--public-url", help="the address visitors use, when a tunnel or proxy stands before us")
    given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    return read_settings(given)


def read_settings(given: Mapping[str, Any] | None = None) -> LocalSettings:
    """The settings from these values and the environment. Raises InvalidInput that names the value."""
    try:
        return LocalSettings(**dict(given or {}))
    except SettingsError as error:
        raise InvalidInput(f"{error}: it is no JSON") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{name.replace('_', '-')}: {first['msg'].removeprefix('Value error, ')}") from None


def inherited_environment() -> dict[str, str]:
    """Our own environment, which a child gets whole."""
    return dict(os.environ)  # noqa: TID251 - nothing is read from it here
