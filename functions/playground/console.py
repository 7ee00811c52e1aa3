"""What the console stands on: the same ports as REST, asked in process."""

from dataclasses import dataclass, field
from typing import Protocol

from callcore.accounts.console_sessions import ConsoleSessions, SignedIn
from callcore.accounts.ports import AccountStore, Credentials, UsedTokens
from callcore.accounts.rate_limit import Rate, RateLimiter
from callcore.agents.ports import AgentChanges, AgentStore
from callcore.agents.versions import AgentVersions
from callcore.clock import Clock
from callcore.desks.agent_edits import AgentEdits
from callcore.desks.campaigns import CampaignDesk
from callcore.desks.knowledge import KnowledgeDesk
from callcore.desks.numbers import NumberDesk
from callcore.wire.call_control import CallControl
from playground.records import Records
from playground.views import Views

SIGN_IN_RATE = Rate(burst=10, per_second=10 / 60)
"""Of every address, in every process."""

TRIAL_RATE = Rate(burst=10, per_second=0.5)
"""Of every account, in every process: the console is no way to send requests by the thousand."""


class Agents(AgentStore, AgentChanges, Protocol):
    """Both ports of the agents."""


@dataclass(frozen=True)
class Console:
    """The ports of this function. They are synchronous, so pages that use them are plain functions."""

    accounts: AccountStore
    credentials: Credentials
    agents: Agents
    edits: AgentEdits
    versions: AgentVersions
    sessions: ConsoleSessions
    signed_in: SignedIn
    used: UsedTokens
    records: Records
    numbers: NumberDesk
    campaigns: CampaignDesk
    knowledge: KnowledgeDesk
    workers: CallControl
    """To any worker: for what is of no session."""
    views: Views
    clock: Clock
    public_url: str
    """Our own origin, as people are told it; without a trailing slash."""
    media_url: str
    """Of `/millis`; empty: the stack has no workers."""
    link_secret: str = ""
    """Proves one-time links; empty: there are none, and a private key alone opens the console."""
    link_account: str = ""
    """The account that a one-time link opens."""
    allow_private_urls: bool = False
    """Whether customers' servers may be asked over plain HTTP and in private networks."""
    trials: RateLimiter = field(default_factory=lambda: RateLimiter(TRIAL_RATE, "the account", "trials"))
    sign_ins: RateLimiter = field(default_factory=lambda: RateLimiter(SIGN_IN_RATE, "your address", "attempts"))
