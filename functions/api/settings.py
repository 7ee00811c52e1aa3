"""The environment of the Lambda function."""

from pydantic import Field, Json

from callcore.regions import RegionalUrls
from observability.environment import Environment, Given, MediaUrlOrNone, OriginOrNone


class FunctionSettings(Environment):
    """Read once at the start; a wrong value stops the process there."""

    table: Given
    """The DynamoDB table."""
    bucket: Given
    """Of recordings."""
    public_url: OriginOrNone = ""
    """The origin that people are told; empty is API Gateway's own."""
    outbox_table: Given
    """The DynamoDB table of the outbox."""
    outbox_key: Given
    """The name of the secret that opens it."""
    internal_secret: Given
    """The name of the secret that proves us to workers."""
    telephony_key: Given
    """The name of the secret that seals the credentials of carriers."""
    worker_key: Given
    """The name of the secret that seals what workers know their sockets by."""
    call_events_queue: Given
    """URL of the queue to what happens after calls: it places them, too."""
    media_url: MediaUrlOrNone = ""
    """Where media sockets go; empty: the stack has no workers."""
    media_urls: Json[RegionalUrls] = Field(default_factory=dict)
    """The same of regions that have workers of their own, by their names (a JSON object)."""
    workers_url: OriginOrNone = ""
    """The load balancer of the workers; empty: there are none."""
    sip_host: str = Field(default="", pattern=r"^$|^[^/@]+$")
    """The host of permanent SIP addresses, which stays and leads to the workers; empty: there is none."""
    turn_urls: str = ""
    """TURN servers for clients of WebRTC, with blanks between them; empty: none."""
    turn_username: str = ""
    """Their one user; empty: every client gets credentials of its own."""
    turn_secret: str = ""
    """The name of the secret that makes them, or that is that user's password."""
    log_level: str = "INFO"
