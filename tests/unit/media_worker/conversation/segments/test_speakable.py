"""What a voice is given of a reply."""

import unicodedata

import hypothesis.strategies as st
import pytest
from hypothesis import given

from media_worker.conversation.segments.speakable import position_in, speakable


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("We are open.", "We are open."),
        ("We are *really* **open**, ~~not~~ __yes__!", "We are really open, not yes!"),
        ("**We are open.", "We are open."),
        ("See [our menu](https://example.com/menu?a=1) now", "See our menu now"),
        ('![A cat](cat.png "Tom") sits', "A cat sits"),
        ("Go to <https://example.com/a>.", "Go to https://example.com/a."),
        ("# Hours\n- nine to five\n- `closed` on Monday", "Hours nine to five closed on Monday"),
        ("- [x] booked\n> quoted\n* starred", "booked quoted starred"),
        ("1. First\n2. Second", "1. First 2. Second"),
        ("7. Anything else?", "7. Anything else?"),
        ("| dish | price |\n|---|:---:|\n| soup | 4 |", "dish, price soup, 4"),
        ("---\nHello\n***", "Hello"),
        ("```python\nprint(1)\n```", "print(1)"),
        ("snake_case stays, _emphasis_ goes", "snake_case stays, emphasis goes"),
        ("3 * 4 is *twelve*, \\*not\\* more", "3 * 4 is twelve, not more"),
        ("<b>bold</b> 2 < 3, <break time='1s'/>ok", "bold 2 < 3, ok"),
        ("Great 🎉👍🏽 news 👩\u200d👩\u200d👧 ❤️\u200d🔥 from 🇩🇪", "Great news from"),
        ("1️⃣ first :) and :-D", "1 first and"),
        ("a → b", "a b"),
        ("21°C, №5, ™", "21°C, №5, ™"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("क्\u200dष हाँ", "क्\u200dष हाँ"),
        ("東京です。", "東京です。"),
        ("🎉", ""),
        ("...", ""),
        ("---", ""),
        ("", ""),
    ],
)
def test_what_is_said(text: str, spoken: str) -> None:
    assert speakable(text) == spoken


MARKUP = st.text(alphabet=st.sampled_from(list("ab1 \n*_`~#>-|[]()<.!\\🎉👍🏽\u200d️")), max_size=60)


@given(st.one_of(st.text(), MARKUP))
def test_no_emoji_or_control_reaches_a_voice(text: str) -> None:
    spoken = speakable(text)
    assert "\n" not in spoken
    assert spoken == spoken.strip()
    assert not any(unicodedata.category(character) == "Cc" for character in spoken)
    assert not any("\U0001f000" <= character <= "\U0001faff" for character in spoken)
    assert "`" not in spoken


@given(st.text(alphabet=st.sampled_from(list("abc é東ü,.?!'"))))
def test_plain_text_is_said_as_it_is(text: str) -> None:
    expected = " ".join(text.split())
    assert speakable(text) == (expected if any(character.isalnum() for character in expected) else "")


@pytest.mark.parametrize(
    "text", ["We are **really** open", "😀 We [are](https://a.example) open", "| a | b |\n| We | open |"]
)
def test_a_place_in_what_is_spoken_is_found_in_the_text(text: str) -> None:
    spoken = speakable(text)
    places = [position_in(text, spoken, at) for at in range(len(spoken) + 1)]
    assert places == sorted(places)
    for word in ("We", "open"):
        assert text[: places[spoken.index(word) + len(word)]].endswith(word)
