"""What everything that runs functions promises (media_worker.ports.tools)."""

import asyncio
from typing import Any

import pytest

from callcore.agents.tools import Tool
from callcore.errors import ToolFailed
from callcore.ids import SessionId
from media_worker.ports.tools import ToolRequest, ToolRunner
from media_worker.providers.registry import Kind
from tests.contract.ports.worker.adapters import TOOL_ADAPTERS, run

pytestmark = pytest.mark.parametrize("name", TOOL_ADAPTERS)


def request(**tool: Any) -> ToolRequest:
    return ToolRequest(Tool.model_validate({"name": "show_map", **tool}), {"place": "corner"}, SessionId("s1"))


@pytest.mark.parametrize("webhook", ["", " ", "none"])
def test_a_function_without_a_webhook_has_an_empty_result(name: str, webhook: str) -> None:
    async def scene(runner: ToolRunner) -> None:
        assert await runner.run(request(webhook=webhook)) == ""

    run(Kind.TOOLS, name, scene)


def test_a_form_says_that_it_is_there(name: str) -> None:
    async def scene(runner: ToolRunner) -> None:
        assert "form" in await runner.run(request(type="web_form"))

    run(Kind.TOOLS, name, scene)


def test_a_webhook_that_cannot_be_called_is_a_failure_that_names_no_address(name: str) -> None:
    async def scene(runner: ToolRunner) -> None:
        with pytest.raises(ToolFailed) as failed:
            await runner.run(request(webhook="https://hooks.invalid/secret"))
        assert str(failed.value)
        assert "hooks.invalid" not in str(failed.value)

    run(Kind.TOOLS, name, scene)


def test_runs_at_once_do_not_mix(name: str) -> None:
    async def scene(runner: ToolRunner) -> None:
        results = await asyncio.gather(*(runner.run(request()) for _ in range(10)))
        assert results == [""] * 10

    run(Kind.TOOLS, name, scene)
