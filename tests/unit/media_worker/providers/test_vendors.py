import pytest

from media_worker.providers.vendors import Access, Vendor, Vendors


def test_without_keys_there_is_nobody() -> None:
    assert list(Vendors()) == []
    assert list(Vendors({"OPENAI_API_KEY": " ", "OPENAI_BASE_URL": "http://127.0.0.1:1"})) == []


def test_a_key_makes_a_vendor_available_at_home() -> None:
    vendors = Vendors({"DEEPGRAM_API_KEY": "k"})
    assert list(vendors) == [Vendor.DEEPGRAM]
    assert vendors.find(Vendor.DEEPGRAM) == Access("k", "https://api.deepgram.com")
    assert vendors.find(Vendor.OPENAI) is None


@pytest.mark.parametrize(
    ("given", "http", "websocket"),
    [
        ("ws://127.0.0.1:1/", "http://127.0.0.1:1", "ws://127.0.0.1:1"),
        ("http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", "ws://127.0.0.1:1/v1"),
        ("https://eu.example.com", "https://eu.example.com", "wss://eu.example.com"),
        ("wss://eu.example.com", "https://eu.example.com", "wss://eu.example.com"),
    ],
)
def test_a_vendor_is_pointed_elsewhere_with_either_scheme(given: str, http: str, websocket: str) -> None:
    access = Vendors({"ELEVENLABS_API_KEY": "k", "ELEVENLABS_BASE_URL": given}).find(Vendor.ELEVENLABS)
    assert access is not None
    assert (access.http_url, access.websocket_url) == (http, websocket)


@pytest.mark.parametrize("vendor", [Vendor.OLLAMA, Vendor.VLLM])
def test_a_server_of_ones_own_needs_an_address_and_no_key(vendor: Vendor) -> None:
    assert Vendors({f"{vendor.name}_API_KEY": "k"}).find(vendor) is None
    access = Vendors({f"{vendor.name}_BASE_URL": "http://127.0.0.1:8/v1"}).find(vendor)
    assert access == Access("", "http://127.0.0.1:8/v1")


@pytest.mark.parametrize("credentials", ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"])
@pytest.mark.parametrize("region", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_aws_needs_credentials_and_a_region(credentials: str, region: str) -> None:
    assert Vendors({credentials: "x", region: "eu-west-1"}).find(Vendor.AWS) == Access("", "", "eu-west-1")
    assert Vendors({credentials: "x"}).find(Vendor.AWS) is None
    assert Vendors({region: "eu-west-1"}).find(Vendor.AWS) is None


def test_no_key_is_shown() -> None:
    vendors = Vendors({"OPENAI_API_KEY": "sk-secret"})
    assert "sk-secret" not in repr(vendors) + repr(vendors.find(Vendor.OPENAI))
