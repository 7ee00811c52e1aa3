"""The environment of the Lambda function."""

from pydantic import Field, Json

from callcore.regions import RegionalUrls
from observability.environment import Environment, Given, MediaUrlOrNone, OriginOrNone


class FunctionSettings(Environment):
    """Read once at the start; a wrong value stops the process there."""

    table: Given
    """The DynamoDB table."""
    internal_secret: Given
    """The name of the secret that workers believe."""
    telephony_key: Given
    """The name of the secret that proves our addresses, and opens the credentials of carriers."""
    api_url: OriginOrNone = ""
    """Our origin, as carriers were told it: their signatures are over it. Empty is API Gateway's own."""
    media_url: MediaUrlOrNone = ""
    """Where media sockets go; empty: the stack has no workers."""
    media_urls: Json[RegionalUrls] = Field(default_factory=dict)
    """The same of regions that have workers of their own, by their names (a JSON object)."""
    workers_url: OriginOrNone = ""
    """The load balancer of the workers; empty: there are none."""
    log_level: str = "INFO"
