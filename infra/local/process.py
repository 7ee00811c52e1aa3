"""What every process of the stack does first, and how those with a port serve it."""

import os
import sys
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from callcore.errors import InvalidInput, StoreError
from infra.local.lifeline import end_with_supervisor
from infra.local.logs import configure_logs
from infra.local.reservation import running_on
from infra.local.settings import LocalSettings, read_settings
from infra.local.websocket_proxy import MAX_MESSAGE_BYTES

GRACEFUL_SHUTDOWN_S = 5


def run_process(name: str, main: Callable[[LocalSettings], None]) -> None:
    """Run `main` as that process of the stack.

    A failure that a restart cannot heal ends in one line and the exit status EX_CONFIG (sysexits.h), which
    tells the supervisor not to try again.
    """
    configure_logs(name)
    try:
        settings = read_settings()
        if settings.supervised:
            end_with_supervisor()
        with running_on(settings.data_dir):
            main(settings)
    except (InvalidInput, StoreError) as error:
        if isinstance(error, StoreError) and error.retryable:
            raise
        print(f"parley {name}: {error}", file=sys.stderr)
        sys.exit(os.EX_CONFIG)


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve until SIGTERM. No access log, because it would record queries."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="uvloop",
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        access_log=False,
        log_config=None,
        # Else the peer's address would be what a forwarding header says.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_S,
    )
