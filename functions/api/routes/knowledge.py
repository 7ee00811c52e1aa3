"""Knowledge files of agents (protocol.md 7.8): uploaded with a form, taken in, given to agents."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, PrivateAccount, PrivateKey
from api.problems import AsciiJsonResponse
from api.routes.agents import agent_body, edits_on, saved_by
from callcore.agents.agent import parse_config
from callcore.desks.knowledge import NewFile
from callcore.ids import AgentId, FileId
from callcore.knowledge.files import MAX_DESCRIPTION_CHARS, MAX_FILE_NAME_CHARS, KnowledgeFile

router = APIRouter()

Name = Annotated[str, Field(min_length=1, max_length=MAX_FILE_NAME_CHARS)]
Id = Annotated[str, Field(min_length=1, max_length=64)]


class NewUpload(BaseModel):
    """A file that will be uploaded."""

    filename: Name


class UploadedFile(BaseModel):
    """What was uploaded, and what it is called. `size` is the client's word: what was uploaded counts."""

    object_key: Annotated[str, Field(min_length=1, max_length=512)]
    name: Name
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION_CHARS)] | None = None
    file_type: Annotated[str, Field(max_length=100)] | None = None
    size: float | None = None
    agent_id: str | None = None
    """An agent that shall know the file."""


class FileChoice(BaseModel):
    """One file."""

    id: Id


class AgentFiles(BaseModel):
    """What an agent shall know, and what it says while it searches."""

    agent_id: str
    files: list[Id]
    messages: list[Annotated[str, Field(max_length=1_000)]] | None = Field(default=None, max_length=50)


@router.post("/knowledge/generate_presigned_url")
async def begin_upload(body: NewUpload, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """A form: post its `fields` and then `file` to `url` within a quarter of an hour."""
    form = await run_in_threadpool(stores.knowledge.begin_upload, account.account_id, body.filename)
    return AsciiJsonResponse({"url": form.url, "fields": form.fields})


@router.post("/knowledge/create_file")
async def create_file(body: UploadedFile, key: PrivateKey, stores: AppDependencies) -> AsciiJsonResponse:
    """Take in what was uploaded: text in UTF-8 (plain, Markdown, HTML, CSV, JSON)."""
    new = NewFile(body.name, body.description or "", body.file_type or "")

    def created() -> KnowledgeFile:
        file = stores.knowledge.add(key.account_id, body.object_key, new)
        if body.agent_id:
            edits, agent_id = edits_on(stores), AgentId(body.agent_id)
            stores.knowledge.attach(edits, key.account_id, agent_id, file.file_id, saved_by(key))
        return file

    return AsciiJsonResponse(file_body(await run_in_threadpool(created)))


@router.get("/knowledge/list_files")
async def list_files(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Every file of the account, oldest first, as a bare array."""
    files = await run_in_threadpool(stores.knowledge.files.list_files, account.account_id)
    return AsciiJsonResponse([file_body(file) for file in files])


@router.post("/knowledge/delete_file")
async def delete_file(body: FileChoice, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Delete a file. `agents` still name it: their calls go on without it."""

    def deleted() -> list[AgentId]:
        agents = stores.agents.list_agents(account.account_id)
        naming = [one.agent_id for one in agents if body.id in parse_config(one.config).knowledge_base.files]
        stores.knowledge.delete(account.account_id, FileId(body.id))
        return naming

    return AsciiJsonResponse({"id": body.id, "deleted": True, "agents": await run_in_threadpool(deleted)})


@router.post("/knowledge/set_agent_files")
async def set_agent_files(body: AgentFiles, key: PrivateKey, stores: AppDependencies) -> AsciiJsonResponse:
    """Have an agent know these files and no others; the reply is the agent."""
    files, messages = [FileId(each) for each in body.files], body.messages or []
    agent = await run_in_threadpool(
        stores.knowledge.set_agent_files,
        edits_on(stores),
        key.account_id,
        AgentId(body.agent_id),
        files,
        messages,
        saved_by(key),
    )
    return AsciiJsonResponse(agent_body(agent))


def file_body(file: KnowledgeFile) -> dict[str, Any]:
    """The file on the wire."""
    return {
        "id": file.file_id,
        "name": file.name,
        "file_type": file.file_type,
        "create_at": int(file.created_at),
        "description": file.description,
        "size": file.size_bytes,
    }
