"""SIPp as a caller: one process that plays one scenario."""

import asyncio
import shutil
from pathlib import Path

from tests.peers.sip_worker import HERE, SipWorker

SCENARIOS = Path(__file__).parents[1] / "integration" / "sipp"
BUILT_IN = frozenset({"uac", "uac_pcap", "uas", "3pcc-C-A", "3pcc-C-B"})
IS_HERE = shutil.which("sipp") is not None


async def sipp(worker: SipWorker, scenario: str, user: str, folder: Path, *options: str, within_s: int = 20) -> None:
    """Play it against the worker, and fail as it does, with what it says."""
    await played(scenario, f"{HERE}:{worker.port}", folder, "-s", user, *options, within_s=within_s)


async def played(scenario: str, target: str, folder: Path, *options: str, within_s: int) -> None:
    """Play a scenario, once unless the options say otherwise."""
    which = ("-sn", scenario) if scenario in BUILT_IN else ("-sf", str(SCENARIOS / f"{scenario}.xml"))
    errors = folder / f"{scenario}.errors"
    once = () if "-m" in options else ("-m", "1")
    process = await asyncio.create_subprocess_exec(
        "sipp",
        *which,
        target,
        *("-i", HERE, "-nostdin", "-trace_err", "-error_file", str(errors), "-timeout", str(within_s)),
        *("-timeout_error", *once, *options),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    told = errors.read_text(errors="replace") if errors.exists() else ""
    assert process.returncode == 0, f"{scenario} ended with {process.returncode}: {told or said.decode()[-2000:]}"


async def until_bound(protocol: str, port: int) -> None:
    """Until somebody listens at this port of this machine, by `udp` or `tcp`; asking him would be a call to him."""
    async with asyncio.timeout(30):
        bound = Path(f"/proc/net/{protocol}")
        while f":{port:04X} " not in await asyncio.to_thread(bound.read_text):  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.01)
