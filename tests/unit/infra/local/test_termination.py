import subprocess
import sys

import pytest

WAITING = """
import os, signal, sys, threading, time
from infra.local.termination import Termination
stop = Termination()
assert not stop.is_set()
assert not stop.wait(0.01)
kill = {kill}
threading.Thread(target=lambda: (time.sleep(0.2), kill())).start()
assert stop.wait(50)
assert stop.is_set()
"""
KILLS = {
    "the process": "lambda: os.kill(os.getpid(), signal.SIGTERM)",
    # As when the main thread is about to wait: no system call of its is interrupted.
    "another thread": "lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM)",
}


@pytest.mark.parametrize("whom", KILLS)
def test_the_signal_ends_the_wait_whichever_thread_takes_it(whom: str) -> None:
    code = f"import sys; sys.path[:] = {sys.path!r}" + WAITING.format(kill=KILLS[whom])
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
