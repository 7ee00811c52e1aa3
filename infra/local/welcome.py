"""What a person is told when the local stack is up."""

from html import escape
from pathlib import Path

from infra.local.connection import Connection


def iframe_snippet(connection: Connection) -> str:
    """To paste into a page: the call page as a frame."""
    looks = 'width="100%" height="600" style="border: 0"'
    return f'<iframe src="{escape(connection.page_url)}" {looks} allow="microphone"></iframe>'


def script_snippet(connection: Connection) -> str:
    """To paste into a page: a call button in the page itself."""
    attributes = {
        "src": f"{connection.api_url}/embed.js",
        "data-agent-id": connection.agent_id,
        "data-public-key": connection.snippet_key,
    }
    return "<script " + " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items()) + "></script>"


def curl_line(connection: Connection) -> str:
    """To see the agent over REST."""
    return f"curl -H 'Authorization: {connection.private_key}' '{connection.api_url}/agents/{connection.agent_id}'"


def welcome(connection: Connection, connection_file: Path, notes: tuple[str, ...], console_link: str) -> str:
    """The whole message; `console_link` signs a browser in."""
    return "\n".join(
        [
            "",
            *notes,
            "Parley is ready. Open this page, press the button and talk:",
            f"  {connection.page_url}&userName=Ann",
            "Everything after id and k is metadata of the call: the agent greets Ann by name.",
            "",
            "The console, where agents are made, tried and embedded (this link signs you in, once, for ten minutes):",
            f"  {console_link}",
            "",
            "As a frame in any page:",
            f"  {iframe_snippet(connection)}",
            "As a button in any page:",
            f"  {script_snippet(connection)}",
            "From a script (the private key is for your own servers only):",
            f"  {curl_line(connection)}",
            f"All of this for scripts: {connection_file}",
            "Ctrl-C stops Parley.",
            "",
        ]
    )
