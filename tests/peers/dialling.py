"""A process that orders and places calls until it is killed.

`python -m tests.peers.dialling DIRECTORY TWILIO_URL BASE_URL`.
"""

import sys
import time
from pathlib import Path

from call_events.composition import placing_on
from callauth.carrier_urls import CarrierUrls
from callauth.exchange import Exchange
from callauth.private_reports import SealedReports
from callauth.sealing import Sealer
from callcore.clock import SystemClock
from callcore.workers.worker import Worker
from callstore.sqlite.stores import SqliteStores
from carriers.registry import CarrierApis
from tests.peers.control_plane import NO_MEDIA, SECRET


def main(directory: str, twilio_url: str, base_url: str) -> None:
    clock = SystemClock()
    with SqliteStores(Path(directory) / "parley.db", clock) as stores:
        urls = CarrierUrls(base_url, NO_MEDIA, lambda: (SECRET,))
        exchange = Exchange(Sealer(lambda: (SECRET,)), urls, lambda: SECRET, clock)
        private = SealedReports(stores.outbox, lambda: (SECRET,))
        placing = placing_on(stores, exchange, private, CarrierApis(twilio=twilio_url))
        while True:
            stores.workers.beat(Worker("beating", clock.unix_s(), 100))
            placing.run()
            time.sleep(0.01)


if __name__ == "__main__":
    main(*sys.argv[1:])
