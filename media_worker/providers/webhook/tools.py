"""Functions behind an HTTP address of the customer; the others happen at the client."""

from callcore.errors import InvalidInput, RequestFailed, ToolFailed
from callcore.tools.tool_request import tool_request
from callnet.guarded import GuardedClient
from media_worker.ports.tools import ToolRequest, ToolRunner
from media_worker.providers.local.client_tools import ClientTools
from media_worker.providers.registry import Resources

MAX_RESULT_BYTES = 100_000
"""More is no answer to a question asked aloud."""


class WebhookTools:
    """Runs webhook functions through the guarded client."""

    def __init__(self, client: GuardedClient, elsewhere: ToolRunner) -> None:
        """`elsewhere` runs what has no webhook."""
        self._client = client
        self._elsewhere = elsewhere

    async def run(self, request: ToolRequest) -> str:
        """The body of the reply, JSON or text, whatever its type says."""
        tool = request.tool
        if tool.is_web_form or not tool.has_webhook:
            return await self._elsewhere.run(request)
        try:
            asked = tool_request(tool, request.arguments, request.session_id, request.metadata, request.variables)
            reply = await self._client.send(
                asked.method, asked.url, headers=asked.headers, body=asked.body, timeout_s=request.timeout_s
            )
        except (InvalidInput, RequestFailed) as error:
            raise ToolFailed(str(error)) from error
        if len(reply.body) > MAX_RESULT_BYTES:
            raise ToolFailed("the reply is too long")
        text = reply.body.decode(errors="replace").strip()
        if not reply.is_success:
            raise ToolFailed(f"the server answered {reply.status}" + (f": {text[:500]}" if text else ""))
        return text


def create(resources: Resources) -> WebhookTools:
    """A runner on the process's client."""
    return WebhookTools(resources.web, ClientTools())
