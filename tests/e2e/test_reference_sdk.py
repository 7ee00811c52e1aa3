"""The unmodified npm package `@millisai/web-sdk` 1.0.15 talks with the demo agent."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.e2e.speech import silence, speak, write_wav
from tests.e2e.stack import Stack
from tests.e2e.test_page_conversation import CHROMIUM, GREETING_S, QUESTION
from tests.peers.sdk_page import sdk_page, sdk_url


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    spoken = silence(GREETING_S) + speak(QUESTION) + silence(8.0) + speak("goodbye") + silence(20.0)
    wav = write_wav(tmp_path_factory.mktemp("audio") / "user.wav", spoken)
    flags = [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={wav}%noloop",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser.new_page()
        browser.close()


def test_the_reference_sdk_converses(stack: Stack, page: Page) -> None:
    connection = stack.connection
    with sdk_page() as origin:
        metadata = {"userName": "Ann"}
        page.goto(sdk_url(origin, connection["media_url"], connection["public_key"], connection["agent_id"], metadata))
        page.locator("body[data-loaded]").wait_for()
        page.click("#start")
        page.wait_for_function("window.events.some((event) => event.name === 'onclose')", timeout=60_000)
        events: list[dict[str, Any]] = page.evaluate("window.events")

    def of(name: str) -> list[dict[str, Any]]:
        return [event for event in events if event["name"] == name]

    (ready,) = of("onready")
    session_id = ready["data"]["session_id"]
    finals = [event["data"] for event in of("ontranscript") if event["payload"]["is_final"]]
    replies = [event["data"] for event in of("onresponsetext") if event["payload"]["is_final"]]
    assert finals == [QUESTION, "goodbye"]
    assert [reply.split()[0] for reply in replies] == ["Hi", "We", "Goodbye,"]
    assert len(of("onlatency")) == len(replies)
    assert sum(event["data"] for event in of("onaudio")) > 2 * 16_000 * 6
    assert len(of("onsessionended")) == 1
    assert of("onclose")[0]["data"]["code"] == 1000
    call = stack.ended_call(session_id)
    assert (call["call_status"], call["metadata"]) == ("agent-ended", metadata)
