"""The examples of the SDK's README run as printed: React and Vue with the npm package, the extension in Chromium."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright

from tests.e2e.widget.conftest import CHROMIUM, OpenPage
from tests.peers.millis import MillisPeer, PeerCall
from tests.peers.web import Site
from tests.unit.widget import sdk_readme
from tests.unit.widget.sdk_project import ESBUILD, make_project, run, vue_as_typescript

pytestmark = pytest.mark.full

REACT = """import { createRoot } from 'react-dom/client';
import { Talk } from './Talk';
createRoot(document.getElementById('root')!).render(<Talk agentId="-Abc" />);
"""
VUE = """import { createApp } from 'vue';
import Talk from './Talk';
createApp(Talk, { agentId: '-Abc' }).mount('#root');
"""


async def greet(call: PeerCall) -> None:
    """A script that says one thing and listens."""
    await call.ready()
    await call.say("onresponsetext", "Hi there", is_final=True)
    await call.closed.wait()


def talks(page: Page, peer: MillisPeer, until: Callable[[Callable[[], bool], str], None]) -> None:
    """The example's button begins a call, its words are shown, and the button ends it."""
    page.get_by_role("button", name="Talk").click()
    page.get_by_text("Hi there").wait_for()
    until(lambda: any(peer.last.audio), "the microphone is heard")
    assert peer.last.initiate["agent"]["agent_id"] in ("-Abc", "AGENT_ID")
    page.get_by_role("button", name="Hang up").click()
    page.get_by_role("button", name="Talk").wait_for()
    until(lambda: peer.last.close_code == 1000, "the call is closed")


@pytest.mark.parametrize("framework", ["react", "vue"])
def test_a_bundled_example_talks(
    visit: OpenPage, peer: MillisPeer, other_site: Site, tmp_path: Path, framework: str
) -> None:
    package = make_project(tmp_path)
    if framework == "react":
        (tmp_path / "Talk.tsx").write_text(sdk_readme.react().replace("wss://HOST/millis", peer.url))
        (tmp_path / "main.tsx").write_text(REACT)
    else:
        (tmp_path / "Talk.vue").write_text(sdk_readme.vue().replace("wss://HOST/millis", peer.url))
        (tmp_path / "Talk.ts").write_text(vue_as_typescript(tmp_path / "Talk.vue"))
        (tmp_path / "main.tsx").write_text(VUE)
    production = "--define:process.env.NODE_ENV='production'"
    served = tmp_path / "served"
    bundle = ("--bundle", "--format=esm", "--jsx=automatic", production, f"--outfile={served / 'main.js'}")
    run(ESBUILD, tmp_path / "main.tsx", *bundle)
    (served / "worklets").symlink_to(package / "worklets")
    other_site.files = {"/app/": served}
    peer.script = greet
    page = '<div id="root"></div><script type="module" src="/app/main.js"></script>'
    visited = visit(other_site.page(page))
    talks(visited.page, peer, visited.until)
    assert visited.complaints == []


def test_the_extension_talks(playwright: Playwright, peer: MillisPeer, microphone_wav: Path, tmp_path: Path) -> None:
    extension, project = tmp_path / "extension", tmp_path / "project"
    project.mkdir()
    make_project(project).rename(tmp_path / "parley")
    extension.mkdir()
    (tmp_path / "parley").rename(extension / "parley")
    for name, text in sdk_readme.extension().items():
        (extension / name).write_text(text.replace("wss://HOST/millis", peer.url))
    peer.script = greet
    context = playwright.chromium.launch_persistent_context(
        tmp_path / "profile",
        executable_path=CHROMIUM,
        headless=False,
        args=[
            "--headless=new",
            "--no-sandbox",
            f"--disable-extensions-except={extension}",
            f"--load-extension={extension}",
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-audio-capture={microphone_wav}",
        ],
    )
    try:
        worker = context.service_workers[0] if context.service_workers else context.wait_for_event("serviceworker")
        page = context.new_page()
        page.goto(worker.url.replace("background.js", "call.html"))

        def until(condition: Callable[[], bool], what: str) -> None:
            for _ in range(200):
                if condition():
                    return
                page.wait_for_timeout(50)
            raise AssertionError(f"never: {what}")

        talks(page, peer, until)
        assert (peer.last.origin or "").startswith("chrome-extension://")
    finally:
        context.close()
