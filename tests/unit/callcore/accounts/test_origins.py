import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.accounts.origins import plain_origin


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("https://shop.example", "https://shop.example"),
        (" HTTPS://Shop.Example/ ", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("https://shop.example:443/", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://shop.example:443", "http://shop.example:443"),
        ("https://shop.example:80", "https://shop.example:80"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("https://*.Example.com", "https://*.example.com"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://[::1]", "http://[::1]"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://Bücher.example:443", "https://xn--bcher-kva.example"),
        ("https://*.bücher.example", "https://*.xn--bcher-kva.example"),
        ("https://bücher.example:8443", "https://xn--bcher-kva.example:8443"),
        ("https://*.bücher.テスト:*", "https://*.xn--bcher-kva.xn--zckzah:*"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("null", "null"),
        ("", ""),
    ],
)
def test_an_origin_is_what_browsers_tell(written: str, plain: str) -> None:
    assert plain_origin(written) == plain
    assert plain_origin(plain) == plain


@pytest.mark.parametrize(
    "host",
    [
        *(
            "Straße.de",
            "ΟΔΌΣ.gr",
            "παράδειγμα.δοκιμή",
            "例え.テスト",
            "ＳＨＯＰ.example",
            "shop。example",
            "u\u0308ber.de",
        ),
        *("Ёлка.рф", "مثال.إختبار", "उदाहरण.परीक्षा", "ΑΣ.example", "Ijsland.nl", "ﬁnd.example"),
    ],
)
def test_a_host_is_mapped_as_the_library_of_names_does(host: str) -> None:
    assert plain_origin(f"https://{host}") == f"https://{idna.encode(host, uts46=True).decode()}"


@given(st.text())
def test_whatever_is_written_is_told_in_ascii_or_is_no_origin(text: str) -> None:
    assert plain_origin(f"https://{text}").startswith("https:")
    assert plain_origin(f"https://x{text}").isascii()
