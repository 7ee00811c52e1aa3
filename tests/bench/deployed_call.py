"""One call through a deployed stack, as `make e2e STACK=… PUBLIC_KEY=… PRIVATE_KEY=…` makes it.

Makes an agent that records, opens its page, hears its greeting through /millis of the same host, hangs up, reads the
call's record, fetches the recording, and reads what became of its webhook where one is given. Then the agent goes. Says
what each step took; ends with 1 at the first that fails.
"""

import argparse
import asyncio
import json
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

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
    webhook: str = ""
    """Of yours, that answers a POST with success; empty: none is asked."""
    media_url: str = ""
    """Empty: /millis of the same host."""

    def sockets(self) -> str:
        """Of /millis."""
        return self.media_url or self.url.replace("http", "ws", 1) + "/millis"

    def ask(self, path: str, *, method: str = "GET", body: Any = None, key: str = "") -> bytes:
        """The reply's body. Raises HTTPError."""
        headers = {"content-type": "application/json"} | ({"authorization": key} if key else {})
        url, data = urllib.parse.urljoin(self.url, path), None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as reply:
            content: bytes = reply.read()
            return content


@contextmanager
def agent_of_its_own(place: Place) -> Iterator[str]:
    """Its id."""
    config: dict[str, Any] = {
        "prompt": "Be kind.",
        "first_message": "Hello, this is the call that tests the stack.",
        "call_settings": {"enable_recording": True},
    }
    if place.webhook:
        config["session_data_webhook"] = place.webhook
    body = {"name": "A call that tests the stack", "config": config}
    agent = str(json.loads(place.ask("/agents", method="POST", body=body, key=place.private_key))["id"])
    try:
        yield agent
    finally:
        place.ask(f"/agents/{agent}", method="DELETE", key=place.private_key)


def open_page(place: Place, agent: str) -> str:
    """The page with the call button."""
    query = urllib.parse.urlencode({"id": agent, "k": place.public_key})
    page = place.ask(f"/agents/embedded?{query}").decode()
    if agent not in page:
        raise Failed("the page does not know the agent")
    return f"{len(page)} characters"


async def hear_greeting(place: Place, agent: str) -> str:
    """The session, once its agent has been heard."""
    async with connect(place.sockets()) as client:
        await client.initiate(public_key=place.public_key, agent={"agent_id": agent})
        ready = await client.wait_for("onready", within=30)
        await client.hear(GREETING_S - client.playback.seconds)
        return str(ready.payload["session_id"])


def read_record(place: Place, session_id: str) -> str:
    """How the call ended; what was said is there, and its sound."""
    call = until(place, f"/call-logs/{session_id}", "call_status", "user-ended")
    said = [turn["content"] for turn in json.loads(call["chat"] or "[]") if turn["role"] == "assistant"]
    if not said:
        raise Failed("the record does not hold the greeting")
    if call["recording"] is None:
        raise Failed("there is no recording")
    sound = place.ask(call["recording"]["recording_url"])
    if not sound.startswith(b"RIFF"):
        raise Failed("the recording is no sound")
    return f"{call['call_status']}, {len(said)} of the agent's turns, recording of {len(sound)} bytes"


def read_delivery(place: Place, session_id: str) -> str:
    """What became of the webhook of the call's end."""
    delivery = until(place, f"/call-logs/{session_id}/delivery", "state", "delivered")
    return f"{delivery['state']} after {len(delivery['attempts'])} attempts"


def until(place: Place, path: str, field: str, value: str) -> Any:
    """What the path answers once the field has that value. Raises Failed."""
    give_up = time.monotonic() + RECORD_S
    while (found := json.loads(place.ask(path, key=place.private_key)))[field] != value:
        if time.monotonic() > give_up:
            raise Failed(f"{path}: {field} is {found[field]} after {RECORD_S:.0f} s")
        time.sleep(0.5)
    return found


def call(place: Place) -> None:
    """Every step. Raises what fails."""
    began = time.monotonic()

    def tell(step: str, result: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {step}: {result}")

    with agent_of_its_own(place) as agent:
        tell("the page", open_page(place, agent))
        session_id = asyncio.run(hear_greeting(place, agent))
        tell("the greeting was heard", session_id)
        tell("the record", read_record(place, session_id))
        if place.webhook:
            tell("the webhook", read_delivery(place, session_id))


def url_of(stack: str) -> str:
    """Where a deployed stack is. Raises Failed."""
    # Only whoever works on AWS has boto3.
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        (described,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise Failed(f"the stack {stack} is not found: {error}") from None
    return next(str(output["OutputValue"]) for output in described["Outputs"] if output["OutputKey"] == "ApiUrl")


def main(arguments: Sequence[str]) -> int:
    """Call as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.deployed_call")
    for name in ("public-key", "private-key"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("stack", "url", "webhook", "media-url"):
        parser.add_argument(f"--{name}", default="")
    given = vars(parser.parse_args(arguments))
    stack = given.pop("stack")
    try:
        call(Place(**given | {"url": given["url"] or url_of(stack)}))
    except (Failed, OSError, TimeoutError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
