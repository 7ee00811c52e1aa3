"""pocketsphinx in the speech process: decoders are lent to utterances, so a silent call costs nothing."""

import json
import math
import sys
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder, get_model_path

from media_worker.media.resample import Resampler
from media_worker.providers.local import likelihood
from media_worker.providers.local.grammar import Grammar, PhraseBook, build
from media_worker.providers.local.likelihood import Segment
from media_worker.providers.local.pronunciation import Pronunciations

RATE_HZ = 16_000
"""What the acoustic model was trained on."""
DICTIONARY = Path(get_model_path("en-us/cmudict-en-us.dict"))
OPEN_ENGLISH = ""
"""The key of the bundled language model among the grammars."""
_PHONES = "phones"
_STEP_BYTES = RATE_HZ // 50 * 2
"""Decoded at a time. The decoder holds the GIL meanwhile, and the voice of the process wants it too."""
_PARTIAL_EVERY_BYTES = RATE_HZ // 10 * 2
"""How soon a whole phrase is noticed decides how soon it is answered; a look costs 0.1 ms."""
_LONGEST_BYTES = 60 * RATE_HZ * 2
"""An utterance nobody ends is cut, because the decoder's memory grows with it."""
_MIN_PHONES, _MIN_PHONES_REJECTED = 2, 3
"""Fewer phones than the first are no word; fewer than the second are not even speech that was not understood."""
_TYPICAL_CMN = "41.00,-5.29,-0.12,5.09,2.48,-4.07,-1.37,-1.78,-5.08,-2.05,-6.45,-1.42,1.17"
"""Mean cepstrum of close English speech under this model; a stream starts from it and then follows its own caller."""
_MAX_GRAMMARS = 64
_MAX_IDLE_DECODERS = 24
"""A decoder of phrases or phones takes about 6 MB."""
_BAND_FILL_DBFS = -55.0


@dataclass(frozen=True)
class Heard:
    """What an utterance says so far, or said."""

    text: str
    rejected: bool = False
    is_final: bool = False
    ratio: float = 0.0
    """How well the grammar's best phrase explains the sound (likelihood.ratio), accepted or not."""


class DecoderShelf:
    """Decoders that nobody uses at the moment, and the grammars to make more of them from."""

    def __init__(self, pronunciations: Pronunciations) -> None:
        self._pronunciations = pronunciations
        self._grammars: OrderedDict[str, Grammar] = OrderedDict()
        self._idle: list[tuple[str, object, Decoder]] = []
        """Key, last user and decoder, the longest idle first."""

    def grammar(self, book: str) -> Grammar:
        """The grammar of a phrase book, built at most once while it is in use."""
        if book not in self._grammars:
            self._grammars[book] = build(PhraseBook.parse(book), self._pronunciations.of)
        self._grammars.move_to_end(book)
        while len(self._grammars) > _MAX_GRAMMARS:
            self._grammars.popitem(last=False)
        return self._grammars[book]

    def take(self, key: str, user: object) -> Decoder:
        """A decoder of a phrase book, of open English or of phones, for an utterance of `user`.

        If possible the user's last one, which knows the noise of its line; any other has forgotten its past.
        """
        for index, (idle_key, last_user, decoder) in enumerate(self._idle):
            if idle_key == key and last_user is user:
                del self._idle[index]
                return decoder
        for index, (idle_key, _, decoder) in enumerate(self._idle):
            if idle_key == key:
                del self._idle[index]
                decoder.reinit_feat()
                return decoder
        return self._make(key)

    def put_back(self, key: str, user: object, decoder: Decoder) -> None:
        """The decoder's utterance has ended."""
        self._idle.append((key, user, decoder))
        if len(self._idle) > _MAX_IDLE_DECODERS:
            del self._idle[0]

    def _make(self, key: str) -> Decoder:
        if key == OPEN_ENGLISH:
            return _new_decoder(lm=get_model_path("en-us/en-us.lm.bin"), dict=str(DICTIONARY))
        decoder = _new_decoder(lm=None, dict=None)
        if key == _PHONES:
            decoder.add_allphone_file("phones", get_model_path("en-us/en-us-phone.lm.bin"))
            decoder.activate_search("phones")
            return decoder
        grammar = self.grammar(key)
        for name, pronunciations in grammar.pronunciations.items():
            for number, phones in enumerate(pronunciations, 1):
                decoder.add_word(name if number == 1 else f"{name}({number})", phones, False)
        decoder.add_jsgf_string("agent", grammar.jsgf)
        decoder.activate_search("agent")
        return decoder


