import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_worker.providers.local.speakable import LONGEST_PIECE, pieces, speakable


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("We are open.", "We are open."),
        ("We are *really* **open**!", "We are really open!"),
        ("See [our menu](https://example.com/menu?a=1) now", "See our menu now"),
        ("# Hours\n- nine to five\n- `closed` on Monday", "Hours nine to five closed on Monday"),
        ("Great 🎉👍🏽 news", "Great news"),
        ("Café Zoë – it’s “nice”…", 'Cafe Zoe , it\'s "nice"...'),
        ("€5 & £7", "euros 5 and pounds 7"),
        ("snake_case stays, _emphasis_ goes", "snake_case stays, emphasis goes"),
        ("<b>bold</b> 2 < 3", "bold 2 < 3"),
        ("1. First\n2. Second", "First Second"),
        ("It was 2. Not 3.", "It was 2. Not 3."),
        ("東京", ""),
        ("🎉", ""),
        ("...", ""),
        ("", ""),
    ],
)
def test_what_is_said(text: str, spoken: str) -> None:
    assert speakable(text) == spoken


@given(st.text())
def test_only_printable_ascii_is_said(text: str) -> None:
    spoken = speakable(text)
    assert spoken.isascii()
    assert spoken.isprintable()


@given(st.text(alphabet=st.sampled_from("ab ,.!? "), max_size=2000))
def test_pieces_are_short_and_lose_no_word(text: str) -> None:
    spoken = speakable(text)
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
