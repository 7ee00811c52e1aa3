import time
from pathlib import Path

import numpy as np
import pytest

from callcore.voices import EMBEDDED_VOICES
from media_worker.providers.local.flite_library import Flite, FliteMissing

SENTENCE = "Your table for four at seven is booked, and we are open from nine to nine, every day except Monday."


@pytest.fixture(scope="module")
def flite() -> Flite:
    return Flite()


def spoken(flite: Flite, voice: str, text: str) -> bytes:
    pieces: list[bytes] = []

    def keep(pcm: bytes) -> bool:
        pieces.append(pcm)
        return True

    flite.speak(voice, text, keep)
    return b"".join(pieces)


@pytest.mark.parametrize("voice", [voice.voice_id for voice in EMBEDDED_VOICES])
def test_every_voice_speaks_and_takes_the_same_time_twice(flite: Flite, voice: str) -> None:
    pcm = spoken(flite, voice, "Hello there.")
    samples = np.frombuffer(pcm, np.int16).astype(np.float64)
    assert samples.size > 4_000
    assert np.sqrt(np.mean(samples**2)) > 300
    assert len(spoken(flite, voice, "Hello there.")) == len(pcm)


def test_sound_comes_before_the_sentence_is_finished(flite: Flite) -> None:
    spoken(flite, "rms", "warm")
    arrived_s: list[float] = []

    def note(pcm: bytes) -> bool:
        arrived_s.append(time.thread_time())
        return True

    began_s = time.thread_time()  # of this thread alone: what others take of the processor is no work of the voice
    flite.speak("rms", SENTENCE, note)
    assert len(arrived_s) > 50
    assert arrived_s[0] - began_s < 0.8 * (arrived_s[-1] - began_s)


def test_a_callback_stops_the_voice(flite: Flite) -> None:
    pieces: list[bytes] = []

    def three(pcm: bytes) -> bool:
        pieces.append(pcm)
        return len(pieces) < 3

    flite.speak("rms", SENTENCE, three)
    assert len(pieces) == 3
    assert len(spoken(flite, "rms", SENTENCE)) > len(b"".join(pieces))


def test_words_are_pronounced_by_dictionary_and_by_rule(flite: Flite) -> None:
    assert flite.pronunciation("hello") == ("HH", "AH", "L", "OW")
    assert flite.pronunciation("webflow") == ("W", "EH", "B", "F", "L", "OW")
    assert flite.pronunciation("") == ()


def test_a_voice_that_is_not_installed_names_the_package(flite: Flite) -> None:
    with pytest.raises(FliteMissing, match="install the package libflite1"):
        flite.speak("nobody", "Hello", lambda pcm: True)


def test_a_directory_without_libraries_leaves_the_system_s(tmp_path: Path) -> None:
    assert len(spoken(Flite(tmp_path), "kal", "Hello")) > 1000


def test_libraries_are_loaded_from_a_directory(tmp_path: Path, flite: Flite) -> None:
    loaded = Path("/proc/self/maps").read_text()
    original = next(Path(line.split()[-1]) for line in loaded.splitlines() if "libflite_cmu_us_rms" in line)
    copy = tmp_path / "usr" / "lib" / original.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(original.read_bytes())
    (copy.parent / "libflite_cmu_us_rms.so.1").unlink(missing_ok=True)
    (copy.parent / "libflite_cmu_us_rms.so.1").write_bytes(original.read_bytes())
    extracted = Flite(tmp_path)
    assert len(spoken(extracted, "rms", "Hello")) > 1000
    assert str(tmp_path) in Path("/proc/self/maps").read_text()
