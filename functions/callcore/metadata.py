"""Session metadata: where it comes from, how much of it is accepted, and which names are ours.

Limits are those of architecture.md 5. What is over a limit is refused with a reason, never dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from callcore.errors import InvalidInput
from callcore.ids import AgentId
from callcore.jsontext import to_json

MAX_URL_BYTES = 6 * 1024
MAX_JSON_BYTES = 16 * 1024
MAX_KEYS = 64
MAX_KEY_CHARS = 64
MAX_VALUE_CHARS = 2_000
"""Of a string value."""
SYSTEM_NAMES = frozenset({"FromPhone", "ToPhone", "session_id", "agent_id"})
"""Values of these names come from the system, or there are none."""

_PAGE_PARAMETERS = frozenset({"id", "k", "c", "token"})


@dataclass(frozen=True)
class PageQuery:
    """What the URL of the widget's page says (protocol.md 3)."""

    agent_id: AgentId
    public_key: str
    look: str | None
    """The `c` parameter as it came, still encoded."""
    token: str | None
    metadata: Mapping[str, str]


def parse_page_query(query: str) -> PageQuery:
    """Read the query of the page's URL, without its `?`.

    Every parameter but `id`, `k`, `c` and `token` is metadata; blank values are kept. Raises
    InvalidInput with a message for the page: `id` or `k` is missing, a parameter stands there twice
    with different values (neither could be dropped silently), or metadata is over a limit.
    """
    parameters = _distinct_parameters(query)
    metadata = {name: value for name, value in parameters.items() if name not in _PAGE_PARAMETERS}
    check_metadata(metadata, MAX_URL_BYTES)
    for name, meaning in (("id", "the agent's id"), ("k", "a public key")):
        if not parameters.get(name):
            raise InvalidInput(f"the page's address needs {name}= with {meaning}")
    return PageQuery(
        agent_id=AgentId(parameters["id"]),
        public_key=parameters["k"],
        look=parameters.get("c") or None,
        token=parameters.get("token") or None,
        metadata=metadata,
    )


def _distinct_parameters(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=2 * MAX_KEYS)
    except UnicodeDecodeError:
        raise InvalidInput("the page's address holds a parameter that is not UTF-8") from None
    except ValueError:
        raise InvalidInput("the page's address has too many parameters") from None
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if parameters.setdefault(name, value) != value:
            raise InvalidInput(f"the page's address gives {_shown(name)} twice with different values")
    return parameters


def check_metadata(metadata: Mapping[str, Any], max_bytes: int = MAX_JSON_BYTES) -> None:
    """Raises InvalidInput, naming the limit and never a value."""
    if len(metadata) > MAX_KEYS:
        raise InvalidInput(f"metadata has more than {MAX_KEYS} keys")
    for name, value in metadata.items():
        if not name:
            raise InvalidInput("metadata has an empty key")
        if len(name) > MAX_KEY_CHARS:
            raise InvalidInput(f"metadata key {_shown(name)} is longer than {MAX_KEY_CHARS} characters")
        if isinstance(value, str) and len(value) > MAX_VALUE_CHARS:
            raise InvalidInput(f"metadata.{_shown(name)} is longer than {MAX_VALUE_CHARS} characters")
    try:
        size = len(to_json(dict(metadata)).encode())
    except InvalidInput as error:
        raise InvalidInput(f"metadata {error}") from None
    if size > max_bytes:
        raise InvalidInput(f"metadata is larger than {max_bytes // 1024} KiB")


def _shown(name: str) -> str:
    """A key as a message can carry it, whatever stands in it."""
    shown = name if len(name) <= MAX_KEY_CHARS else name[:MAX_KEY_CHARS] + "…"
    return "".join(character if character.isprintable() else "?" for character in shown)


def with_system_values(metadata: Mapping[str, Any], system: Mapping[str, str]) -> dict[str, Any]:
    """Metadata with the system's own names: a value of such a name comes from `system` or is absent."""
    return {name: value for name, value in metadata.items() if name not in SYSTEM_NAMES} | dict(system)
