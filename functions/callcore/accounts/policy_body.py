"""The policy of a public key as its owner writes it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from callcore.accounts.account import KeyPolicy, Overrides
from callcore.ids import AgentId

MAX_LISTED = 100
MAX_LABEL_CHARS = 100

Origin = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+/?$", max_length=300)]
Limit = Annotated[int, Field(ge=0, le=1_000_000_000)] | None
ListedAgent = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class PolicyBody(BaseModel):
    """What a public key opens; absent is the default of a new key, null opens agents or origins wholly."""

    # A misspelt limit that was passed over would leave a key in a public page open wider than its owner wrote.
    model_config = ConfigDict(extra="forbid")

    agents: Annotated[list[ListedAgent], Field(max_length=MAX_LISTED)] | None = None
    origins: Annotated[list[Origin], Field(max_length=MAX_LISTED)] | None = None
    overrides: Overrides = Overrides.SAFE
    phone: bool = False
    loopback_only: bool = False
    max_concurrent_calls: Limit = None
    max_minutes_per_day: Limit = None
    max_spend_per_day: Limit = None
    """US cents."""

    def policy(self) -> KeyPolicy:
        """As it is stored."""
        return KeyPolicy(
            agents=None if self.agents is None else tuple(AgentId(agent) for agent in self.agents),
            origins=None if self.origins is None else tuple(self.origins),
            overrides=self.overrides,
            phone=self.phone,
            loopback_only=self.loopback_only,
            max_concurrent_calls=self.max_concurrent_calls,
            max_minutes_per_day=self.max_minutes_per_day,
            max_spend_per_day=self.max_spend_per_day,
        )
