"""The environment of the widget's pages."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_WIDGET_FOLDER = Path(__file__).parents[2] / "widget"


class Settings(BaseSettings):
    """Read once at the start; a wrong value stops the process there."""

    model_config = SettingsConfigDict(frozen=True)

    assets_dir: Path = Field(default=_WIDGET_FOLDER, validation_alias="WIDGET_ASSETS_DIR")
    """Holds `static/` and `templates/`."""
    public_url: str | None = Field(default=None, validation_alias="PARLEY_PUBLIC_URL", pattern=r"^https?://[^/]+/?$")
    """The origin that visitors use, when it is not the one that requests show."""
    media_url: str | None = Field(default=None, validation_alias="PARLEY_MEDIA_URL", pattern=r"^wss?://.+$")
    """Of `/millis`; by default the public origin's, and without one the page's own."""

    @property
    def page_media_url(self) -> str | None:
        """What the page is told; None = `/millis` of the origin that serves it."""
        if self.media_url is not None or self.public_url is None:
            return self.media_url
        return self.public_url.rstrip("/").replace("http", "ws", 1) + "/millis"
