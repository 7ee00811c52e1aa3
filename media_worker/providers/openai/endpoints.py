"""Servers that speak OpenAI's chat completions, and in what each differs (providers.md 3.2)."""

from dataclasses import dataclass, field

from media_worker.providers.openai.chat import ChatModel
from media_worker.providers.openai.request import Dialect
from media_worker.providers.registry import Resources
from media_worker.providers.vendors import Vendor


@dataclass(frozen=True)
class Endpoint:
    """One such server."""

    vendor: Vendor
    dialect: Dialect = field(default_factory=Dialect)
    first_byte_s: float = 5.0
    """So long a request may stay without an answer; a server of one's own may have to load its model first."""


_OWN_SERVER_S = 11.0

OPENAI = Endpoint(
    Vendor.OPENAI,
    Dialect(
        fixed={"store": False},
        stream_options={"include_usage": True, "include_obfuscation": False},
    ),
)
GROQ = Endpoint(Vendor.GROQ, Dialect())
TOGETHER = Endpoint(Vendor.TOGETHER, Dialect(token_field="max_tokens", parallel_tool_calls=None))
VLLM = Endpoint(Vendor.VLLM, Dialect(token_field="max_tokens"), _OWN_SERVER_S)
OLLAMA = Endpoint(Vendor.OLLAMA, Dialect(token_field="max_tokens", parallel_tool_calls=None), _OWN_SERVER_S)


def _model(endpoint: Endpoint, resources: Resources) -> ChatModel:
    access = resources.vendors.need(endpoint.vendor)
    return ChatModel(resources.http, access, endpoint.vendor, endpoint.dialect, endpoint.first_byte_s)


def create_openai(resources: Resources) -> ChatModel:
    """OpenAI itself, or whatever stands at its address."""
    return _model(OPENAI, resources)


def create_groq(resources: Resources) -> ChatModel:
    """Groq."""
    return _model(GROQ, resources)


def create_together(resources: Resources) -> ChatModel:
    """Together AI."""
    return _model(TOGETHER, resources)


def create_vllm(resources: Resources) -> ChatModel:
    """A vLLM server of the operator's."""
    return _model(VLLM, resources)


def create_ollama(resources: Resources) -> ChatModel:
    """An Ollama server of the operator's."""
    return _model(OLLAMA, resources)
