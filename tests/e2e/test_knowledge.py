"""A file uploaded by the client's own steps, given to an agent, and spoken of in a call and in writing."""

import asyncio
import json
from typing import Any

import httpx2

from tests.e2e.stack import Stack
from tests.e2e.test_typing import ask
from tests.peers.millis_client import connect

MENU = "# Soups\nBorscht costs seven euros.\n\n# Parking\n" + "The garage behind the house is open day and night. " * 60
SCRIPT = {
    "intents": [{"phrases": ["tell me about {query}"], "tool": "search_knowledge", "answer": "It says: {passages}"}],
    "slots": {"query": ["borscht", "parking"]},
}


def uploaded(stack: Stack, name: str, text: str) -> str:
    """The id of a new file, made as clients of the hosted platform make one."""
    with httpx2.Client(base_url=stack.media_http, headers=authorised(stack), trust_env=False) as back_end:
        form = back_end.post("/knowledge/generate_presigned_url", json={"filename": name}).json()
        with httpx2.Client(trust_env=False) as anybody:
            sent = anybody.post(form["url"], data=form["fields"], files={"file": (name, text.encode())})
            assert sent.status_code in (200, 204)
        key = form["fields"]["key"]
        file_id = key.split("/")[1].split("_")[0]
        body = {"object_key": key, "description": "", "name": name, "file_type": "text/plain", "size": len(text)}
        back_end.post("/knowledge/create_file", json=body).raise_for_status()
        assert file_id in [file["id"] for file in back_end.get("/knowledge/list_files").json()]
        return str(file_id)


def authorised(stack: Stack) -> dict[str, str]:
    return {"Authorization": stack.connection["private_key"]}


async def heard(stack: Stack, agent_id: str) -> str:
    """The session in which the agent told it."""
    async with connect(stack.connection["media_url"], microphone=False) as client:
        start = {"public_key": stack.connection["public_key"], "agent": {"agent_id": agent_id}}
        await client.initiate(**start, voice=False)
        session_id = str((await client.wait_for("onready")).payload["session_id"])
        await client.wait_for("onresponsetext", is_final=True)
        assert "Borscht costs seven euros." in await ask(client, "Tell me about borscht.")
        return session_id


def test_an_agent_speaks_of_what_stands_in_a_file(stack: Stack) -> None:
    with httpx2.Client(base_url=stack.connection["api_url"], headers=authorised(stack), trust_env=False) as back_end:

        def post(path: str, body: dict[str, Any]) -> Any:
            return back_end.post(path, json=body, timeout=30).raise_for_status().json()

        config = {"first_message": "Hello.", "llm": {"provider": "script", "script": SCRIPT}}
        agent_id = post("/agents", {"name": "Waiter", "config": config})["id"]
        file_id = uploaded(stack, "menu.md", MENU)
        post("/knowledge/set_agent_files", {"agent_id": agent_id, "files": [file_id], "messages": ["Let me check."]})

        talk = {"messages": [{"role": "user", "content": "Tell me about parking."}], "agent": {"agent_id": agent_id}}
        assert "garage behind the house" in post("/chat/completions", talk)["message"]["content"]

        chat = json.loads(stack.ended_call(asyncio.run(heard(stack, agent_id)))["chat"])
        said = [message["content"] for message in chat if message["role"] == "assistant"]
        assert said[1] == "Let me check."
        (found,) = [json.loads(message["content"]) for message in chat if message["role"] == "tool"]
        assert found["passages"][0] == {"file": "menu.md", "text": "# Soups\nBorscht costs seven euros."}

        assert post("/knowledge/delete_file", {"id": file_id})["agents"] == [agent_id]
        silent = post("/chat/completions", talk)
        assert "did not work" in silent["message"]["content"]
        notes = stack.get(f"/call-logs/{silent['session_id']}")["notes"]
        assert f"the knowledge file {file_id} was not found" in notes
