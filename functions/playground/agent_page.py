"""What every page of one agent has: the agent, its tabs, and the look at a change before it is saved."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import HTMLResponse

from callcore.agents.agent import Agent, AgentConfig, typed_config
from callcore.ids import AgentId
from playground.comparison import compared, digest_of, pretty
from playground.sections import FORMS
from playground.visit import Visit

TABS = (
    ("configure", "Configure"),
    ("knowledge", "Knowledge"),
    ("try", "Try"),
    ("embed", "Embed"),
    ("versions", "Versions"),
)
"""Below an agent's path, and their labels."""


def agent_of(visit: Visit, agent_id: str) -> Agent:
    """The agent of this account. Raises NotFound."""
    return visit.console.agents.get_agent(visit.account.account_id, AgentId(agent_id))


def agent_page(
    visit: Visit, agent: Agent, template: str, status: int = 200, *, tab: str, **context: Any
) -> HTMLResponse:
    """A page of the agent; its template extends agent_base.html.j2. `tab` is the one that is open."""
    return visit.page(template, status, agent=agent, tab=tab, tabs=TABS, **context)


def config_page(
    visit: Visit, agent: Agent, template: str, status: int = 200, *, form: str, **context: Any
) -> HTMLResponse:
    """A page among the forms of the configuration; `form` is the one that is open."""
    labels = [(name, label) for name, (label, _) in FORMS.items()]
    # Functions have pages of their own, between what the agent thinks with and how it converses.
    forms = dict([*labels[:3], ("functions", "Functions"), *labels[3:]])
    return agent_page(
        visit, agent, template, status, tab="configure", forms=forms, form=form, digest=digest_of(agent), **context
    )


def review_page(
    visit: Visit, agent: Agent, name: str, config: Mapping[str, Any], back: str, *, status: int = 200, warning: str = ""
) -> HTMLResponse:
    """What would change; `back` is the path below the agent's where the change was made."""
    lines = compared(pretty(agent.name, agent.config), pretty(name, config))
    written = json.dumps(config, ensure_ascii=False)
    return agent_page(
        visit,
        agent,
        "agent_review.html.j2",
        status,
        tab="configure",
        lines=lines,
        name=name,
        config=written,
        digest=digest_of(agent),
        back=back,
        warning=warning,
        added=sum(line.mark == "+" for line in lines),
        removed=sum(line.mark == "-" for line in lines),
    )


def warnings_of(visit: Visit, agent: Agent) -> tuple[str, ...]:
    """What its owner should know: what he may not have meant, models that end, and what was wrong before."""
    # Late: a start does not wait for the prices.
    from callcore.billing.rate_card import rate_card
    from callcore.desks.agent_warnings import agent_warnings
    from callcore.desks.provider_warnings import speaking_providers

    typed = typed_config(agent.config)
    if not isinstance(typed, AgentConfig):
        return tuple(f"{problem.told('config')}." for problem in typed)
    blobs, now = visit.console.records.blobs, visit.console.clock.unix_s()
    return agent_warnings(typed, rate_card(), now, lambda: speaking_providers(blobs, lambda: visit.account))
