"""What the image of the worker copies suffices: a call is held by that tree alone, beside the packages of the lock.

It runs as a task of ECS does: the container agent tells it who it is, and protects it while it holds a call.
"""

import asyncio
import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callcore.workers.worker import Worker
from callstore.sqlite.stores import SqliteStores
from media_worker.session.clock import LoopClock
from tests.contract.template.dockerfile import copy_stage, stages
from tests.peers.ecs_agent import ADDRESS, TASK_ID, EcsAgent, ecs_agent
from tests.peers.image_worker import free_port, hold_a_call, install_agent, until_it_listens, until_unprotected

# Without `site` nothing of this checkout is found: only the tree and the installed packages.
RUN = """
import runpy, sys
tree, packages, module = sys.argv[1:4]
sys.path[:0] = [tree + "/app/functions", tree + "/app"]
sys.path.append(packages)
del sys.argv[1:]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


@contextmanager
def running(tree: Path, database: Path, port: int, agent: EcsAgent) -> Iterator[subprocess.Popen[bytes]]:
    (command,) = stages()["worker"].arguments("CMD")
    module = command[-1].strip("[],")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PARLEY_"))}
    environment |= {
        "PARLEY_DATABASE": str(database),
        "PARLEY_BLOBS": str(database.parent / "blobs"),
        "PARLEY_MEDIA_PORT": str(port),
        "PARLEY_RECOGNISER_PROCESSES": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "ECS_AGENT_URI": agent.uri,
        "ECS_CONTAINER_METADATA_URI_V4": agent.uri,
    }
    worker = subprocess.Popen(
        [sys.executable, "-S", "-c", RUN, str(tree), sysconfig.get_paths()["purelib"], module],
        cwd=database.parent,
        env=environment,
        stderr=subprocess.PIPE,
    )
    try:
        yield worker
    finally:
        if worker.poll() is None:
            worker.kill()
        worker.communicate(timeout=20)


def registered(database: Path) -> Worker:
    """Its row, which it writes when it begins to run."""
    deadline = time.monotonic() + 20
    with SqliteStores(database, LoopClock()) as stores:
        while (row := stores.workers.find_worker(TASK_ID)) is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    return row


def test_what_the_image_copies_holds_a_call(tmp_path: Path) -> None:
    tree, database, port = tmp_path / "root", tmp_path / "parley.db", free_port()
    copy_stage("worker", tree)
    install_agent(database)
    with ecs_agent() as agent, running(tree, database, port, agent) as worker:
        asyncio.run(until_it_listens(worker, port))
        assert registered(database).url == f"http://{ADDRESS}:{port}"
        assert asyncio.run(hold_a_call(port, agent)) >= 1.0
        asyncio.run(until_unprotected(agent))
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) in (0, -signal.SIGTERM)
