"""The look of the page: what is read, what is ignored, and that nothing makes it fail."""

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget_page.look import ATTRIBUTES, MAX_CSS_CHARS, MAX_ENCODED_CHARS, MAX_JSON_BYTES, decode_look

FULL = {
    "titles": {"idle": "Start", "connecting": "Connecting...", "running": "Stop"},
    "icons": {"idle": "f7:mic", "connecting": "tabler:dots", "running": "f7:mic-slash"},
    "buttonCss": "background: #0b7285",
    "formCss": "color: #102a43",
    "background": "#102a43",
    "size": 160,
    "transcript": True,
}


def packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value).encode())


def encoded(value: Any) -> str:
    return base64.b64encode(packed(value)).decode()


def test_a_whole_look() -> None:
    decoded = decode_look(encoded(FULL))
    assert decoded.look == FULL
    assert decoded.warnings == ()


def test_attributes_of_the_element_are_texts() -> None:
    given = {"theme": "dark", "text-input": True, "mute": False, "strings": {"start": "Go"}, "language": None}
    decoded = decode_look(encoded({"attributes": given}))
    assert decoded.look == {
        "attributes": {"theme": "dark", "text-input": "true", "mute": "false", "strings": '{"start": "Go"}'}
    }
    assert decoded.warnings == ()


def test_every_attribute_that_a_look_may_set_is_one_of_the_element() -> None:
    table = (Path(__file__).parents[3] / "widget/static/element/attributes.js").read_text()
    known = set(re.findall(r"^  '?([a-z-]+)'?: ", table.split("Object.freeze({")[1].split("\n});")[0], re.MULTILINE))
    assert known >= ATTRIBUTES
    assert not ATTRIBUTES & {"agent-id", "public-key", "token", "metadata", "base-url", "media-url", "region"}


def test_encodings_start_as_those_of_live_pages() -> None:
    assert encoded(FULL).startswith("eJ")


def spellings(text: str) -> list[str]:
    url_safe = text.translate(str.maketrans("+/", "-_"))
    return [
        text,
        url_safe,
        text.rstrip("="),
        url_safe.rstrip("="),
        text.replace("+", " "),
        text.rstrip("=") + "==",
        f"{text}\n",
    ]


@given(st.text(max_size=60))
def test_every_spelling_of_base64_is_read(title: str) -> None:
    look = {"titles": {"idle": title}}
    for spelling in spellings(encoded(look)):
        assert decode_look(spelling).look == look


@pytest.mark.parametrize("absent", [None, ""])
def test_no_look_is_no_warning(absent: str | None) -> None:
    assert decode_look(absent) == decode_look(encoded({}))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("!!!", "not base64 of zlib"),
        ("é" * 8, "not base64 of zlib"),
        ("A", "not base64 of zlib"),
        (base64.b64encode(b"no zlib here").decode(), "not base64 of zlib"),
        (base64.b64encode(packed(FULL)[:-9]).decode(), "cut off"),
        (base64.b64encode(zlib.compress(b"{")).decode(), "does not hold JSON"),
        (base64.b64encode(zlib.compress(b"\xff\xfe\x00")).decode(), "does not hold JSON"),
        (base64.b64encode(zlib.compress(b"[" * 30_000)).decode(), "does not hold JSON"),
        (encoded([1]), "not an object"),
        (encoded(None), "not an object"),
        ("A" * (MAX_ENCODED_CHARS + 1), "longer than"),
    ],
)
def test_an_unreadable_look_is_ignored_and_says_why(given: str, reason: str) -> None:
    decoded = decode_look(given)
    assert decoded.look == {}
    assert len(decoded.warnings) == 1
    assert reason in decoded.warnings[0]


def test_a_bomb_is_not_unpacked() -> None:
    bomb = base64.b64encode(zlib.compress(b" " * 5_000_000, 9)).decode()
    assert len(bomb) < MAX_ENCODED_CHARS
    assert f"more than {MAX_JSON_BYTES} bytes" in decode_look(bomb).warnings[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("titles", "Start"),
        ("titles", {"idle": 7}),
        ("titles", {"idle": "x" * 81}),
        ("icons", ["f7:mic"]),
        ("buttonCss", 7),
        ("buttonCss", "x" * (MAX_CSS_CHARS + 1)),
        ("background", {}),
        ("size", "big"),
        ("size", True),
        ("size", 5),
        ("size", 10_000),
        ("size", float("nan")),
        ("size", float("inf")),
        ("size", []),
        ("transcript", "yes"),
        ("region", "eu-west"),
        ("attributes", ["theme"]),
        ("attributes", {"agent-id": "-Other"}),
        ("attributes", {"consent-text": "x" * (MAX_CSS_CHARS + 1)}),
        ("formCss", ["color: red"]),
        ("onclick", "alert(1)"),
        ("x" * 500, 1),
    ],
)
def test_an_unusable_key_is_left_out_with_a_warning_and_the_rest_stays(key: str, value: Any) -> None:
    decoded = decode_look(encoded({"background": "red"} | {key: value} | {"size": 99 if key != "size" else value}))
    assert decoded.look.get("size", 99) == 99
    assert (key in decoded.look) is False
    assert len(decoded.warnings) == 1
    assert len(decoded.warnings[0]) < 300


def test_null_is_not_given() -> None:
    assert decode_look(encoded(dict.fromkeys(FULL))) == decode_look(None)


@pytest.mark.parametrize(("given", "size"), [(160, 160), ("160", 160), ("160px", 160), (99.5, 99.5)])
def test_sizes(given: Any, size: float) -> None:
    assert decode_look(encoded({"size": given})).look == {"size": size}


@given(st.text() | st.binary().map(lambda raw: base64.b64encode(zlib.compress(raw)).decode()))
def test_nothing_makes_it_fail(anything: str) -> None:
    decode_look(anything)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FULL, "region", "idle", "other"]), inner)
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_json_it_holds_the_look_has_only_known_keys(value: Any) -> None:
    decoded = decode_look(encoded(value))
    assert set(decoded.look) <= set(FULL)
