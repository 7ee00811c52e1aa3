"""Who may embed a page, and what a browser is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget_page.policy import frame_ancestors, page_headers


@pytest.mark.parametrize(
    ("origins", "sources"),
    [
        (None, "* file: capacitor: chrome-extension: moz-extension:"),
        ([], "'none'"),
        (["https://shop.example"], "https://shop.example"),
        (["https://a.example", "http://127.0.0.1:8000"], "https://a.example http://127.0.0.1:8000"),
        (["https://*.example.org"], "https://*.example.org"),
        (["https://[::1]:8443"], "https://[::1]:8443"),
        (["https://a.example; script-src *"], "'none'"),
        (["https://a.example, *", "https://b.example"], "https://b.example"),
        (["*"], "'none'"),
        (["null"], "'none'"),
        (["https://a.example\n"], "'none'"),
    ],
)
def test_frame_ancestors(origins: list[str] | None, sources: str) -> None:
    assert frame_ancestors(origins) == sources


@given(st.lists(st.text()))
def test_no_origin_leaves_its_directive(origins: list[str]) -> None:
    sources = frame_ancestors(origins)
    assert not set(sources) & set(";,\r\n")
    assert "*" not in sources.split()


def test_the_policy_of_a_page() -> None:
    headers = page_headers("https://a.example", "wss://media.example:8080/millis?x=1")
    assert headers["Content-Security-Policy"].split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self' wss://media.example:8080 https://media.example:8080",
        "img-src 'self'",
        "media-src 'self'",
        "worker-src 'self'",
        "frame-ancestors https://a.example",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "microphone=(self)" in headers["Permissions-Policy"]


def test_a_page_without_a_media_address_connects_to_its_own_origin() -> None:
    assert "connect-src 'self';" in page_headers("*", None)["Content-Security-Policy"]
