from dataclasses import astuple

import pytest

from media_worker.conversation.segments.segmenter import Segmenter
from media_worker.conversation.words import backchannels, phrases


@pytest.mark.parametrize("language", sorted(backchannels._LISTS))
def test_every_language_we_listen_in_we_apologise_in(language: str) -> None:
    said = astuple(phrases.phrases(language))
    assert all(text.strip() == text != "" for text in said)
    assert language == "en" or not set(said) & set(astuple(phrases.phrases("en")))
    for text in said:
        segmenter = Segmenter(language)
        assert "".join((*segmenter.feed(text), *segmenter.finish())).replace(" ", "") == text.replace(" ", "")


def test_a_region_does_not_matter_and_an_unknown_language_is_spoken_to_in_english() -> None:
    assert phrases.phrases("pt-BR") == phrases.phrases("pt")
    assert phrases.phrases("xx") == phrases.phrases("en")
