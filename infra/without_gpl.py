"""Takes what is under the GPL out of the FFmpeg that PyAV brings, for an image: `python without_gpl.py PACKAGES`.

PyAV's wheels hold x264 and x265, two encoders of video that nothing of ours opens; but FFmpeg's library of codecs does
not load without files of their names. Blank ones are put in their place: every function that is looked for in them is
there and answers that there is nothing. What stays is under the LGPL or freer (infra/adr/0018), as PyAV published it;
media_worker/NOTICE says where its sources are. Needs a C compiler with its tools.
"""

import subprocess
import sys
from pathlib import Path

GPL = {"libx264": "x264_", "libx265": "x265_"}
"""The libraries by how their files' names begin, and how the names of what is in them do."""


def wanted(libraries: Path) -> list[str]:
    """What FFmpeg looks for in other libraries, by name. Raises CalledProcessError."""
    asked = ["nm", "-D", "--undefined-only", "--format=just-symbols", *map(str, libraries.glob("libav*.so*"))]
    listed = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    return [line.partition("@")[0] for line in listed.split()]


def blank(path: Path, names: list[str]) -> None:
    """Put a library in the place of another, with these functions and nothing in them. Raises CalledProcessError."""
    source = "".join(f"long {name}(void) {{ return 0; }}\n" for name in names)
    options = ["-shared", "-fPIC", "-Os", "-nostdlib", f"-Wl,-soname,{path.name}", "-x", "c", "-", "-o", str(path)]
    path.unlink()
    subprocess.run(["cc", *options], input=source, text=True, check=True)


def clean(packages: Path) -> int:
    """How many libraries are blank now. Raises CalledProcessError."""
    libraries = packages / "av.libs"
    names = wanted(libraries)
    blanked = 0
    for library, prefix in GPL.items():
        for path in libraries.glob(f"{library}-*"):
            blank(path, [name for name in names if name.startswith(prefix)])
            blanked += 1
    return blanked


if __name__ == "__main__":
    count = clean(Path(sys.argv[1]))
    print(f"{count} libraries under the GPL are blank")
    sys.exit(0 if count == len(GPL) else 1)
