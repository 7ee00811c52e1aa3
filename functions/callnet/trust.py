"""The certificates by which the servers of others are believed."""

import ssl
from functools import cache


@cache
def usual_trust() -> ssl.SSLContext:
    """Those of this machine, read once in a process: that takes 15 ms, in which an event loop plays nobody's audio."""
    return ssl.create_default_context()
