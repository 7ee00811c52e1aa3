"""Functions that happen at the client: it learns of every function, and needs no webhook to act on it."""

from callcore.errors import ToolFailed
from media_worker.ports.tools import ToolRequest

FORM_SHOWN = "The form was shown to the user."


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
