"""A caller over WebRTC in a process of its own, wherever that stands: it listens to the agent's greeting and hangs up.

    python -m tests.peers.webrtc_caller API_URL PRIVATE_KEY AGENT_ID [--relayed] [--hidden]

Prints what it heard and how it was connected, as JSON. --relayed: only over the TURN server that the API names.
--hidden: its offer names no address of its own.
"""

import argparse
import asyncio
import json
import urllib.request
from typing import Any

import numpy as np
from aiortc.rtcconfiguration import RTCIceServer

from tests.peers.udp_relay import without_candidates
from tests.peers.webrtc_client import WebRtcClient, calling

PATIENCE_S = 20.0


def ask(method: str, url: str, key: str, body: Any = None) -> Any:
    """The reply of the API."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"Authorization": f"Bearer {key}"}, method=method)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:
        return json.load(reply)


def pair_of(client: WebRtcClient) -> dict[str, str]:
    """Our end and the other one, as the connection uses them."""
    (transceiver,) = client.connection.getTransceivers()
    (pair,) = transceiver.receiver.transport.transport._connection._nominated.values()
    local, remote = pair.local_candidate, pair.remote_candidate
    return {"local": f"{local.type} {local.host}", "remote": f"{remote.host}"}


async def main(api_url: str, key: str, agent_id: str, *, relayed: bool, hidden: bool) -> None:
    """Call, listen, tell."""
    turn = None
    if relayed:
        (server,) = (await asyncio.to_thread(ask, "GET", f"{api_url}/webrtc/ice_servers", key))["iceServers"]
        turn = RTCIceServer(**server)
    async with calling(turn=turn) as (client, offer):
        sdp = without_candidates(offer) if hidden else offer
        body = {"agent_id": agent_id, "offer": {"sdp": sdp, "type": "offer"}}
        answer = await asyncio.to_thread(ask, "POST", f"{api_url}/webrtc/offer", key, body)
        await client.take(answer["sdp"])
        await client.wait_for("onready", PATIENCE_S)
        pair = pair_of(client)
        said = await client.wait_for("onresponsetext", PATIENCE_S, is_final=True)
        loudest = int(np.abs(np.frombuffer(bytes(client.heard), "<i2").astype(int)).max(initial=0))
    print(json.dumps({"session_id": answer["session_id"], "said": said["data"], "loudest": loudest, **pair}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("api_url", "key", "agent_id"):
        parser.add_argument(name)
    parser.add_argument("--relayed", action="store_true")
    parser.add_argument("--hidden", action="store_true")
    given = parser.parse_args()
    asyncio.run(main(given.api_url, given.key, given.agent_id, relayed=given.relayed, hidden=given.hidden))
