from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.errors import InvalidInput
from callcore.variables import MAX_INSERTED_CHARS, render, render_url, unknown_names, variable_of, variables_of

VARIABLES = {
    "userName": "Ann",
    "user-id": "7",
    "Full Name": "Ann Lee",
    "json": '{"userName": 1}',
    "empty": "",
    "ö": "o",
}
NAMES = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,10}\Z")


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("Hi {userName}! How can I help?", "Hi Ann! How can I help?"),
        ("Hi {<userName>}!", "Hi Ann!"),
        ("Hi {<userName}! {userName>}", "Hi {<userName}! {userName>}"),
        ("{unknown} {userName}", "{unknown} Ann"),
        ("{user-id}, {Full Name}, {ö}", "7, Ann Lee, o"),
        ("[{empty}]", "[]"),
        ("{json}", '{"userName": 1}'),
        ("{{userName}}", "{Ann}"),
        ('Answer as {"name": "{userName}", "ids": [1]}', 'Answer as {"name": "Ann", "ids": [1]}'),
        ("{ userName }", "{ userName }"),
        ("{username}", "{username}"),
        ("{userName", "{userName"),
        ("userName}", "userName}"),
        ("{}", "{}"),
        ("{" * 50 + "userName" + "}" * 50, "{" * 49 + "Ann" + "}" * 49),
        (
            "%(userName)s $userName {0} {userName!r} {userName.x}",
            "%(userName)s $userName {0} {userName!r} {userName.x}",
        ),
        ("", ""),
    ],
)
def test_only_known_names_are_replaced(text: str, rendered: str) -> None:
    assert render(text, VARIABLES) == rendered


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_rendering_never_raises(text: str, variables: dict[str, str]) -> None:
    render(text, variables)
    unknown_names(text, variables)


@given(st.text())
def test_without_variables_a_text_stays_as_it_is(text: str) -> None:
    assert render(text, {}) == text


@given(st.lists(NAMES, min_size=1, unique=True), st.data())
def test_a_value_is_never_expanded(names: list[str], data: st.DataObject) -> None:
    values = st.sampled_from([f"{{{name}}}" for name in names]) | st.text()
    variables = {name: data.draw(values) for name in names}
    template = " | ".join(f"{{{name}}}" for name in names)
    assert render(template, variables) == " | ".join(variables.values())


def test_what_values_insert_is_bounded() -> None:
    value = "x" * 2_000
    rendered = render("{a}" * 85_000, {"a": value})
    assert rendered.startswith(value * (MAX_INSERTED_CHARS // len(value)) + "{a}")
    assert len(rendered) < MAX_INSERTED_CHARS + 3 * 85_000


def test_values_read_as_a_person_would_write_them() -> None:
    metadata = {"a": "x", "b": True, "c": None, "d": 3, "e": 3.0, "f": 2.5, "g": ["ö", 1], "h": {"k": None}, "i": 1e300}
    assert variables_of(metadata, {}) == {
        "a": "x",
        "b": "true",
        "c": "",
        "d": "3",
        "e": "3",
        "f": "2.5",
        "g": '["ö",1]',
        "h": '{"k":null}',
        "i": "1e+300",
    }


def test_the_system_wins_over_metadata() -> None:
    metadata = {"session_id": "mine", "FromPhone": "mine", "name": "Ann"}
    assert variables_of(metadata, {"session_id": "s"}) == {"name": "Ann", "session_id": "s"}


@pytest.mark.parametrize(
    ("text", "name"),
    [("{FromPhone}", "FromPhone"), (" {<FromPhone>} ", "FromPhone"), ("from {FromPhone}", None), ("", None)],
)
def test_a_text_that_is_one_variable(text: str, name: str | None) -> None:
    assert variable_of(text) == name


def test_unknown_names_once_and_in_order() -> None:
    assert unknown_names("{b} {userName} {<a>} {b} {} {not a name!}", VARIABLES) == ("b", "a")


@pytest.mark.parametrize(
    ("url", "rendered"),
    [
        ("https://x.org/a/{userName}?n={Full Name}", "https://x.org/a/Ann?n=Ann%20Lee"),
        ("https://x.org/?j={json}#{<userName>}", "https://x.org/?j=%7B%22userName%22%3A%201%7D#Ann"),
        ("https://x.org/{unknown}", "https://x.org/{unknown}"),
        ("https://x.org", "https://x.org"),
        ("wss://x.org:8080?a={userName}", "wss://x.org:8080?a=Ann"),
    ],
)
def test_urls_take_percent_encoded_values(url: str, rendered: str) -> None:
    assert render_url(url, VARIABLES) == rendered


@pytest.mark.parametrize(
    "url",
    [
        "{userName}",
        "{userName}://x.org/",
        "https://{userName}/",
        "https://{userName}",
        "https://x.org:{user-id}/",
        "https://{userName}@x.org/",
        "https://{unknown}.x.org/",
        "https://x.org\\{userName}/",
        "/{userName}",
        "//{userName}/",
    ],
)
def test_a_value_never_decides_the_host(url: str) -> None:
    with pytest.raises(InvalidInput, match="scheme or host"):
        render_url(url, VARIABLES)


@pytest.mark.parametrize(("url", "value"), [("/a/{v}/b", ".."), ("/a/{v}{v}", "."), ("/a/{v}?x", "."), ("/.{v}", ".")])
def test_a_value_never_climbs_the_path(url: str, value: str) -> None:
    with pytest.raises(InvalidInput, match="dot segment"):
        render_url("https://x.org" + url, {"v": value})


@given(st.text())
def test_any_value_stays_inside_its_parameter(value: str) -> None:
    parts = urlsplit(render_url("https://x.org/a?v={v}&w=1", {"v": value}))
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "x.org", "/a", "")
    name, encoded = parts.query.removesuffix("&w=1").split("=")
    assert name == "v"
    assert unquote(encoded) == value.encode(errors="replace").decode()
