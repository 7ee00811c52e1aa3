"""The environment of the widget's pages, read without pydantic: see app.py for the reason."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from callcore.errors import InvalidInput

ASSETS_DIR = "WIDGET_ASSETS_DIR"
PUBLIC_URL = "PARLEY_PUBLIC_URL"
MEDIA_URL = "PARLEY_MEDIA_URL"
TABLE = "PARLEY_TABLE"
LOG_LEVEL = "PARLEY_LOG_LEVEL"

_WIDGET_FOLDER = Path(__file__).parents[2] / "widget"
_PUBLIC_URL = re.compile(r"https?://[^/]+/?")
_MEDIA_URL = re.compile(r"wss?://.+")


@dataclass(frozen=True)
class Settings:
    """Read once at the start; a wrong value stops the process there."""

    assets_dir: Path = _WIDGET_FOLDER
    """Holds `static/` and `templates/`."""
    public_url: str | None = None
    """The origin that visitors use, when it is not the one that requests show."""
    media_url: str | None = None
    """Of `/millis`; by default the public origin's, and without one the page's own."""

    served_by: str = ""
    """Who hears, answers and speaks, for the foot of the call page; empty = that is not told."""

    def __post_init__(self) -> None:
        """Raises InvalidInput that names the variable."""
        for name, url, form in (
            (PUBLIC_URL, self.public_url, _PUBLIC_URL),
            (MEDIA_URL, self.media_url, _MEDIA_URL),
        ):
            if url is not None and not form.fullmatch(url):
                raise InvalidInput(f"{name} must look like {form.pattern}")

    @property
    def page_media_url(self) -> str | None:
        """What the page is told; None = `/millis` of the origin that serves it."""
        if self.media_url is not None or self.public_url is None:
            return self.media_url
        return self.public_url.rstrip("/").replace("http", "ws", 1) + "/millis"


@dataclass(frozen=True)
class FunctionSettings:
    """Of the Lambda function."""

    pages: Settings
    table: str
    """The DynamoDB table."""
    log_level: str = "INFO"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """What the environment says; an empty variable says nothing. Raises InvalidInput."""
    if environment is None:
        environment = os.environ  # noqa: TID251 - this is where it is read
    return Settings(
        assets_dir=Path(environment.get(ASSETS_DIR) or _WIDGET_FOLDER),
        public_url=environment.get(PUBLIC_URL) or None,
        media_url=environment.get(MEDIA_URL) or None,
    )


def read_function_settings(environment: Mapping[str, str] | None = None) -> FunctionSettings:
    """The same of the Lambda function. Raises InvalidInput."""
    if environment is None:
        environment = os.environ  # noqa: TID251
    if not environment.get(TABLE):
        raise InvalidInput(f"{TABLE} must name the table")
    return FunctionSettings(read_settings(environment), environment[TABLE], environment.get(LOG_LEVEL) or "INFO")
