"""Debian's Firefox by WebDriver BiDi (w3c.github.io/webdriver-bidi), which it speaks without another program."""

import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

FIREFOX = "firefox-esr"
START_S, REPLY_S = 60, 60
PREFERENCES = {
    "media.cubeb.force_mock_context": True,
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
"""A loudspeaker without a device, a tone as a microphone that nobody is asked for, nothing that looks for a network."""


@dataclass
class FirefoxPage:
    """One tab."""

    socket: ClientConnection
    context: str = ""
    complaints: list[str] = field(default_factory=list)
    """Warnings and errors of the console, and errors that nobody caught."""
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its result; what is logged meanwhile is kept."""
        number = next(self._ids)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv(REPLY_S))
            if message.get("method") == "log.entryAdded" and message["params"]["level"] in ("warn", "error"):
                self.complaints.append(message["params"]["text"])
            if message.get("id") == number:
                assert message["type"] == "success", message
                return dict(message["result"])

    def before_every_page(self, script: str) -> None:
        """Run it before the scripts of each page that may use a microphone."""
        self.ask("script.addPreloadScript", functionDeclaration=f"() => {{ if (isSecureContext) {{ {script} }} }}")

    def open(self, url: str) -> None:
        """Go there and wait until it has loaded."""
        self.ask("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def run(self, script: str) -> None:
        """Statements, in the page."""
        target = {"context": self.context}
        reply = self.ask("script.evaluate", expression=script, target=target, awaitPromise=False)
        assert reply["type"] == "success", reply

    def evaluate(self, expression: str) -> Any:
        """Its value, which JSON can hold."""
        reply = self.ask(
            "script.evaluate",
            expression=f"JSON.stringify({expression}) ?? null",
            target={"context": self.context},
            awaitPromise=True,
        )
        assert reply["type"] == "success", reply
        text = reply["result"].get("value")
        return None if text is None else json.loads(text)

    def until(self, expression: str) -> None:
        """Wait until it holds."""
        for _ in range(400):
            if self.evaluate(f"Boolean({expression})"):
                return
            time.sleep(0.05)
        raise AssertionError(f"never: {expression} {self.complaints}")

    def click(self, element: str) -> None:
        """Press the mouse in the middle of an element, as a hand does: the browser takes it for the user's own."""
        self.evaluate(f"{element}.scrollIntoView({{ block: 'center' }})")
        box = self.evaluate(f"{element}.getBoundingClientRect()")
        middle = {axis: round(box[axis] + box[length] / 2) for axis, length in (("x", "width"), ("y", "height"))}
        press = [
            {"type": "pointerMove", **middle},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "actions": press}
        self.ask("input.performActions", context=self.context, actions=[mouse])


@contextmanager
def firefox(profile: Path) -> Iterator[FirefoxPage]:
    """Start it without a window, with an empty profile in the folder, until the block is left."""
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    program = shutil.which(FIREFOX)
    assert program is not None
    process = subprocess.Popen(
        [program, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with connect(f"ws://127.0.0.1:{_port(profile)}/session", max_size=None) as socket:
            page = FirefoxPage(socket)
            page.ask("session.new", capabilities={})
            page.ask("session.subscribe", events=["log.entryAdded"])
            page.context = page.ask("browsingContext.getTree")["contexts"][0]["context"]
            yield page
            page.ask("browser.close")
            process.wait(START_S)
    finally:
        process.kill()
        process.wait()


def _port(profile: Path) -> int:
    told = profile / "WebDriverBiDiServer.json"
    for _ in range(10 * START_S):
        if told.exists() and (text := told.read_text()).endswith("}"):
            return int(json.loads(text)["ws_port"])
        time.sleep(0.1)
    raise AssertionError("Firefox did not start")
