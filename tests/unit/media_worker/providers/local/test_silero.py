import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from callcore.errors import InvalidInput
from media_worker.providers.local.silero import create


def _noise(seconds: float, rate_hz: int) -> bytes:
    samples = np.random.default_rng(3).normal(0, 200, int(seconds * rate_hz))
    return samples.astype("<i2").tobytes()


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
def test_one_probability_per_window_however_the_audio_is_cut(rate_hz: int) -> None:
    pcm = _noise(1.0, rate_hz)
    whole = list(create().open(rate_hz).push(pcm))
    stream, pieces = create().open(rate_hz), list[float]()
    for start in range(0, len(pcm), 202):
        pieces += stream.push(pcm[start : start + 202])
    assert len(whole) == 1000 // stream.window_ms
    assert pieces == whole
    assert max(whole) < 0.5


def test_a_reset_forgets_the_past() -> None:
    pcm = _noise(0.5, 16_000)
    stream = create().open(16_000)
    first = list(stream.push(pcm))
    stream.push(b"\x7f\x00" * 700)
    stream.reset()
    assert list(stream.push(pcm)) == first


def test_other_rates_are_refused() -> None:
    with pytest.raises(InvalidInput, match="44100"):
        create().open(44_100)


def _in_a_fresh_process(code: str, environment: dict[str, str] | None = None) -> str:
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return run.stdout.strip()


def test_torch_is_not_imported() -> None:
    code = "import media_worker.providers.local.silero as s; s.create(); print('torch' in sys.modules)"
    assert _in_a_fresh_process(code) == "False"


def test_the_runtime_reports_to_nobody(tmp_path: Path) -> None:
    """Its reporting gives the user an identifier, in a file, before it opens a connection; a CI has it off anyway."""
    code = (
        "import media_worker.providers.local.silero as s; s.create().open(16_000).push(bytes(32_000)); print('heard')"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    assert _in_a_fresh_process(code, environment) == "heard"
    assert list(tmp_path.rglob("*")) == []
