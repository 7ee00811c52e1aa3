"""A process that writes until it is stopped: `python -m tests.contract.ports.writer ADAPTER DIRECTORY NAME COUNT`.

It stores COUNT calls (0 = endlessly), each with a checkpoint and a queue message, and prints the session id
of each once all three are stored.
"""

import itertools
import sys
from pathlib import Path

from callcore.clock import SystemClock
from tests.contract.ports import rows
from tests.contract.ports.adapters import ADAPTERS_OF_CHILDREN


def main(adapter: str, directory: str, name: str, count: str) -> None:
    stores = ADAPTERS_OF_CHILDREN[adapter](Path(directory), SystemClock())
    stores.accounts.put_account(rows.account())
    for number in itertools.islice(itertools.count(), int(count) or None):
        session_id = f"{name}-{number}"
        stores.calls.begin_call(rows.live_call(session_id))
        stores.checkpoints.save_checkpoint(rows.checkpoint(session_id))
        stores.queue("work").send(session_id)
        print(session_id, flush=True)
    stores.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
