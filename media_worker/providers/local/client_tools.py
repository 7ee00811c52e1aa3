"""Functions that happen at the client: it learns of every function, and needs no webhook to act on it."""

from callcore.errors import ToolFailed
from callcore.jsontext import to_json
from media_worker.ports.tools import ToolRequest

FORM_SHOWN = to_json({"status": "the page was asked to show a form; what is entered there does not come back"})
"""The client did not promise `function_result`: its page deals with the form."""


class ClientTools:
    """Answers for functions without a webhook; keeps nothing between runs."""

    async def run(self, request: ToolRequest) -> str:
        """At once: the client has been told already."""
        if request.tool.is_web_form:
            return FORM_SHOWN
        if request.tool.has_webhook:
            raise ToolFailed("this function cannot be reached from here")
        return ""


def create(resources: object = None) -> ClientTools:
    """A runner; it needs nothing."""
    return ClientTools()
