import pytest

from callcore.voices import EMBEDDED_VOICES, speaks
from media_worker.providers.local.flite_tts import PROVIDER


def test_the_list_is_of_the_embedded_voice() -> None:
    assert {voice.provider for voice in EMBEDDED_VOICES} == {PROVIDER}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("", "rms slt awb kal16 kal"),
        ("multi", "rms slt awb kal16 kal"),
        ("en", "rms slt awb kal16 kal"),
        ("EN", "rms slt awb kal16 kal"),
        ("en_GB", "awb"),
        ("en-us", "rms slt kal16 kal"),
        ("en-AU", ""),
        ("de", ""),
        ("e", ""),
    ],
)
def test_who_speaks_a_language(language: str, expected: str) -> None:
    assert " ".join(voice.voice_id for voice in EMBEDDED_VOICES if speaks(voice, language)) == expected
