import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.errors import InvalidInput
from callcore.multipart import Part, form_parts

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
