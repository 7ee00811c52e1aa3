"""Hears what a page gives to the loudspeaker, as `window.heard`."""

from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext

UNDER_NO_POLICY: dict[str, Any] = {"bypass_csp": True}
"""Options of a context that is to be recorded: the pages' policy admits no worklet but the product's own."""


def record_pages(context: BrowserContext) -> None:
    """Every page opened in `context`, which was made `UNDER_NO_POLICY`, is recorded from its start."""
    context.add_init_script(path=Path(__file__).parent / "recorder.js")
