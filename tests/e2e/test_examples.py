"""The programs of infra/examples, run as their reader runs them."""

import os
import re
import subprocess
import sys
import wave
from pathlib import Path

from tests.e2e.speech import recognise, silence, speak, write_wav
from tests.e2e.stack import REPOSITORY, Stack
from tests.peers.millis import PeerCall, millis_peer

GREETING_S, ANSWER_S = 5.0, 6.0
ANSWER = "we are open from eight to six"


def test_an_agent_from_its_creation_to_its_deletion_with_curl(stack: Stack, tmp_path: Path) -> None:
    said = silence(GREETING_S) + speak("what are your opening hours") + silence(ANSWER_S) + speak("goodbye")
    recording = tmp_path / "recording.wav"
    run = subprocess.run(
        ["sh", "infra/examples/first_agent.sh", str(write_wav(tmp_path / "said.wav", said)), str(recording)],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "PYTHON": sys.executable,
            "PARLEY_URL": stack.connection["api_url"],
            "PARLEY_MEDIA_URL": stack.connection["media_url"],
            "PARLEY_KEY": stack.connection["private_key"],
            "PARLEY_PUBLIC_KEY": stack.connection["public_key"],
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    told = run.stdout
    assert run.returncode == 0, told + run.stderr
    assert [line[0] for line in told.splitlines() if re.match(r"\d\. ", line)] == list("123456")
    assert "agent-ended" in told
    assert "We are open from eight to six." in told
    with wave.open(str(recording)) as wav:
        assert (wav.getframerate(), wav.getnchannels()) == (16_000, 1)
        heard = wav.readframes(wav.getnframes())
    sentences = [
        "hello ann what would you like to know",
        "what are your opening hours",
        ANSWER,
        "goodbye ann",
        "goodbye",
    ]
    assert ANSWER in recognise(heard, sentences)


def test_a_native_client_plays_the_last_words_of_a_server_that_has_gone(tmp_path: Path) -> None:
    async def script(call: PeerCall) -> None:
        await call.ready()
        await call.play(bytes((1, 2)) * 16_000, paced=False)
        await call.end()

    heard = tmp_path / "heard.wav"
    program = [sys.executable, "infra/examples/native_client.py"]
    said = ["--mic", str(write_wav(tmp_path / "said.wav", silence(1)))]
    with millis_peer() as peer:
        peer.script = script
        run = [*program, peer.url, "--key", "K", "--agent=-a", *said, "--out", str(heard)]
        subprocess.run(run, cwd=REPOSITORY, timeout=60, check=True, stdout=subprocess.DEVNULL)
    with wave.open(str(heard)) as wav:
        assert wav.readframes(wav.getnframes()).count(bytes((1, 2))) == 16_000
