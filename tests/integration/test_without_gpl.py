"""The image's FFmpeg goes without the two encoders under the GPL, and still speaks Opus."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from infra.without_gpl import GPL, clean

REPOSITORY = Path(__file__).parents[2]
SPEAK = """
import av
from aiortc import RTCPeerConnection
from media_worker.transports.webrtc.codecs import Opus
opus = Opus()
payloads = [opus.encode(bytes(640)) for _ in range(3)]
print(av.__file__, len(opus.decode(payloads[1])))
"""


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """PyAV as it is installed, by links."""
    spec = find_spec("av")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parents[1]
    for folder in ("av", "av.libs"):
        shutil.copytree(installed / folder, tmp_path / folder, copy_function=os.symlink)
    return tmp_path


def test_it_works_without_them(packages: Path) -> None:
    if not all(map(shutil.which, ("cc", "nm"))):
        pytest.skip("there is no C compiler")
    assert clean(packages) == len(GPL)
    left = [path for path in (packages / "av.libs").iterdir() if path.name.startswith(tuple(GPL))]
    assert len(left) == len(GPL)
    assert all(path.stat().st_size < 20_000 and not path.is_symlink() for path in left), "they are blank"
    roots = [str(packages), str(REPOSITORY / "functions"), str(REPOSITORY)]
    done = subprocess.run(
        [sys.executable, "-c", SPEAK],
        cwd=packages,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(roots)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(packages / "av" / "__init__.py"), "640"]


def test_the_image_is_made_so() -> None:
    steps = (REPOSITORY / "media_worker/Dockerfile").read_text()
    assert "python /build/without_gpl.py /packages" in steps
    assert "av.libs" in (REPOSITORY / "media_worker/NOTICE").read_text()
