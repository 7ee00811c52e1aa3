"""The form of a customer's URL, and the addresses that it may lead to."""

from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.errors import InvalidInput
from callnet.addresses import NOT_PUBLIC, obstacle
from callnet.target import Target, parse_target

HTTP = frozenset({"https", "http"})

HOSTILE = [
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "data:text/plain,hello",
    "//example.com/",
    "example.com",
    "",
    "https://",
    "https:///path",
    "https://?x=1",
    "https://user@example.com/",
    "https://user:password@example.com/",
    "https://example.com@127.0.0.1/",
    "https://example.com\\@127.0.0.1/",
    "https://example.com\t.attacker.example/",
    "https://example.com/a b",
    "https://exa\nmple.com/",
    "https://example.com/\r\nHost: internal",
    "https://example.com/\x00",
    " https://example.com/",
    "https://example.com:99999/",
    "https://example.com:x/",
    "https://[::1",
    "https://[zz]/",
    "https://localhost.%00/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.255.255.254:8443/",
    "https://0/",
    "https://0.0.0.0/",
    "https://0x7f.0.0.1/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://2130706433/",
    "https://127.0.0.1./",
    "https://127.0.0.0x1/",
    "https://10.0.0.1/",
    "https://10.255.255.255/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://192.168.1.1:8080/admin",
    "https://100.64.0.1/",
    "https://100.127.255.254/",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.170.2/v2/credentials/",
    "https://169.254.170.23/v1/credentials",
    "https://2852039166/latest/meta-data/",
    "https://0xA9.0xFE.0xA9.0xFE/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://203.0.113.9/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[::ffff:10.0.0.1]:443/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::10.0.0.1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::1]/",
    "https://[2001::1]/",
    "https://[2001:db8::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://127\u30020\u30020\u30021/",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://example.com/" + "a" * 9_000,
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/",
    "https://a..example/",
]

FAIR = {
    "https://example.com": Target("https", "example.com", 443, "/"),
    "https://example.com/": Target("https", "example.com", 443, "/"),
    "HTTPS://Example.COM/Path?q=1#part": Target("https", "example.com", 443, "/Path?q=1"),
    "https://example.com:8443/hook?to=%2B15551234567": Target("https", "example.com", 8443, "/hook?to=%2B15551234567"),
    "https://example.com./": Target("https", "example.com", 443, "/"),
    "https://a-b.c1.example.co.uk/x": Target("https", "a-b.c1.example.co.uk", 443, "/x"),
    "https://m\u00fcller.example/": Target("https", "xn--mller-kva.example", 443, "/"),
    "https://8.8.8.8/dns-query": Target("https", "8.8.8.8", 443, "/dns-query"),
    "https://[2606:4700:4700::1111]/": Target("https", "2606:4700:4700::1111", 443, "/"),
    "https://example.com/caf\u00e9": Target("https", "example.com", 443, "/caf%C3%A9"),
    "https://1.example.com/": Target("https", "1.example.com", 443, "/"),
    "https://example.com/?next=https://127.0.0.1/": Target("https", "example.com", 443, "/?next=https://127.0.0.1/"),
}


@pytest.mark.parametrize("url", HOSTILE)
def test_hostile(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_target(url, HTTP, private=False)
    assert "127.0.0.1" not in str(refused.value)


@pytest.mark.parametrize(("url", "target"), FAIR.items())
def test_fair(url: str, target: Target) -> None:
    assert parse_target(url, HTTP, private=False) == target


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000/x", "http://10.1.2.3/", "https://[fd00::1]/", "http://localhost/"]
)
def test_private_networks_when_they_are_wanted(url: str) -> None:
    assert parse_target(url, HTTP, private=True)


def test_the_scheme_must_fit_the_kind_of_request() -> None:
    with pytest.raises(InvalidInput, match="wss://"):
        parse_target("https://example.com/", frozenset({"wss", "ws"}), private=False)


@pytest.mark.parametrize(
    ("target", "authority"),
    [
        (Target("https", "example.com", 443, "/"), "example.com"),
        (Target("https", "example.com", 80, "/"), "example.com:80"),
        (Target("http", "2606:4700::1", 80, "/"), "[2606:4700::1]"),
    ],
)
def test_authority(target: Target, authority: str) -> None:
    assert target.authority == authority


@given(st.ip_addresses())
def test_nothing_that_python_calls_private_is_admitted(address: object) -> None:
    parsed = ip_address(str(address))
    if not parsed.is_global or parsed.is_multicast:
        # Python counts a few registered anycast blocks among the private ones; the table has them too.
        assert obstacle(str(parsed)), parsed


@given(st.ip_addresses(v=4))
def test_an_address_wrapped_in_another_is_as_public_as_itself(address: IPv4Address) -> None:
    plain = obstacle(str(address))
    for wrapped in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert (obstacle(wrapped) is None) == (plain is None)


def test_each_reason_is_given() -> None:
    for what, networks in NOT_PUBLIC.items():
        for network in networks:
            assert obstacle(network.split("/")[0]) == what or network == "::/128"
