"""From the functions of an agent to what its conversation has to know of them."""

from collections.abc import Mapping

from callcore.agents.tools import Tool
from callcore.knowledge.known import SEARCH_KNOWLEDGE, SEARCH_S
from callcore.opening.plan import SessionPlan
from callcore.phones.sip_addresses import SIP
from callcore.telephony.transfers import obstacle
from callcore.tools.toolbox import BuiltIn, Toolbox, rendered
from media_worker.conversation.tool_policy import ToolPolicy

BY_THE_TRUNK_S = 70.0
"""A SIP trunk dials while the session goes on; it has a minute."""


def tool_policies(plan: SessionPlan, box: Toolbox) -> dict[str, ToolPolicy]:
    """How each function is announced, timed and ended, by its name."""
    variables = plan.variables
    policies = {name: _policy(tool, variables) for name, tool in box.tools.items()}
    goodbyes = rendered(plan.config.flow.agent_terminate_call.messages, variables)
    built_in = {
        BuiltIn.END_CALL: ToolPolicy(messages=goodbyes, verbatim=False, ends_call=True),
        BuiltIn.TRANSFER_CALL: _transfer(plan),
        BuiltIn.DTMF_DIAL: ToolPolicy(after_message=True, changes_something=True, uninterrupted=True),
        SEARCH_KNOWLEDGE: ToolPolicy(rendered(plan.config.knowledge_base.messages, variables), timeout_s=SEARCH_S),
    }
    offered = {offer.name for offer in box.offers}
    return {name: policy for name, policy in built_in.items() if name in offered} | policies


def _transfer(plan: SessionPlan) -> ToolPolicy:
    """Nothing is announced that does not happen."""
    if obstacle(plan.voip) is not None:
        return ToolPolicy()
    messages = rendered(plan.config.flow.call_transfer.messages, plan.variables)
    timeout_s = BY_THE_TRUNK_S if (plan.voip or {}).get("provider") == SIP else ToolPolicy.timeout_s
    return ToolPolicy(messages, verbatim=False, after_message=True, timeout_s=timeout_s, changes_something=True)


def _policy(tool: Tool, variables: Mapping[str, str]) -> ToolPolicy:
    return ToolPolicy(
        messages=rendered(tool.messages, variables),
        verbatim=not tool.is_flexible,
        after_message=tool.execute_after_message,
        timeout_s=tool.patience_s,
        changes_something=tool.changes_something,
        asks_user=tool.is_web_form,
    )
