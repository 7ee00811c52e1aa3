"""The widget's static files, read once: content types, entity tags, and one digest of them all."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_CONTENT_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Of what is served; any other file of the folder is not."""
_IMPORT = re.compile(rb"""^(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"](\.{1,2}/[^'"]+)['"]""", re.MULTILINE)
TAG_CHARS = 12
"""Of a digest, in entity tags and URLs."""


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    content_type: str
    etag: str


@dataclass(frozen=True)
class Assets:
    """Every static file, by its path below `static/`."""

    files: Mapping[str, Asset]
    digest: str
    """Changes when any file does: a URL with it may be cached for ever."""

    def modules_of(self, name: str) -> Sequence[str]:
        """What the module imports, directly or not, itself left out; for preloading."""
        found: dict[str, None] = {}
        waiting = [name]
        while waiting:
            module = waiting.pop(0)
            for imported in _imports(module, self.files[module].body):
                if imported not in found and imported != name:
                    found[imported] = None
                    waiting.append(imported)
        return tuple(found)


def load_assets(static_dir: Path) -> Assets:
    """Read the folder. Raises FileNotFoundError when it is not there."""
    files: dict[str, Asset] = {}
    whole = hashlib.sha256()
    for path in sorted(static_dir.rglob("*")):
        content_type = _CONTENT_TYPES.get(path.suffix)
        if content_type is None:
            continue
        name, body = path.relative_to(static_dir).as_posix(), path.read_bytes()
        file_digest = hashlib.sha256(body).hexdigest()
        whole.update(f"{name} {file_digest}\n".encode())
        files[name] = Asset(body, content_type, f'"{file_digest[:TAG_CHARS]}"')
    if not files:
        raise FileNotFoundError(f"{static_dir} holds no widget")
    return Assets(files, whole.hexdigest()[:TAG_CHARS])


def _imports(module: str, source: bytes) -> Sequence[str]:
    folder = PurePosixPath(module).parent
    return [_joined(folder, match.decode()) for match in _IMPORT.findall(source)]


def _joined(folder: PurePosixPath, reference: str) -> str:
    parts = list(folder.parts)
    for part in PurePosixPath(reference).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
