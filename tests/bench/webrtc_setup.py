"""How soon a page in Chromium is in a call over WebRTC, beside a call by /millis of the same page.

    PYTHONPATH=functions:. .venv/bin/python -m tests.bench.webrtc_setup > tests/bench/reports/webrtc_setup.txt

Both ways in turn, to a running stack: from the press of a button, with the microphone allowed, to `onready`. Of WebRTC
its steps, too: the offer, the answer of the API and a worker, the connection. The first call of a worker loads what
WebRTC needs, and stands apart.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.e2e.speech import silence, write_wav
from tests.e2e.stack import running
from tests.e2e.test_webrtc import begin, caller

STEPS = ("microphone", "offer", "answer", "connected", "onready")
BY_SOCKET = """async ([url, data]) => {
  const began = performance.now();
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  const socket = new WebSocket(url);
  const ready = new Promise((done) => {
    socket.onmessage = ({ data }) => typeof data === "string" && JSON.parse(data).method === "onready" && done();
  });
  await new Promise((open) => (socket.onopen = open));
  socket.send(JSON.stringify({ method: "initiate", data }));
  await ready;
  const took = performance.now() - began;
  socket.close();
  microphone.getTracks().forEach((track) => track.stop());
  return took;
}"""


def line(name: str, took: Sequence[float]) -> str:
    """For the report."""
    p50, p95 = np.percentile(took, (50, 95))
    return f"{name:24} {len(took):4} {p50:8.0f} ms (p50) {p95:8.0f} ms (p95)"


def main(calls: int) -> None:
    """Print the comparison."""
    directory = Path(tempfile.mkdtemp())
    with running(directory / "data") as stack, caller(write_wav(directory / "user.wav", silence(30))) as page:
        told = stack.connection
        data = {"public_key": told["public_key"], "agent": {"agent_id": told["agent_id"]}}
        steps: dict[str, list[float]] = {step: [] for step in STEPS}
        sockets: list[float] = []
        first = begin(page, stack, {})["onready"]
        for _ in range(calls):
            page.evaluate("current.connection.close()")
            times = begin(page, stack, {})
            for step in STEPS:
                steps[step].append(times[step])
            sockets.append(page.evaluate(BY_SOCKET, [told["media_url"], data]))
    print(line("/millis: onready", sockets))
    for step in STEPS:
        print(line(f"WebRTC: {step}", steps[step]))
    print(f"\nthe first call over WebRTC of a worker was ready after {first:.0f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=20)
    main(parser.parse_args().calls)
