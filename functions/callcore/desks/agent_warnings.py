"""What an agent's owner is told when it is saved: it will work, but perhaps not as he means."""

from itertools import islice

from callcore.agents.agent import AgentConfig
from callcore.agents.slips import slips
from callcore.billing.rate_card import RateCard
from callcore.billing.shutdowns import shutdown_warnings
from callcore.desks.provider_warnings import Speaking, provider_warnings
from callcore.tools.toolbox import toolbox

MAX_WARNINGS = 20


def agent_warnings(config: AgentConfig, card: RateCard, now: float, speaking: Speaking) -> tuple[str, ...]:
    """Slips, functions that are not offered, providers that do not serve, models that end; `now` is unix seconds."""
    found = (
        *slips(config),
        *toolbox(config, {}).notes,
        *provider_warnings(config, card, speaking),
        *shutdown_warnings(config, card, now),
    )
    return tuple(islice(found, MAX_WARNINGS))
