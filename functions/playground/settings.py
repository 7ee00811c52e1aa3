"""The environment of the Lambda function."""

from pathlib import Path

from pydantic import Field, Json

from callcore.regions import RegionalUrls
from observability.environment import Environment, Given, MediaUrlOrNone, OriginOrNone

WIDGET_FOLDER = Path(__file__).parents[2] / "widget"
"""Where the assets are on a machine that has the repository."""


class FunctionSettings(Environment):
    """Read once at the start; a wrong value stops the process there."""

    table: Given
    """The DynamoDB table."""
    bucket: Given
    """Of recordings."""
    internal_secret: Given
    """The name of the secret that proves us to workers."""
    telephony_key: Given
    """The name of the secret that seals the credentials of carriers."""
    worker_key: Given
    """The name of the secret that seals what workers know their sockets by."""
    media_urls: Json[RegionalUrls] = Field(default_factory=dict)
    """Where calls go in regions that have workers of their own, by their names (a JSON object)."""
    workers_url: OriginOrNone = ""
    """The load balancer of the workers; empty: there are none."""
    public_url: OriginOrNone = ""
    """The origin that people are told; empty is API Gateway's own."""
    media_url: MediaUrlOrNone = ""
    """Where calls go; empty: the stack has no workers."""
    assets_dir: Path = Field(default=WIDGET_FOLDER, validation_alias="WIDGET_ASSETS_DIR")
    """Holds `templates/`."""
    log_level: str = "INFO"
