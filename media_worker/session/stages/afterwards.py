"""When the call is over: what its functions for that moment shall do, as the model sees it (protocol.md 4.1)."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence

from callcore.calls.after_call import AfterCall, after_call_tools, asks_model
from callcore.calls.transcript import Transcript
from callcore.calls.usage import Meter, Unit
from callcore.errors import InvalidInput, ProviderError
from callcore.opening.plan import SessionPlan
from callcore.tools.tool_call import arguments_of
from callcore.tools.toolbox import offer_of
from media_worker.ports.llm import CallTool, LanguageModel, ReplyRequest
from media_worker.session.journal import Chat
from media_worker.session.report.request_meter import RequestMeter

WAIT_S = 15.0
"""For the model; the call is over, and its end is not told before."""
MAX_RUNS = 10
SYSTEM = (
    "You read a conversation that is over and call the functions that are to be run after it. Call each function whose "
    "description fits the conversation, with arguments taken from it. Invent nothing. Write no text."
)
ASK = "The conversation is over. Call the functions now."
log = logging.getLogger(__name__)


async def wanted_afterwards(plan: SessionPlan, llm: LanguageModel, chat: Chat, meter: Meter) -> tuple[AfterCall, ...]:
    """The runs of functions that the model wants; none when it fails. What it uses is added to `meter`.

    Nobody is asked where nothing was said, nor of a call of which nothing may be kept.
    """
    tools = {tool.name: tool for tool in after_call_tools(plan.config) if asks_model(tool, plan.variables)}
    said = any(message["role"] == "user" for message in chat)
    if not tools or not said or plan.config.privacy_settings.opt_out_data_collection:
        return ()
    transcript = Transcript(chat)
    transcript.add_user(ASK)
    offers = tuple(offer_of(tool, plan.variables) for tool in tools.values())
    request = ReplyRequest(plan.config.llm, SYSTEM, transcript.for_model(), plan.variables, offers)
    runs = []
    for call in await _calls(llm, request, meter):
        try:
            runs.append(AfterCall(call.name, arguments_of(tools[call.name], call.arguments, plan.variables)))
        except (InvalidInput, KeyError):
            log.info("a function after the call was called wrongly", extra={"session_id": plan.session_id})
    return tuple(runs[:MAX_RUNS])


async def _calls(llm: LanguageModel, request: ReplyRequest, meter: Meter) -> Sequence[CallTool]:
    used: Counter[Unit] = Counter()
    calls: list[CallTool] = []
    try:
        async with asyncio.timeout(WAIT_S):
            with RequestMeter(request, used) as counting:
                async with llm.reply(request) as events:
                    calls = [event async for event in counting.counted(events) if isinstance(event, CallTool)]
    except (ProviderError, TimeoutError):
        log.warning("the model could not be asked what to run after the call")
    except Exception:
        # Whatever it is, the end of the call has to be told.
        log.exception("the model could not be asked what to run after the call")
    for unit, quantity in used.items():
        meter.add(unit, quantity)
    return calls
