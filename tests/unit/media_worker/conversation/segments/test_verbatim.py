from hypothesis import given
from hypothesis import strategies as st

from media_worker.conversation.segments.verbatim import Verbatim


@given(st.lists(st.text()), st.booleans())
def test_nothing_is_lost_but_blanks_before_the_first_word(deltas: list[str], follows: bool) -> None:
    verbatim = Verbatim(follows=follows)
    shown = "".join(piece for delta in deltas for piece in verbatim.feed(delta)) + "".join(verbatim.finish())
    text = "".join(deltas).lstrip()
    assert shown == (f"\n{text}" if follows and text else text)


def test_blanks_alone_are_nothing() -> None:
    verbatim = Verbatim(follows=False)
    assert [verbatim.feed(blank) for blank in (" ", "\n", "")] == [[], [], []]
