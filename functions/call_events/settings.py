"""The environment of the Lambda function."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class FunctionSettings(BaseSettings):
    """Read once at the start; a wrong value stops the process there."""

    model_config = SettingsConfigDict(env_prefix="PARLEY_", frozen=True)

    table: str = Field(min_length=1)
    """The DynamoDB table."""
    outbox_table: str = Field(min_length=1)
    """The DynamoDB table of the outbox."""
    outbox_key: str = Field(min_length=1)
    """The name of the secret that opens it."""
    bucket: str = Field(min_length=1)
    """Of the chats that are too long for a row."""
    api_url: str = Field(pattern=r"^https://[^/]+$")
    """Where recordings are heard, as people are told it."""
    log_level: str = "INFO"
