"""How people say that they do not want to be called again."""

import pytest

from media_worker.conversation.words.do_not_call import asks_not_to_be_called, is_known


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Please don't call me again!"),
        ("en-GB", "Take me off of your list, thanks."),
        ("en", "STOP CALLING ME"),
        ("en", "dont call this number"),
        ("de", "Rufen Sie mich bitte … nein: rufen Sie mich nie wieder an."),
        ("fr", "Retirez-moi de votre liste"),
        ("fr", "ne m’appelez plus"),
        ("es-419", "No me vuelvan a llamar, por favor."),
        ("ja", "もう電話しないでください"),
        ("ko", "다시는 전화하지 마세요"),
        ("pt-BR", "Não me liguem mais"),
        ("ru", "Больше мне не звоните."),
        ("uk", "Більше мені не дзвоніть"),
        ("tr", "Beni bir daha aramayın"),
    ],
)
def test_the_wish_is_heard(language: str, text: str) -> None:
    assert asks_not_to_be_called(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "don't call me Bob"),
        ("en", "please don't call before ten"),
        ("en", "call me again tomorrow"),
        ("en", "put me on your list"),
        ("en", "unstop calling means nothing"),
        ("en", ""),
        ("de", "Rufen Sie mich morgen wieder an"),
        ("cs", "don't call me again"),
        ("xx", "don't call me again"),
    ],
)
def test_other_wishes_are_not(language: str, text: str) -> None:
    assert not asks_not_to_be_called(text, language)


def test_every_entry_is_found_and_a_language_without_entries_is_told() -> None:
    assert is_known("de-CH")
    assert not is_known("th")
