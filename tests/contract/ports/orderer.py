"""A process that orders the calls of a campaign: `python -m tests.contract.ports.orderer ADAPTER DIRECTORY NAME`.

It prints the session id of each once it is ordered, and ends when no record waits.
"""

import sys
from pathlib import Path

from callcore.clock import SystemClock
from tests.contract.ports import rows
from tests.contract.ports.adapters import ADAPTERS_OF_CHILDREN

AT_MOST = 1_000


def main(adapter: str, directory: str, name: str) -> None:
    stores = ADAPTERS_OF_CHILDREN[adapter](Path(directory), SystemClock())
    campaign_id = rows.campaign().campaign_id
    number = 0
    while records := stores.dial_list.next_records(rows.ANN, campaign_id, 3, 0.0):
        for record in records:
            number += 1
            call = rows.ordered_call(record, f"{name}-{number}")
            if stores.dial_list.order_record(call, AT_MOST):
                print(call.session_id, flush=True)
    stores.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
