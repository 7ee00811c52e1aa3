"""The HTTP request that a webhook function becomes (protocol.md 4.1). Pure; `callnet` sends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from callcore.agents.tools import Tool
from callcore.errors import InvalidInput
from callcore.ids import SessionId
from callcore.jsontext import to_json
from callcore.variables import render, render_url

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class HttpRequest:
    """One request to a customer's server."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


def tool_request(
    tool: Tool,
    arguments: Mapping[str, Any],
    session_id: SessionId,
    metadata: Mapping[str, Any],
    variables: Mapping[str, str],
) -> HttpRequest:
    """The request: arguments in the query of a GET, else in a JSON body, the session's id and metadata beside them.

    An argument wins over the session's id and over `metadata` of its name. Raises InvalidInput for a method that there
    is not, or a URL that variables would lead elsewhere.
    """
    method = tool.method.strip().upper() or "GET"
    if method not in METHODS:
        raise InvalidInput(f"the method {method[:20]} is none of {', '.join(sorted(METHODS))}")
    values: dict[str, Any] = {} if tool.exclude_session_id else {"session_id": session_id}
    if tool.include_metadata:
        values["metadata"] = dict(metadata)
    values |= arguments
    url = render_url(tool.webhook.strip(), variables)
    headers = {name: render(value, variables) for name, value in tool.header.items()}
    if method == "GET":
        return HttpRequest(method, _with_query(url, values), headers)
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    return HttpRequest(method, url, headers, to_json(values).encode())


def _with_query(url: str, values: Mapping[str, Any]) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidInput("the webhook is no URL") from None
    texts = {name: value if isinstance(value, str) else to_json(value) for name, value in values.items()}
    query = "&".join(part for part in (parts.query, urlencode(texts)) if part)
    return urlunsplit(parts._replace(query=query, fragment=""))
