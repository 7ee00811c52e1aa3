import pytest

from media_worker.providers.local.likelihood import REJECTION_THRESHOLD, Segment, is_speech, is_unsettled, ratio

WORDS = [Segment("<sil>", 0, 29, -0.03), Segment("w1", 30, 59, -0.03), Segment("w2", 60, 89, -0.03)]
SAME_SPEECH = [Segment("SIL", 0, 29, -0.03), *(Segment("AH", at, at + 9, -0.01) for at in range(30, 90, 10))]


def test_words_that_explain_the_sound_as_well_as_phones_do_score_about_zero() -> None:
    assert ratio(WORDS, SAME_SPEECH) == pytest.approx(0.0, abs=1e-9)


def test_words_that_fit_badly_score_low() -> None:
    bad = [WORDS[0], WORDS[1]._replace(log_likelihood=-0.4), WORDS[2]._replace(log_likelihood=-0.3)]
    assert ratio(bad, SAME_SPEECH) < REJECTION_THRESHOLD


def test_speech_that_a_short_phrase_passes_over_as_silence_counts_against_it() -> None:
    long_speech = [Segment("AH", at, at + 9, -0.01) for at in range(0, 300, 10)]
    one_word = [Segment("w1", 0, 29, -0.03), Segment("<sil>", 30, 299, -1.5)]
    assert ratio(one_word, long_speech) < REJECTION_THRESHOLD
    assert ratio(one_word[:1], long_speech[:3]) == pytest.approx(0.0, abs=1e-9)


def test_a_last_word_is_settled_once_silence_has_followed_it() -> None:
    assert is_unsettled([])
    assert is_unsettled(WORDS)
    assert is_unsettled([*WORDS, Segment("<sil>", 90, 94, -0.1)])
    assert not is_unsettled([*WORDS, Segment("<sil>", 90, 99, -0.1)])
    assert not is_unsettled([*WORDS, Segment("<sil>", 90, 99, -0.1), Segment("(NULL)", 99, 99, 0.0)])
    assert is_unsettled([*WORDS, Segment("(NULL)", 89, 89, 0.0)])


def test_silence_on_both_sides_counts_for_nothing() -> None:
    padded = [*WORDS, Segment("<sil>", 90, 199, -50.0)]
    assert ratio(padded, [*SAME_SPEECH, Segment("SIL", 90, 199, -0.01)]) == ratio(WORDS, SAME_SPEECH)


@pytest.mark.parametrize("words", [[], [Segment("<sil>", 0, 50, -0.1)], [Segment("(NULL)", 3, 2, 0.0)]])
def test_no_words_never_pass(words: list[Segment]) -> None:
    assert ratio(words, SAME_SPEECH) == float("-inf")


@pytest.mark.parametrize(
    ("phones", "at_least", "speech"),
    [
        ([(0, 9), (10, 22)], 2, True),
        ([(0, 9)], 2, False),
        ([(0, 99), (100, 199)], 2, False),
        ([(0, 9), (10, 19), (20, 29)], 3, True),
    ],
)
def test_speech_has_enough_phones_and_changes_them_fast(
    phones: list[tuple[int, int]], at_least: int, speech: bool
) -> None:
    heard = [Segment("AH", first, last, -0.1) for first, last in phones]
    assert is_speech([Segment("SIL", 0, 400, -0.1), *heard, Segment("+NSN+", 0, 9, -0.1)], at_least) is speech
