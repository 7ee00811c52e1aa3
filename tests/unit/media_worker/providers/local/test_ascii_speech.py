import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_worker.providers.local.ascii_speech import LONGEST_PIECE, ascii_speech, pieces


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("We are open.", "We are open."),
        ("Great 🎉 news", "Great news"),
        ("Café Zoë – it’s “nice”…", 'Cafe Zoe , it\'s "nice"...'),
        ("€5 & £7", "euros 5 and pounds 7"),
        ("2 × 3 at 20°", "2 times 3 at 20 degrees"),
        ("It was 2. Not 3.", "It was 2. Not 3."),
        ("東京", ""),
        ("🎉", ""),
        ("...", ""),
        ("", ""),
    ],
)
def test_what_is_said(text: str, spoken: str) -> None:
    assert ascii_speech(text) == spoken


@given(st.text())
def test_only_printable_ascii_is_said(text: str) -> None:
    spoken = ascii_speech(text)
    assert spoken.isascii()
    assert spoken.isprintable()


@given(st.text(alphabet=st.sampled_from("ab ,.!? "), max_size=2000))
def test_pieces_are_short_and_lose_no_word(text: str) -> None:
    spoken = ascii_speech(text)
    cut = list(pieces(spoken))
    assert all(0 < len(piece) <= LONGEST_PIECE for piece in cut)
    assert "".join(" ".join(cut).split()) == "".join(spoken.split())


def test_sentences_are_joined_up_to_the_limit_and_long_ones_cut_at_a_comma() -> None:
    assert list(pieces("One. Two. Three.")) == ["One. Two. Three."]
    long = "word " * 40 + "end, " + "more " * 40 + "stop."
    first, second = pieces(long)
    assert first.endswith("end,")
    assert second.endswith("stop.")
    assert list(pieces("a" * 500)) == ["a" * 240, "a" * 240, "a" * 20]
