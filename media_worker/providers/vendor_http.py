"""The connections to vendors that are asked over HTTP: one pool for the process, so that a request finds one open."""

import httpx2

CONNECT_S = 3.0
IDLE_S = 10.0
"""Between two pieces of a reply."""
KEPT_S = 120.0
"""How long a connection that nobody uses stays open: a caller may think for a while."""
MAX_CONNECTIONS = 1000
"""More than a worker has sessions: each may wait for a model and a voice, and prepare the next reply."""


def vendor_client() -> httpx2.AsyncClient:
    """A client that is told by its callers where to go, and by nothing in the environment. Close it at the end."""
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(IDLE_S, connect=CONNECT_S, pool=CONNECT_S),
        limits=httpx2.Limits(
            max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS, keepalive_expiry=KEPT_S
        ),
        trust_env=False,
        follow_redirects=False,
    )
