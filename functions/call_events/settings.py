"""The environment of the Lambda function."""

from pydantic import Field, Json

from callcore.regions import RegionalUrls
from observability.environment import Environment


class FunctionSettings(Environment):
    """Read once at the start; a wrong value stops the process there."""

    table: str = Field(min_length=1)
    """The DynamoDB table."""
    outbox_table: str = Field(min_length=1)
    """The DynamoDB table of the outbox."""
    outbox_key: str = Field(min_length=1)
    """The name of the secret that opens it."""
    bucket: str = Field(min_length=1)
    """Of the chats that are too long for a row."""
    internal_secret: str = Field(min_length=1)
    """The name of the secret that workers believe."""
    telephony_key: str = Field(min_length=1)
    """The name of the secret that seals the credentials of carriers."""
    media_url: str = Field(default="", pattern=r"^$|^wss://[^?#]+$")
    """Where media sockets go; empty: the stack has no workers."""
    media_urls: Json[RegionalUrls] = Field(default_factory=dict)
    """The same of regions that have workers of their own, by their names (a JSON object)."""
    api_url: str = Field(pattern=r"^https://[^/]+$")
    """Where recordings are heard, as people are told it."""
    log_level: str = "INFO"
