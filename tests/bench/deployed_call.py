"""One call through a deployed stack, as `make e2e URL=… PUBLIC_KEY=… PRIVATE_KEY=… AGENT=…` makes it.

Opens the page, hears the agent's greeting through /millis of the same host, hangs up, reads the call's record and,
where the agent records, fetches the recording. Says what each step took; ends with 1 at the first that fails.
"""

import argparse
import asyncio
import json
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass

from tests.peers.millis_client import connect

GREETING_S = 1.0
RECORD_S = 60.0
"""Until the queue's consumer has stored the end of the call, cold start included."""


class Failed(Exception):
    """A step did not do what it should."""


@dataclass(frozen=True)
class Place:
    """Where the stack is, and who calls."""

    url: str
    public_key: str
    private_key: str
    agent: str
    media_url: str = ""
    """Empty: /millis of the same host."""

    def sockets(self) -> str:
        """Of /millis."""
        return self.media_url or self.url.replace("http", "ws", 1) + "/millis"

    def get(self, path: str, key: str = "") -> bytes:
        """The body. Raises HTTPError."""
        headers = {"authorization": key} if key else {}
        request = urllib.request.Request(urllib.parse.urljoin(self.url, path), headers=headers)
        with urllib.request.urlopen(request, timeout=30) as reply:
            content: bytes = reply.read()
            return content


def open_page(place: Place) -> str:
    """The page with the call button."""
    query = urllib.parse.urlencode({"id": place.agent, "k": place.public_key})
    page = place.get(f"/agents/embedded?{query}").decode()
    if place.agent not in page:
        raise Failed("the page does not know the agent")
    return f"{len(page)} characters"


async def hear_greeting(place: Place) -> str:
    """The session, once its agent has been heard."""
    async with connect(place.sockets()) as client:
        await client.initiate(public_key=place.public_key, agent={"agent_id": place.agent})
        ready = await client.wait_for("onready", within=30)
        async with asyncio.timeout(30):
            while client.playback.seconds < GREETING_S:  # noqa: ASYNC110 - its audio has no message
                await asyncio.sleep(0.05)
        return str(ready.payload["session_id"])


def read_record(place: Place, session_id: str) -> str:
    """How the call ended; what was said is there, and its sound where the agent records."""
    give_up = time.monotonic() + RECORD_S
    while (call := json.loads(place.get(f"/call-logs/{session_id}", place.private_key)))["call_status"] != "user-ended":
        if time.monotonic() > give_up:
            raise Failed(f"the call is {call['call_status']} after {RECORD_S:.0f} s")
        time.sleep(0.5)
    said = [turn["content"] for turn in json.loads(call["chat"] or "[]") if turn["role"] == "assistant"]
    if not said:
        raise Failed("the record does not hold the greeting")
    if call["recording"] is None:
        return f"{call['call_status']}, {len(said)} of the agent's turns, no recording asked for"
    sound = place.get(call["recording"]["recording_url"])
    if not sound.startswith(b"RIFF"):
        raise Failed("the recording is no sound")
    return f"{call['call_status']}, {len(said)} of the agent's turns, recording of {len(sound)} bytes"


def call(place: Place) -> None:
    """Every step. Raises what fails."""
    began = time.monotonic()

    def tell(step: str, result: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {step}: {result}")

    tell("the page", open_page(place))
    session_id = asyncio.run(hear_greeting(place))
    tell("the greeting was heard", session_id)
    tell("the record", read_record(place, session_id))


def main(arguments: Sequence[str]) -> int:
    """Call as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.deployed_call")
    for name in ("url", "public-key", "private-key", "agent"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--media-url", default="")
    try:
        call(Place(**vars(parser.parse_args(arguments))))
    except (Failed, OSError, TimeoutError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
