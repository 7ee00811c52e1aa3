from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.errors import InvalidInput
from callcore.knowledge.text import KINDS, kind_of, text_of


@pytest.mark.parametrize(
    ("file_type", "name", "kind"),
    [
        ("text/plain", "menu", "text/plain"),
        ("text/plain", "menu.txt", "text/plain"),
        ("text/plain", "faq.HTML", "text/html"),
        ("", "prices.csv", "text/csv"),
        ("application/octet-stream", "a.b.md", "text/markdown"),
        ("TEXT/HTML; charset=utf-8", "x.txt", "text/html"),
        ("application/json", "", "application/json"),
    ],
)
def test_a_kind_is_told_by_type_or_else_by_name(file_type: str, name: str, kind: str) -> None:
    assert kind_of(file_type, name) == kind


def test_other_kinds_are_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="file_type image/png is not read here; these are: text/plain"):
        kind_of("image/png", "x.txt")


def test_text_has_newlines_only_and_no_mark() -> None:
    assert text_of(b"\xef\xbb\xbfa\r\nb\rc\n", "text/plain") == "a\nb\nc\n"


def test_a_page_is_its_words_with_headings() -> None:
    page = b"""<!doctype html><html><head><title>x</title><style>p{}</style></head><body>
    <nav><a href="/">Home</a></nav><h1>Opening <em>hours</em></h1><p>We open at
    nine &amp; close at five.<script>no()</script></p>
    <ul><li>Monday<li>Tuesday</ul><table><tr><th>Soup<td>5 &euro;</tr></table></body>"""
    assert text_of(page, "text/html").split("\n\n") == [
        "Home",
        "# Opening hours",
        "We open at nine & close at five.",
        "Monday\nTuesday",
        "Soup 5 €",
    ]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("We are<script>a < b</script> open<!-- <p>not</p> --> daily.", "We are open daily."),
        ("1 < 2 &lt; 3 and a<b>c</b>", "1 < 2 < 3 and ac"),
        ("<title>No</title><svg><path d='x'/></svg>Yes<br/>and no", "Yes\nand no"),
        ("<p>One\n\n\ntwo<p>three", "One two\n\nthree"),
        ("an open <!-- comment", "an open"),
    ],
)
def test_words_of_pages(page: str, words: str) -> None:
    assert text_of(page.encode(), "text/html") == words


@pytest.mark.parametrize("unit", ["<", "<a ", "<!--", "</", "<?", "<![", "&", "<div>", "<svg></p>", "<a b='", "<td>"])
def test_no_page_takes_longer_than_its_length(unit: str) -> None:
    """So much of it is read in a moment; what takes the square of its length does not end."""
    with suppress(InvalidInput):
        text_of(b"x" + unit.encode() * (2**20 // len(unit)), "text/html")


def test_json_has_a_member_on_each_line() -> None:
    assert text_of('{"menü":["soup",{"price":5}]}'.encode(), "application/json").splitlines() == [
        "{",
        '"menü": [',
        '"soup",',
        "{",
        '"price": 5',
        "}",
        "]",
        "}",
    ]


@given(st.one_of(st.binary(max_size=200), st.text().map(str.encode)), st.sampled_from(sorted(KINDS)))
def test_whatever_it_is_it_becomes_text_or_is_refused(data: bytes, kind: str) -> None:
    """A text is not blank, is UTF-8 and holds no carriage return."""
    try:
        text = text_of(data, kind)
    except InvalidInput:
        return
    assert text.strip()
    assert text.encode()
    assert "\r" not in text or kind != "text/plain"
