"""The Silero voice activity detector, run by onnxruntime alone: torch is never imported (setup.md)."""

import os
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from callcore.errors import InvalidInput, ProviderError, ProviderFailure

if TYPE_CHECKING:
    import onnxruntime

WINDOW_MS = 32
_CONTEXT_MS = 4
_SAMPLE_RATES_HZ = (8_000, 16_000)
_STATE_SHAPE = (2, 1, 128)


class SileroDetector:
    """One model for all streams of the process."""

    def __init__(self) -> None:
        self._model = _load_model()

    def open(self, sample_rate_hz: int) -> "SileroStream":
        """A stream of its own. Raises InvalidInput unless the rate is 8000 or 16000 Hz."""
        if sample_rate_hz not in _SAMPLE_RATES_HZ:
            raise InvalidInput(f"the silero detector hears 8000 or 16000 Hz, not {sample_rate_hz}")
        return SileroStream(self._model, sample_rate_hz)


class SileroStream:
    """The recurrent state of one stream, and the end of its last window, which the model wants again."""

    window_ms = WINDOW_MS

    def __init__(self, model: "onnxruntime.InferenceSession", sample_rate_hz: int) -> None:
        self._model = model
        self._window = sample_rate_hz * WINDOW_MS // 1000
        self._context = sample_rate_hz * _CONTEXT_MS // 1000
        self._input = np.zeros((1, self._context + self._window), np.float32)
        self._feed: dict[str, Any] = {"input": self._input, "sr": np.array(sample_rate_hz, np.int64)}
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._rest = b""
        self._input[:] = 0.0
        self._feed["state"] = np.zeros(_STATE_SHAPE, np.float32)

    def push(self, pcm: bytes) -> Sequence[float]:
        """The speech probability of every window of 32 ms that `pcm` completes."""
        data = self._rest + pcm if self._rest else pcm
        count = len(data) // (2 * self._window)
        if not count:
            self._rest = data
            return ()
        used = count * 2 * self._window
        self._rest = data[used:]
        windows = np.frombuffer(data, np.int16, used // 2).reshape(count, self._window)
        return [self._probability(window) for window in windows]

    def _probability(self, window: "np.ndarray[Any, np.dtype[np.int16]]") -> float:
        audio = self._input[0]
        audio[: self._context] = audio[-self._context :]
        np.multiply(window, 1 / 32768, out=audio[self._context :], casting="unsafe")
        output, self._feed["state"] = self._model.run(None, self._feed)
        return float(output[0, 0])


@lru_cache(maxsize=1)
def _load_model() -> "onnxruntime.InferenceSession":
    spec = find_spec("silero_vad")
    if spec is None or not spec.submodule_search_locations:
        raise ProviderError("silero", ProviderFailure.UNAVAILABLE, "the package silero-vad is not installed")
    # The published builds report to their maker over the network, unless told otherwise before they are loaded (their
    # Privacy.md, "Disabling Telemetry"); we promise that nothing leaves the machine (infra/adr/0003).
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # noqa: TID251  # nothing is read from it here
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    model = Path(spec.submodule_search_locations[0]) / "data" / "silero_vad.onnx"
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def create(resources: object = None) -> SileroDetector:
    """The detector of this process."""
    return SileroDetector()