class Listener:
    """One open stream."""

    def __init__(
        self, shelf: DecoderShelf, rate_hz: int, book: str, threshold: float = likelihood.REJECTION_THRESHOLD
    ) -> None:
        """`book` is a PhraseBook as text, or OPEN_ENGLISH; phrases under the threshold are rejected."""
        self._shelf = shelf
        self._book = book
        self._threshold = threshold
        self._resampler = Resampler(rate_hz, RATE_HZ)
        self._fill = _band_noise() if rate_hz < RATE_HZ else None
        self._cmn = _TYPICAL_CMN
        self._words: Decoder | None = None
        self._phones: Decoder | None = None
        self._taken = 0
        self._until_partial = 0
        self._last_partial = ""

    def warm(self) -> None:
        """Make the decoders now, so that the first word does not wait for them."""
        for key in (self._book, _PHONES):
            self._shelf.put_back(key, self, self._shelf.take(key, self))

    def hear(self, pcm: bytes) -> list[Heard]:
        """Take audio of the running utterance, or begin one."""
        audio = self._with_full_band(self._resampler.push(pcm))
        heard: list[Heard] = []
        for start in range(0, len(audio), _STEP_BYTES):
            words, phones = self._decoders()
            step = audio[start : start + _STEP_BYTES]
            words.process_raw(step, False, False)
            phones.process_raw(step, False, False)
            self._taken += len(step)
            self._until_partial -= len(step)
            if self._taken >= _LONGEST_BYTES:
                heard.append(self.finish())
            elif self._until_partial <= 0:
                self._until_partial = _PARTIAL_EVERY_BYTES
                heard += self._partial(words, phones)
        return heard

    def finish(self) -> Heard:
        """The utterance is over."""
        words, phones = self._words, self._phones
        self._resampler.reset()
        if words is None or phones is None:
            return Heard("", is_final=True)
        words.end_utt()
        phones.end_utt()
        heard = self._judge(words, phones, is_final=True)
        self._cmn = phones.get_cmn(True)
        self._shelve()
        return heard

    def close(self) -> None:
        """Give back what is lent."""
        if self._words is not None and self._phones is not None:
            self._words.end_utt()
            self._phones.end_utt()
            self._shelve()

    def _decoders(self) -> tuple[Decoder, Decoder]:
        if self._words is None or self._phones is None:
            self._words, self._phones = self._shelf.take(self._book, self), self._shelf.take(_PHONES, self)
            for decoder in (self._words, self._phones):
                decoder.set_cmn(self._cmn)
                decoder.start_utt()
            self._taken, self._until_partial, self._last_partial = 0, _PARTIAL_EVERY_BYTES, ""
        return self._words, self._phones

    def _shelve(self) -> None:
        self._shelf.put_back(self._book, self, self._words)
        self._shelf.put_back(_PHONES, self, self._phones)
        self._words = self._phones = None

    def _partial(self, words: Decoder, phones: Decoder) -> list[Heard]:
        heard = self._judge(words, phones, is_final=False)
        if heard.rejected or heard.text in ("", self._last_partial):
            return []
        self._last_partial = heard.text
        return [heard]

    def _judge(self, words: Decoder, phones: Decoder, *, is_final: bool) -> Heard:
        phone_segments, word_segments = _segments(phones), _segments(words)
        hypothesis = words.hyp()
        text = hypothesis.hypstr if hypothesis is not None else ""
        if not is_final and likelihood.is_unsettled(word_segments):
            text = text.rpartition(" ")[0]
        ratio = 0.0
        if text and likelihood.is_speech(phone_segments, _MIN_PHONES):
            if self._book == OPEN_ENGLISH:
                return Heard(text, is_final=is_final)
            ratio = likelihood.ratio(word_segments, phone_segments)
            if ratio >= self._threshold:
                return Heard(self._shelf.grammar(self._book).text(text), is_final=is_final, ratio=ratio)
        return Heard("", likelihood.is_speech(phone_segments, _MIN_PHONES_REJECTED), is_final, ratio)

    def _with_full_band(self, pcm: bytes) -> bytes:
        """Narrow-band audio has nothing above 4 kHz, which the model has never met: faint noise stands in."""
        if self._fill is None or not pcm:
            return pcm
        samples = np.frombuffer(pcm, np.int16).astype(np.int32)
        samples += np.resize(self._fill, samples.size)
        return samples.clip(-32768, 32767).astype(np.int16).tobytes()


def parse_request(payload: bytes) -> tuple[int, str]:
    """Sample rate and key of a LISTEN frame."""
    raw = json.loads(payload)
    return int(raw["rate_hz"]), raw["book"] or OPEN_ENGLISH


def _new_decoder(**settings: object) -> Decoder:
    return Decoder(samprate=RATE_HZ, fwdflat=False, bestpath=False, loglevel="FATAL", **settings)


def _segments(decoder: Decoder) -> list[Segment]:
    """`ascore` is a likelihood; its logarithm is what adds up (`hyp().score` underflows, and this one may too)."""
    return [
        Segment(segment.word, segment.start_frame, segment.end_frame, math.log(max(segment.ascore, sys.float_info.min)))
        for segment in decoder.seg() or ()
    ]


def _band_noise() -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    """A second of white noise, always the same."""
    scale = 32768 * 10 ** (_BAND_FILL_DBFS / 20)
    return np.random.default_rng(0).normal(0, scale, RATE_HZ).astype(np.int32)
