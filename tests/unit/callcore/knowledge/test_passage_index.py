import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.knowledge.passage_index import MAX_HITS, PassageIndex, best_passages
from callcore.knowledge.terms import terms

HOTEL = """# Hotel Sun

## Rooms
Single rooms cost 80 euros a night. Double rooms are 120 euros.

## Reception
It opens at six in the morning and closes at midnight.

## Cancellation
Bookings can be cancelled free of charge until two days before arrival.

## Animals
Dogs and cats are welcome for ten euros.
"""
FACTS = {
    "de": "Das Frühstück wird von sieben bis zehn Uhr serviert.\n\nDie Stornierung ist kostenlos.",
    "ja": "営業時間は午前九時から午後五時までです。\n\n# 駐車\n駐車場は無料です。",
    "hi": "होटल सुबह छह बजे खुलता है।\n\n# भोजन\nनाश्ता मुफ़्त है।",
    "th": "โรงแรมเปิดหกโมงเช้า\n\n# ที่จอดรถ\nที่จอดรถฟรี",
}


def best(text: str, question: str) -> list[str]:
    index = PassageIndex(text)
    return [text[hit.passage.start : hit.passage.stop] for hit in best_passages([index], question)]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("when does the reception open", "six in the morning"),
        ("cancel a booking", "free of charge"),
        ("cancelling", "free of charge"),
        ("the price of a double room", "120 euros"),
        ("may I bring my dog", "Dogs and cats"),
        ("ANIMAL", "Dogs and cats"),
        ("hotel sun rooms 80", "Single rooms"),
    ],
)
def test_the_passage_that_answers_comes_first(question: str, said: str) -> None:
    assert said in best(HOTEL, question)[0]


@pytest.mark.parametrize(
    ("language", "question", "said"),
    [
        ("de", "Wann gibt es fruhstuck?", "sieben"),
        ("de", "stornieren", "kostenlos"),
        ("ja", "駐車場はありますか", "無料"),
        ("ja", "営業", "九時"),
        ("hi", "नाश्ता", "मुफ़्त"),
        ("th", "จอดรถ", "ฟรี"),
    ],
)
def test_other_languages(language: str, question: str, said: str) -> None:
    assert said in best(FACTS[language], question)[0]


def test_a_single_character_finds_the_words_that_hold_it() -> None:
    assert "無料" in best(FACTS["ja"], "車")[0]


def test_a_question_without_a_known_word_finds_nothing() -> None:
    assert best(HOTEL, "quantum chromodynamics") == best(HOTEL, "") == best("", "hotel") == best_in_none() == []


def best_in_none() -> list[str]:
    return [str(hit) for hit in best_passages([], "hotel")]


def test_words_that_stand_everywhere_find_nothing_beside_a_rare_one() -> None:
    text = "\n\n".join(f"## {name}\nThe price of the {name} is {price} euros." for name, price in PRICES.items())
    assert best(text, "what is the price of the soup") == ["## soup\nThe price of the soup is 5 euros."]
    assert len(best(text, "the price")) == MAX_HITS


PRICES = {"soup": 5, "steak": 30, "salad": 9, "bread": 2, "cake": 6, "fish": 25, "rice": 3}


def test_several_texts_are_ranked_as_one() -> None:
    texts = ["Soup costs five euros.", "The steak is thirty.\n\n# Soup\nSoup of the day: soup with more soup."]
    hits = best_passages([PassageIndex(text) for text in texts], "soup")
    assert [hit.text for hit in hits] == [1, 0]
    assert hits[0].score > hits[1].score


def test_what_stands_above_a_text_belongs_to_each_of_its_passages() -> None:
    rows = "\n".join(f"dish{number},{number}" for number in range(600))
    index = PassageIndex(rows, "name,cents")
    assert len(index.lengths) > MAX_HITS
    assert len(best_passages([index], "cents")) == MAX_HITS


def test_numbers_and_codes_have_no_forms() -> None:
    assert best("Article 4711 is red.\n\n# Other\nArticle 47112 is blue.", "4711") == ["Article 4711 is red."]
    assert best("Room b12 is red.\n\n# Other\nRoom b121 is blue.", "b12") == ["Room b12 is red."]


def test_whoever_wants_the_processor_gets_it_between_passages() -> None:
    rests: list[int] = []
    index = PassageIndex("word. " * 3000, rest=lambda: rests.append(1))
    assert len(rests) == len(index.lengths) > 10


@given(st.lists(st.text(max_size=60), max_size=30), st.text(max_size=80))
def test_a_hit_shares_a_beginning_with_the_question(parts: list[str], question: str) -> None:
    """Hits are few, ordered by score, each once; each one holds a term that begins as one of the question does."""
    text = "\n\n".join(parts)
    hits = best_passages([PassageIndex(text)], question)
    assert len(hits) <= MAX_HITS
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.passage.start for hit in hits}) == len(hits)
    asked = list(terms(question))
    for hit in hits:
        held = set(terms(f"{hit.passage.heading}\n{text[hit.passage.start : hit.passage.stop]}"))
        assert any(one[:1] == other[:1] for one in asked for other in held)


@given(st.text(alphabet="abcde ", min_size=1), st.text(alphabet="abcde ", max_size=100))
def test_a_passage_that_holds_the_question_is_found(question: str, other: str) -> None:
    index = PassageIndex(f"{question}\n\n# Other\n{other}")
    if list(terms(question)):
        assert best_passages([index], question)
