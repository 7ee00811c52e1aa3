import asyncio

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.local.front import front


def answered_by(scope: Scope) -> str:
    answers: list[str] = []

    def named(name: str) -> ASGIApp:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            answers.append(name)

        return app

    async def receive() -> Message:
        raise AssertionError("no application here reads")

    async def send(message: Message) -> None:
        raise AssertionError("no application here writes")

    async def ask() -> None:
        applications = (named(name) for name in ("api", "pages", "console", "carriers", "media", "uploads"))
        await front(*applications)(scope, receive, send)

    asyncio.run(ask())
    (answer,) = answers
    return answer


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        ("http", "/agents/-Abc", "api"),
        ("http", "/agents/embedded", "pages"),
        ("http", "/agents/embedded/", "api"),
        ("http", "/embed.js", "pages"),
        ("http", "/telephony/twilio/answer/acc_1/+15550001111", "carriers"),
        ("http", "/telephony", "api"),
        ("http", "/health", "api"),
        ("http", "/knowledge/uploads", "uploads"),
        ("http", "/knowledge/list_files", "api"),
        ("http", "/millis", "api"),
        ("http", "/", "console"),
        ("http", "/console", "console"),
        ("http", "/console/agents", "console"),
        ("http", "/consoles", "api"),
        ("websocket", "/millis", "media"),
        ("websocket", "/", "api"),
        ("websocket", "/agents/embedded", "api"),
        ("lifespan", "", "api"),
    ],
)
def test_who_answers(kind: str, path: str, expected: str) -> None:
    assert answered_by({"type": kind, "path": path}) == expected
