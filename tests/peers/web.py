"""Small real web servers: the widget's own pages, and other sites that embed them."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free loopback port; gives its origin."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline, "the pages did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass
class Site:
    """Another site. Pages may be added while it serves."""

    origin: str
    pages: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    """Folders by the path that they are served under."""
    requests: list[str] = field(default_factory=list)
    """Every path that was asked for."""

    def page(self, body: str, path: str = "/", headers: Mapping[str, str] | None = None) -> str:
        """Put a page there; gives its URL."""
        self.pages[path] = f"<!doctype html><html lang=en><meta charset=utf-8><title>A site</title><body>{body}"
        self.headers = dict(headers or {})
        return self.origin + path

    def find(self, path: str) -> tuple[bytes, str] | None:
        """The body and content type of a path."""
        if path == "/favicon.ico":
            return b"", "image/x-icon"
        if path in self.pages:
            return self.pages[path].encode(), "text/html; charset=utf-8"
        for prefix, folder in self.files.items():
            file = folder / path.removeprefix(prefix)
            if path.startswith(prefix) and ".." not in path and file.is_file():
                return file.read_bytes(), _CONTENT_TYPES.get(file.suffix, "application/octet-stream")
        return None


_CONTENT_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
}


@contextmanager
def site() -> Iterator[Site]:
    """Serve a site on a free loopback port, which is another origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests.append(self.path)
            found = served.find(urlsplit(self.path).path)
            body, content_type = found or (b"", "text/plain")
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in served.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = Site(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
