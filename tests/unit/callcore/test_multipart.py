import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.errors import InvalidInput
from callcore.multipart import MAX_HEAD_BYTES, MAX_PARTS, Part, form_parts

NAMES = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable() and not {*'"\\'} & {*text})


@given(st.binary(), NAMES)
def test_a_file_comes_as_it_was_sent(content: bytes, name: str) -> None:
    """Whatever is in it, and whatever it is called."""
    sent = httpx2.Request("POST", "http://x", data={"key": "k"}, files={"file": (name, content)})
    parts = dict(form_parts(sent.headers["content-type"], sent.read()))
    assert parts["key"] == Part(b"k")
    assert parts["file"].content == content


@pytest.mark.parametrize("name", ["menu.md", "Speisekarte für heute.txt", "中文.txt", "../../etc/passwd"])
def test_a_file_has_the_name_that_it_was_given(name: str) -> None:
    body = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\nx\r\n--b--\r\n'
    assert form_parts("multipart/form-data; boundary=b", body.encode()) == [("file", Part(b"x", name))]


@given(st.text(max_size=60), st.binary(max_size=200))
def test_no_body_breaks_it(content_type: str, body: bytes) -> None:
    """It is read, or refused with a reason."""
    try:
        form_parts(content_type, body)
        form_parts("multipart/form-data; boundary=b", b"--b\r\n" + body + b"\r\n--b--")
    except InvalidInput:
        pass


def part(head: bytes) -> bytes:
    return b"\r\n--b\r\n" + head + b"\r\n\r\nx"


NAMED = b'Content-Disposition: form-data; name="a"'


def test_a_part_is_never_looked_into() -> None:
    """Parts within parts, however deep, are the content of the first."""
    inner = b"".join(b"\r\n--c%d\r\nContent-Type: multipart/mixed; boundary=c%d\r\n" % (n, n + 1) for n in range(2_000))
    body = part(NAMED + b"\r\nContent-Type: multipart/mixed; boundary=c0") + inner + b"\r\n--b--\r\n"
    assert form_parts("multipart/form-data; boundary=b", body) == [("a", Part(b"x" + inner))]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (part(NAMED) * (MAX_PARTS + 1) + b"\r\n--b--", f"the form has more than {MAX_PARTS} fields"),
        (part(NAMED + b"; a=b" * MAX_HEAD_BYTES) + b"\r\n--b--", "the form cannot be read"),
        (part(NAMED)[: -len(b"\r\n\r\nx")] + b"\r\n--b--", "the form cannot be read"),
        (part(NAMED), "the form ends before its last boundary"),
        (b"", "the form ends before its last boundary"),
    ],
)
def test_a_form_is_whole_and_within_its_bounds(body: bytes, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        form_parts("multipart/form-data; boundary=b", body)


def test_as_many_fields_as_may_be_are_read() -> None:
    assert len(form_parts("multipart/form-data; boundary=b", part(NAMED) * MAX_PARTS + b"\r\n--b--")) == MAX_PARTS
