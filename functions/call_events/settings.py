"""The environment of the Lambda function."""

from pydantic import Field, Json

from callcore.regions import RegionalUrls
from observability.environment import Environment, Given, MediaUrlOrNone, Origin


class FunctionSettings(Environment):
    """Read once at the start; a wrong value stops the process there."""

    table: Given
    """The DynamoDB table."""
    outbox_table: Given
    """The DynamoDB table of the outbox."""
    outbox_key: Given
    """The name of the secret that opens it."""
    bucket: Given
    """Of the chats that are too long for a row."""
    internal_secret: Given
    """The name of the secret that workers believe."""
    telephony_key: Given
    """The name of the secret that seals the credentials of carriers."""
    media_url: MediaUrlOrNone = ""
    """Where media sockets go; empty: the stack has no workers."""
    media_urls: Json[RegionalUrls] = Field(default_factory=dict)
    """The same of regions that have workers of their own, by their names (a JSON object)."""
    api_url: Origin
    """Where recordings are heard, as people are told it."""
    log_level: str = "INFO"
