from functools import cache

import numpy as np
import pytest

from media_worker.media.resample import Resampler
from media_worker.providers.local.flite_library import Flite
from media_worker.providers.local.grammar import PhraseBook
from media_worker.providers.local.pronunciation import Pronunciations
from media_worker.providers.local.recogniser import DICTIONARY, OPEN_ENGLISH, DecoderShelf, Heard, Listener
from tests.peers.speaker import utter

BOOK = str(
    PhraseBook(
        ("what are your opening hours", "book a table for {party} at {time}", "goodbye"),
        {"party": ("one", "two", "three", "4"), "time": ("six", "seven", "8")},
    )
)


@cache
def shelf() -> DecoderShelf:
    return DecoderShelf(Pronunciations(DICTIONARY, Flite().pronunciation))


@cache
def speech(text: str, voice: str = "slt") -> bytes:
    """The text as a gated recogniser gets it: with 300 ms before and 500 ms after, in a quiet room."""
    samples = np.frombuffer(utter(text, voice), np.int16).astype(np.float64)
    room = np.random.default_rng(1).normal(0, 10, samples.size + 12_800)
    room[4_800 : 4_800 + samples.size] += samples
    return room.clip(-32768, 32767).astype("<i2").tobytes()


def hear(listener: Listener, pcm: bytes) -> list[Heard]:
    heard = [one for start in range(0, len(pcm), 640) for one in listener.hear(pcm[start : start + 640])]
    return [*heard, listener.finish()]


@pytest.mark.parametrize("voice", ["rms", "slt", "awb", "kal16"])
@pytest.mark.parametrize("text", ["what are your opening hours", "book a table for two at seven", "goodbye"])
def test_a_phrase_of_the_book_is_recognised(text: str, voice: str) -> None:
    *_, final = hear(Listener(shelf(), 16_000, BOOK), speech(text, voice))
    assert (final.text, final.rejected, final.is_final) == (text, False, True)


def test_digits_are_heard_as_they_are_written() -> None:
    *_, final = hear(Listener(shelf(), 16_000, BOOK), speech("book a table for four at eight"))
    assert final.text == "book a table for 4 at 8"


@pytest.mark.parametrize("text", ["the cat sat on the green mat yesterday", "how much does it cost to fly to london"])
def test_anything_else_is_rejected(text: str) -> None:
    *_, final = hear(Listener(shelf(), 16_000, BOOK), speech(text))
    assert (final.text, final.rejected) == ("", True)


def test_partials_grow_towards_the_final() -> None:
    *partials, final = hear(Listener(shelf(), 16_000, BOOK), speech("book a table for two at seven"))
    assert len(partials) >= 2
    assert all(final.text.startswith(partial.text) and not partial.is_final for partial in partials)


@pytest.mark.parametrize("seed", range(3))
def test_noise_makes_no_words(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 2_000, 16_000).astype("<i2").tobytes()
    assert hear(Listener(shelf(), 16_000, BOOK), bytes(9_600) + noise + bytes(16_000)) == [Heard("", is_final=True)]


def test_no_audio_is_nothing() -> None:
    assert Listener(shelf(), 16_000, BOOK).finish() == Heard("", is_final=True)


def test_streams_do_not_influence_each_other_although_they_share_decoders() -> None:
    alone = hear(Listener(shelf(), 16_000, BOOK), speech("goodbye"))
    loud = np.random.default_rng(0).normal(0, 9_000, 32_000).astype("<i2").tobytes()
    for other in (loud, speech("book a table for one at six", "awb"), loud):
        hear(Listener(shelf(), 16_000, BOOK), other)
    assert hear(Listener(shelf(), 16_000, BOOK), speech("goodbye")) == alone


def test_two_utterances_at_once_have_decoders_of_their_own() -> None:
    first, second = Listener(shelf(), 16_000, BOOK), Listener(shelf(), 16_000, BOOK)
    question, booking = speech("what are your opening hours"), speech("book a table for two at seven")
    for start in range(0, max(len(question), len(booking)), 640):
        first.hear(question[start : start + 640])
        second.hear(booking[start : start + 640])
    assert first.finish().text == "what are your opening hours"
    assert second.finish().text == "book a table for two at seven"


def test_a_closed_listener_gives_its_decoders_back() -> None:
    listener = Listener(shelf(), 16_000, BOOK)
    listener.hear(speech("goodbye")[:20_000])
    listener.close()
    listener.close()
    *_, final = hear(Listener(shelf(), 16_000, BOOK), speech("goodbye"))
    assert final.text == "goodbye"


@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
def test_other_sample_rates(rate_hz: int) -> None:
    pcm = Resampler(16_000, rate_hz).push(speech("what are your opening hours", "rms"))
    *_, final = hear(Listener(shelf(), rate_hz, BOOK), pcm)
    assert final.text == "what are your opening hours"


def test_an_utterance_that_nobody_ends_is_cut() -> None:
    listener = Listener(shelf(), 16_000, BOOK)
    finals = [one for _ in range(61) for one in listener.hear(bytes(32_000)) if one.is_final]
    assert finals == [Heard("", is_final=True)]


def test_without_a_book_open_english_is_recognised() -> None:
    *_, final = hear(Listener(shelf(), 16_000, OPEN_ENGLISH), speech("what are your opening hours", "rms"))
    assert len(set(final.text.split()) & {"what", "are", "your", "opening", "hours"}) >= 3
