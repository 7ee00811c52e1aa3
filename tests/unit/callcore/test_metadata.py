from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.errors import InvalidInput
from callcore.metadata import PageQuery, check_metadata, parse_page_query, with_system_values

NEEDED = "id=-OAgent&k=KEY"
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda name: name not in {"id", "k", "c", "token"}
)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def page_metadata(query: str) -> dict[str, str]:
    return dict(parse_page_query(f"{NEEDED}&{query}").metadata)


def test_the_widgets_address() -> None:
    assert parse_page_query("id=-Abc&k=KEY&c=eJx&token=a.b.c&userName=Ann&plan=pro") == PageQuery(
        agent_id="-Abc",  # type: ignore[arg-type]
        public_key="KEY",
        look="eJx",
        token="a.b.c",
        metadata={"userName": "Ann", "plan": "pro"},
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a=x+y", {"a": "x y"}),
        ("a=x%2By", {"a": "x+y"}),
        ("a=%C3%B6", {"a": "ö"}),
        ("a=ö", {"a": "ö"}),
        ("a=", {"a": ""}),
        ("a", {"a": ""}),
        ("a=b=c", {"a": "b=c"}),
        ("ID=1&K=2", {"ID": "1", "K": "2"}),
        ("a%5B%5D=1", {"a[]": "1"}),
        ("a=1&a=1", {"a": "1"}),
        ("a=<script>alert(1)</script>", {"a": "<script>alert(1)</script>"}),
        ("&&", {}),
    ],
)
def test_how_parameters_are_read(query: str, expected: dict[str, str]) -> None:
    assert page_metadata(query) == expected


@given(st.dictionaries(NAMES, VALUES, max_size=20))
def test_what_is_encoded_is_what_is_read(metadata: dict[str, str]) -> None:
    assert page_metadata(urlencode(metadata)) == metadata


def read_or_reason(query: str) -> PageQuery | str:
    try:
        return parse_page_query(query)
    except InvalidInput as error:
        return str(error)


@given(st.text())
def test_any_query_reads_or_is_refused_with_a_printable_reason(query: str) -> None:
    page = read_or_reason(query)
    assert page.isprintable() if isinstance(page, str) else page.agent_id and page.public_key


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "the page's address needs id= with the agent's id"),
        ("id=-Abc", "the page's address needs k= with a public key"),
        ("id=&k=KEY", "the page's address needs id= with the agent's id"),
        ("id=-Abc&k=KEY&id=-Def", "the page's address gives id twice with different values"),
        (f"{NEEDED}&a=1&a=2", "the page's address gives a twice with different values"),
        (f"{NEEDED}&a=%FF", "the page's address holds a parameter that is not UTF-8"),
        (f"{NEEDED}&=x", "metadata has an empty key"),
        (f"{NEEDED}&{'n' * 65}=x", f"metadata key {'n' * 64}… is longer than 64 characters"),
        (f"{NEEDED}&a={'x' * 2001}", "metadata.a is longer than 2000 characters"),
        (f"{NEEDED}&{'&'.join(f'a{n}=' for n in range(65))}", "metadata has more than 64 keys"),
        (f"{NEEDED}&{'&'.join(f'a{n}=' for n in range(200))}", "the page's address has too many parameters"),
        (f"{NEEDED}&" + "&".join(f"a{n}={quote_plus('ö' * 1000)}" for n in range(4)), "metadata is larger than 6 KiB"),
        (f"{NEEDED}&{quote_plus('a' + chr(10))}={'x' * 2001}", "metadata.a? is longer than 2000 characters"),
    ],
)
def test_limits_have_a_readable_reason(query: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_page_query(query)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"a": "x" * 2001}, "metadata.a is longer than 2000 characters"),
        ({"": 1}, "metadata has an empty key"),
        ({f"a{n}": 1 for n in range(65)}, "metadata has more than 64 keys"),
        ({f"a{n}": "x" * 2000 for n in range(9)}, "metadata is larger than 16 KiB"),
        ({"a": ["x" * 17_000]}, "metadata is larger than 16 KiB"),
        ({"a": float("nan")}, "metadata holds a value that JSON cannot carry"),
    ],
)
def test_limits_of_json(metadata: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_metadata(metadata)
    assert str(caught.value) == reason


def test_limits_can_be_reached() -> None:
    check_metadata({f"{n:0>64}": "x" * 150 for n in range(64)})
    check_metadata({"a": "x" * 2000, "b": None, "c": {"d": [1, 2.5, True]}})


def test_names_of_the_system_come_from_the_system_or_not_at_all() -> None:
    visitor = {"FromPhone": "+1555", "ToPhone": "+1666", "session_id": "mine", "agent_id": "mine", "userName": "Ann"}
    assert with_system_values(visitor, {"session_id": "s"}) == {"userName": "Ann", "session_id": "s"}
