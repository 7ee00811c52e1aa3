"""What to do about a vendor that does not work."""

from collections.abc import Mapping

from callcore.errors import ProviderFailure
from media_worker.providers.vendors import AWS_CREDENTIALS, KEYLESS, Vendor

NOBODY = (
    "No vendor is configured: everything is made on this machine. To use one, set its key, for example\n"
    "OPENAI_API_KEY, DEEPGRAM_API_KEY or ELEVENLABS_API_KEY, the address of a server of yours, OLLAMA_BASE_URL\n"
    "or VLLM_BASE_URL, or the credentials and region of AWS."
)
_REMEDIES: Mapping[ProviderFailure, str] = {
    ProviderFailure.REJECTED: "check {key}, and that its account may use this service and model",
    ProviderFailure.RATE_LIMIT: "the account is at its limit: wait, or raise the limit with the vendor",
    ProviderFailure.TIMEOUT: "check the network, and {address} if it is set",
    ProviderFailure.UNAVAILABLE: "check the network, and {address} if it is set; else the vendor may be down",
}


def remedy(vendor: Vendor, failure: ProviderFailure) -> str:
    """What its operator should look at."""
    key = f"{vendor.name}_API_KEY"
    if vendor is Vendor.AWS:
        key = f"AWS's credentials ({', '.join(AWS_CREDENTIALS[:2])} or a role), their permissions and the region"
    elif vendor in KEYLESS:
        key = f"{vendor.name}_BASE_URL, and {key} if the server wants one"
    return _REMEDIES[failure].format(key=key, address=f"{vendor.name}_BASE_URL")
