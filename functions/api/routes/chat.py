"""Conversations in writing (protocol.md 7.9)."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, CallingAccount, Dependencies
from api.problems import AsciiJsonResponse
from api.routes.calls import BlankIsNull, Continuation, call_off, continues_of
from callcore.accounts.account import Account
from callcore.calls.call import Call
from callcore.calls.registration import Registration, register
from callcore.errors import CallError, InvalidInput
from callcore.ids import AgentId, SessionId
from callcore.wire.jobs import Chat, ChatTurn, Done
from callstore import private_calls

router = APIRouter()

MAX_HISTORY_BYTES = 40_000
"""Of all messages, as UTF-8."""


class ChatAgent(BaseModel):
    """Who answers: a stored agent, a temporary one, or a stored one with overrides."""

    agent_id: Annotated[str | None, BlankIsNull] = None
    agent_config: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    include_metadata_in_prompt: Annotated[bool | None, BlankIsNull] = None


class ChatRequest(BaseModel):
    """One turn; the agent's name is needed only where a conversation begins."""

    messages: Annotated[list[ChatTurn], Field(max_length=500)] = []
    """The conversation, the user's turn last; of one that goes on (`session_id`) only the last counts."""
    agent: ChatAgent = ChatAgent()
    end_of_session: Annotated[bool | None, BlankIsNull] = None
    session_id: Annotated[str | None, BlankIsNull] = None
    """Ours: the conversation that goes on, as a reply named it."""
    session_continuation: Continuation | None = None


@router.post("/chat/completions")
async def chat_completions(body: ChatRequest, account: CallingAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """The agent's answer in writing, by the same agent, functions and webhooks as a call.

    A conversation ends with `end_of_session`, when the agent ends it, or two minutes after its last turn, as
    `chat_completion`; it lasts, and is charged, until its last message. Without `session_id` each request begins one,
    with `messages` as what was said before.
    """
    turn = _turn(body)
    if body.session_id:
        session_id, turn = SessionId(body.session_id), turn.model_copy(update={"history": ()})
        done = await run_in_threadpool(stores.control.send, account.account_id, session_id, turn)
    else:
        call = await run_in_threadpool(_registered, body, account, stores)
        session_id = call.session_id
        try:
            done = await run_in_threadpool(stores.control.send, account.account_id, session_id, turn)
        except CallError:
            await run_in_threadpool(call_off, call, stores)
            raise
    return AsciiJsonResponse(_completion(session_id, done, stores.clock.unix_s()))


def _turn(body: ChatRequest) -> Chat:
    """Raises InvalidInput when there is nothing to answer."""
    if sum(len(message.content.encode()) for message in body.messages) > MAX_HISTORY_BYTES:
        raise InvalidInput(f"messages are longer than {MAX_HISTORY_BYTES} bytes")
    asked = body.messages[-1] if body.messages else None
    only_ends = asked is None and bool(body.session_id and body.end_of_session)
    if not only_ends and (asked is None or asked.role != "user" or not asked.content.strip()):
        raise InvalidInput("the last of messages has to be the user's, with words in it")
    text = asked.content if asked is not None else ""
    return Chat(text=text, history=tuple(body.messages[:-1]), end=bool(body.end_of_session))


def _registered(body: ChatRequest, account: Account, stores: Dependencies) -> Call:
    wanted = body.agent
    agent = stores.agents.get_agent(account.account_id, AgentId(wanted.agent_id)) if wanted.agent_id else None
    registration = Registration(
        agent=agent,
        agent_config=wanted.agent_config,
        metadata=wanted.metadata or {},
        include_metadata_in_prompt=bool(wanted.include_metadata_in_prompt),
        continues=continues_of(body.session_continuation),
    )
    call = register(account.account_id, registration, stores.clock.unix_s())
    private_calls.register_call(call, stores.calls, stores.private)
    return call


def _completion(session_id: SessionId, done: Done, now: float) -> dict[str, Any]:
    message = {"role": "assistant", "content": done.reply}
    return {
        "id": session_id,
        "object": "chat.completion",
        "created": round(now),
        "session_id": session_id,
        "message": message,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "end_of_session": done.ended,
    }
