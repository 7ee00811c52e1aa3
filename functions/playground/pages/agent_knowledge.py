"""What an agent knows from files: uploaded, chosen, deleted, and searched as a call would."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from callcore.agents.agent import Agent, AgentConfig, typed_config
from callcore.desks.knowledge import NewFile
from callcore.errors import CallError, Conflict, InvalidInput, NotFound
from callcore.ids import FileId
from callcore.knowledge.files import (
    MAX_AGENT_BYTES,
    MAX_AGENT_FILES,
    MAX_DESCRIPTION_CHARS,
    MAX_FILE_NAME_CHARS,
    KnowledgeFile,
)
from callcore.knowledge.known import MAX_TOLD_BYTES
from playground.agent_page import agent_of, agent_page
from playground.forms import MAX_UPLOAD_KIB, Posted
from playground.views import PREFIX, Notice
from playground.visit import Visit, Visitor

router = APIRouter(prefix=f"{PREFIX}/agents/{{agent_id}}/knowledge")
MAX_QUESTION_CHARS = 200


@router.get("")
def show_knowledge(agent_id: str, visit: Visitor, q: str = "") -> Response:
    """The account's files, those that the agent knows, and what it would find for a question."""
    agent = agent_of(visit, agent_id)
    return _page(visit, agent, question=q[:MAX_QUESTION_CHARS].strip())


@router.post("/chosen")
def choose_files(agent_id: str, visit: Visitor, form: Posted) -> Response:
    """Have the agent know these, and say that while it searches."""
    agent = agent_of(visit, agent_id)
    messages = [line.strip() for line in form.text("messages").splitlines() if line.strip()]
    wanted = [FileId(each) for each in form.several("file")]
    try:
        visit.console.knowledge.set_agent_files(
            visit.console.edits, visit.account.account_id, agent.agent_id, wanted, messages, visit.session.name
        )
    except (InvalidInput, NotFound) as error:
        return _page(visit, agent, 422, wrong=str(error))
    return visit.redirect(f"/agents/{agent_id}/knowledge", Notice.SAVED)


@router.post("/files")
def upload_file(agent_id: str, visit: Visitor, form: Posted) -> Response:
    """A new file, which the agent knows from now on."""
    agent, sent = agent_of(visit, agent_id), form.file("content")
    name = (sent.file_name or "").replace("\\", "/").rpartition("/")[2][-MAX_FILE_NAME_CHARS:]
    new = NewFile(name or "text", form.text("description")[:MAX_DESCRIPTION_CHARS])
    account_id, desk = visit.account.account_id, visit.console.knowledge
    try:
        if len(sent.content) > MAX_UPLOAD_KIB * 1024:
            raise InvalidInput(f"here a file has at most {MAX_UPLOAD_KIB} KiB; REST takes larger ones")
        file = desk.take(account_id, new, sent.content)
        desk.attach(visit.console.edits, account_id, agent.agent_id, file.file_id, visit.session.name)
    except (Conflict, InvalidInput) as error:
        return _page(visit, agent_of(visit, agent_id), 422, wrong_upload=str(error))
    return visit.redirect(f"/agents/{agent_id}/knowledge", Notice.FILE_TAKEN)


@router.post("/files/{file_id}/delete")
def delete_file(agent_id: str, file_id: str, visit: Visitor, form: Posted) -> Response:
    """For every agent: calls of those that name it go on without it."""
    visit.console.knowledge.delete(visit.account.account_id, FileId(file_id))
    return visit.redirect(f"/agents/{agent_id}/knowledge", Notice.FILE_DELETED)


def _page(visit: Visit, agent: Agent, status: int = 200, *, question: str = "", **told: str) -> Response:
    files = visit.console.knowledge.files.list_files(visit.account.account_id)
    typed = typed_config(agent.config)
    known = typed.knowledge_base if isinstance(typed, AgentConfig) else AgentConfig().knowledge_base
    chosen = [file for file in files if file.file_id in known.files]
    context: dict[str, Any] = {
        "files": files,
        "known": known,
        "lost": [file_id for file_id in known.files if file_id not in {file.file_id for file in files}],
        "users": _users(visit),
        "is_told": sum(file.size_bytes for file in chosen) <= MAX_TOLD_BYTES,
        "question": question,
        "found": _found(visit, chosen, question) if question else (),
        "max_upload_kib": MAX_UPLOAD_KIB,
        "wrong": "",
        "wrong_upload": "",
    }
    return agent_page(visit, agent, "agent_knowledge.html.j2", status, tab="knowledge", **context | told)


def _users(visit: Visit) -> Mapping[str, Sequence[str]]:
    """The names of the agents that know each file."""
    users: dict[str, list[str]] = {}
    for agent in visit.console.agents.list_agents(visit.account.account_id):
        typed = typed_config(agent.config)
        for file_id in typed.knowledge_base.files if isinstance(typed, AgentConfig) else ():
            users.setdefault(file_id, []).append(agent.name)
    return users


def _found(visit: Visit, files: Sequence[KnowledgeFile], question: str) -> Sequence[Any]:
    # Late: few visits search.
    from callcore.knowledge.answer import Searchable, find, read_file

    visit.console.trials.count(visit.account.account_id, visit.console.clock.monotonic_s())
    read: list[Searchable] = []
    size = 0
    for file in files[:MAX_AGENT_FILES]:
        size += file.size_bytes
        try:
            read += [read_file(visit.console.knowledge.blobs, file)] if size <= MAX_AGENT_BYTES else []
        except CallError:
            continue
    return find(read, question)
