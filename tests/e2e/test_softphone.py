"""baresip, a softphone, talks with the demo agent over SIP and RTP, and what it heard is recognised."""

import json
import shutil
import socket
import subprocess
import urllib.request
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e.speech import RATE_HZ, recognise, silence, speak
from tests.e2e.stack import Stack, running
from tests.e2e.test_conversation import GREETINGS, HOURS, SENTENCES

TELEPHONE_HZ = 8000
MODULES = Path("/usr/lib/baresip/modules")
GREETING_S, ANSWER_S = 8.0, 9.0
CONFIG = """
module_path {modules}
audio_source aufile,{said}
audio_player aubridge,nobody
snd_path {heard}
audio_alert aufile,{said}
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels 1
auplay_channels 1
rtp_ports 40000-40100
net_interface {interface}
sip_listen {host}:0
module {codec}.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
"""


def address_of_this_machine() -> tuple[str, str]:
    """An interface that is no loopback, which baresip refuses, and its address; empty: there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))
        except OSError:
            return "", ""
        host = str(probe.getsockname()[0])
    listed = subprocess.run(["ip", "-json", "-4", "address"], capture_output=True, text=True, check=True, timeout=10)
    for link in json.loads(listed.stdout):
        if any(address["local"] == host for address in link["addr_info"]) and link["ifname"] != "lo":
            return link["ifname"], host
    return "", ""


def at_telephone_rate(pcm: bytes) -> bytes:
    pairs = np.frombuffer(pcm, "<i2")[: len(pcm) // 4 * 2].reshape(-1, 2)
    return bytes(pairs.mean(axis=1).astype("<i2").tobytes())


def write_wav(path: Path, pcm: bytes, rate_hz: int) -> None:
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, rate_hz, 0, "NONE", "not compressed"))
        out.writeframes(pcm if rate_hz == RATE_HZ else at_telephone_rate(pcm))


def heard_in(path: Path, rate_hz: int) -> bytes:
    """At the recogniser's rate, in a quiet room: the bare silence of a codec is no sound that a recogniser knows."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels()) == (rate_hz, 1)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    samples = (samples + np.random.default_rng(1).normal(size=samples.size) * 10).clip(-32768, 32767)
    times = np.arange(0, len(samples) / rate_hz, 1 / RATE_HZ)
    return bytes(np.interp(times, np.arange(len(samples)) / rate_hz, samples).astype("<i2").tobytes())


def registered(stack: Stack) -> str:
    """An address for one call of the demo agent."""
    body: dict[str, Any] = {"agent_id": stack.connection["agent_id"], "metadata": {"userName": "Ann"}}
    request = urllib.request.Request(
        stack.connection["api_url"] + "/register_sip_call",
        json.dumps(body).encode(),
        {"Authorization": stack.connection["private_key"]},
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        return str(json.load(reply)["sip_uri"])


@pytest.mark.full
@pytest.mark.timeout(120)
@pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed")
@pytest.mark.parametrize(("codec", "rate_hz"), [("g711", TELEPHONE_HZ), ("g722", RATE_HZ)])
def test_a_softphone_holds_a_conversation(tmp_path: Path, codec: str, rate_hz: int) -> None:
    interface, host = address_of_this_machine()
    if not interface:
        pytest.skip("baresip needs an interface that is no loopback")
    said, heard, home = tmp_path / "said.wav", tmp_path / "heard", tmp_path / "baresip"
    home.mkdir()
    heard.mkdir()
    wishes = silence(GREETING_S) + speak("what are your opening hours") + silence(ANSWER_S + 10)
    write_wav(said, wishes, rate_hz)
    told = {
        "modules": MODULES,
        "said": said,
        "heard": heard,
        "codec": codec,
        "rate": rate_hz,
        "interface": interface,
        "host": host,
    }
    (home / "config").write_text(CONFIG.format(**told))
    (home / "accounts").write_text(f"<sip:ann@{host}>;regint=0\n")
    (home / "contacts").touch()
    with running(tmp_path / "data", "--host", host) as stack:
        uri = registered(stack)
        lasts_s = round(GREETING_S + 3 + ANSWER_S)
        command = ["baresip", "-f", str(home), "-e", f"/dial {uri}", "-t", str(lasts_s)]
        said_by_it = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
        (begun,) = stack.get("/call-logs")["histories"]
        log = stack.ended_call(begun["session_id"])
    assert log["call_status"] == "user-ended", said_by_it.stdout[-2000:]
    (decoded,) = heard.glob("*-dec.wav")
    assert recognise(heard_in(decoded, rate_hz), SENTENCES) == f"{GREETINGS[0]} how can i help you {HOURS}"
    chat = json.loads(log["chat"])
    assert {"role": "user", "content": "what are your opening hours"} in [
        {name: message[name] for name in ("role", "content")} for message in chat
    ]
