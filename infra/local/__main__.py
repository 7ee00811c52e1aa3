"""Parley whole on this machine: `python -m infra.local`."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Sequence

import httpx2

from callcore.clock import SystemClock
from callcore.errors import CallError
from callstore.sqlite.stores import SqliteStores
from infra.local.addresses import Addresses, addresses_of
from infra.local.call_events_process import HEARTBEAT_ID
from infra.local.connection import Connection, read_connection, write_connection
from infra.local.console import sign_in_link
from infra.local.environment import environment_of_children
from infra.local.first_run import install
from infra.local.logs import configure_logs
from infra.local.outbox_key import kept_key
from infra.local.reservation import reserved_directory, wait_until_nobody_runs, with_usable_ports
from infra.local.served_by import served_by
from infra.local.settings import LocalSettings, inherited_environment, parse_arguments
from infra.local.supervisor import Child, Supervisor
from infra.local.welcome import welcome

logger = logging.getLogger(__name__)

_HEALTH_TIMEOUT_S = 2.0


def main(arguments: Sequence[str]) -> int:
    """Run until Ctrl-C or SIGTERM; the exit status."""
    configure_logs("parley")
    try:
        settings = parse_arguments(arguments)
        with reserved_directory(settings.data_dir):
            wait_until_nobody_runs(settings.data_dir, _say_who_is_waited_for)
            settings = with_usable_ports(settings)
            keys = {
                "outbox_key": kept_key(settings.outbox_key_file),
                "telephony_key": kept_key(settings.telephony_key_file),
                "worker_key": kept_key(settings.worker_key_file),
            }
            settings = settings.model_copy(update=keys)
            with SqliteStores(settings.database, SystemClock()) as stores:
                return asyncio.run(_run(settings, stores))
    except CallError as error:
        print(f"parley: {error}", file=sys.stderr)
        return 1


def _say_who_is_waited_for() -> None:
    print("The calls of the last run are ending; this takes a few seconds.", flush=True)


async def _run(settings: LocalSettings, stores: SqliteStores) -> int:
    connection, message = _prepare(settings, stores)
    write_connection(settings.connection_file, connection)
    async with httpx2.AsyncClient(timeout=_HEALTH_TIMEOUT_S, trust_env=False) as client:
        supervisor = Supervisor(
            _children(addresses_of(settings), stores, client), environment_of_children(settings), SystemClock()
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _stop, supervisor)
        await supervisor.run(on_ready=lambda: print(message, flush=True))
    if supervisor.failure:
        print(f"parley: {supervisor.failure}", file=sys.stderr)
        return 1
    return 0


def _stop(supervisor: Supervisor) -> None:
    supervisor.stop()
    # Whoever read what is printed, `| head` or a terminal, may be gone.
    with contextlib.suppress(OSError):
        print("\nLetting running calls end first; Ctrl-C again stops at once.", flush=True)


def _prepare(settings: LocalSettings, stores: SqliteStores) -> tuple[Connection, str]:
    """How to reach the installation, and what to tell its owner."""
    kept = read_connection(settings.connection_file)
    installation = install(stores.accounts, stores.agents, kept, SystemClock().unix_s())
    addresses = addresses_of(settings)
    connection = Connection(
        **installation.keys.model_dump(),
        api_url=addresses.api_url,
        media_url=addresses.media_url,
        page_url=addresses.page_url(installation.agent_id, installation.keys.snippet_key),
        agent_id=installation.agent_id,
    )
    notes = (*installation.notes, served_by(inherited_environment()))
    link = sign_in_link(settings, SystemClock().unix_s())
    return connection, welcome(connection, settings.connection_file, notes, link)


def _children(addresses: Addresses, stores: SqliteStores, client: httpx2.AsyncClient) -> Sequence[Child]:
    started_at = SystemClock().unix_s()

    async def answers(url: str) -> bool:
        try:
            return (await client.get(url)).status_code == 200
        except httpx2.HTTPError:
            return False

    async def consumer_beats() -> bool:
        consumer = await asyncio.to_thread(stores.workers.find_worker, HEARTBEAT_ID)
        return consumer is not None and consumer.beat_at >= started_at

    async def needs_no_time() -> bool:
        return True

    python = (sys.executable, "-m")
    # The worker goes first and may take its time: then the ends of its calls are still put away by the others.
    return (
        Child("media", (*python, "infra.local.media_process"), lambda: answers(addresses.media_health_url), 15.0),
        Child("api", (*python, "infra.local.api_process"), lambda: answers(addresses.api_health_url), 10.0),
        Child("call_events", (*python, "infra.local.call_events_process"), consumer_beats, 10.0),
        Child("deliveries", (*python, "infra.local.deliveries_process"), needs_no_time, 12.0),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
