from hypothesis import given
from hypothesis import strategies as st

from callcore.knowledge.passages import MAX_HEADING_CHARS, MAX_PASSAGE_CHARS, passages

LINES = st.one_of(
    st.text(alphabet="ab .#\n\t", max_size=400),
    st.sampled_from(["# One", "## Two", "###### Six", "#no", "", "   ", "Word " * 300, "x" * 2000, "。" * 1000]),
    st.text(max_size=50),
)
TEXTS = st.lists(LINES, max_size=12).map("\n".join)


def split(text: str, heading: str = "") -> list[tuple[str, str]]:
    return [(one.heading, text[one.start : one.stop]) for one in passages(text, heading)]


@given(TEXTS, st.sampled_from(["", "menu"]))
def test_nothing_is_lost_and_nothing_is_told_twice(text: str, heading: str) -> None:
    """Passages come in order, do not overlap, and between them there are only space and the headings of the next."""
    place = 0
    for passage in passages(text, heading):
        assert place <= passage.start < passage.stop <= len(text)
        between = text[place : passage.start].strip()
        assert not between or between.startswith("#")
        assert len(passage.heading) == MAX_HEADING_CHARS or all(
            line.strip("# \t") in passage.heading for line in between.splitlines()[-1:]
        )
        place = passage.stop
    assert not text[place:].strip()


@given(TEXTS)
def test_a_passage_is_bounded_and_has_no_space_around_it(text: str) -> None:
    for passage in passages(text):
        part = text[passage.start : passage.stop]
        assert 0 < len(part) <= MAX_PASSAGE_CHARS
        assert part == part.strip()
        assert len(passage.heading) <= MAX_HEADING_CHARS


def test_a_section_is_a_passage_below_its_headings() -> None:
    text = "Intro.\n\n# Hotel\n\n## Rooms\nA bed.\n\nA bath.\n## Food\nSoup.\n\n# Bar\nWine."
    assert split(text) == [
        ("", "Intro."),
        ("", "# Hotel\n\n## Rooms\nA bed.\n\nA bath."),
        ("Hotel", "## Food\nSoup."),
        ("", "# Bar\nWine."),
    ]


def test_a_long_section_goes_on_below_its_own_heading() -> None:
    sentence = "The kitchen closes at ten. "
    found = split(f"# Hotel\n## Food\n{sentence * 100}")
    assert len(found) == 4
    assert {heading for heading, _ in found} == {"Hotel > Food"}
    assert all(part.endswith("at ten.") for _, part in found)


def test_a_long_paragraph_ends_at_lines_before_sentences_before_words() -> None:
    rows = "\n".join(f"{number},soup. cold, 5" for number in range(200))
    assert all(part.endswith(", 5") for _, part in split(rows))
    assert all(part.endswith("す。") for _, part in split("営業します。" * 300))
    assert [len(part) for _, part in split("x" * 2000)] == [900, 900, 200]


def test_what_stands_above_everything() -> None:
    rows = "dish,price\n" + "\n".join(f"soup,{number}" for number in range(200))
    assert {heading for heading, _ in split(rows, "dish,price")} == {"dish,price"}
