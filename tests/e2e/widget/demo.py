"""The demo pages of widget/demo, served as a site, with the addresses of a test."""

from pathlib import Path

from tests.peers.millis import MillisPeer
from tests.peers.web import Site

DEMO = Path(__file__).parents[3] / "widget" / "demo"
PAGES = ("webflow.html", "spa.html", "dark.html", "strict-csp.html", "rtl.html")


def serve_demo(site: Site, pages: str, peer: MillisPeer) -> str:
    """Put every page on the site, with calls to `peer`; gives the address that their names follow."""
    media = peer.url.removesuffix("/millis")
    for path in DEMO.glob("*.html"):
        html = path.read_text()
        html = html.replace("wss://voice.example.com", media).replace("https://voice.example.com", pages)
        for name in ("data-", ""):
            ours = f'{name}public-key="KEY" {name}media-url="{peer.url}"'
            html = html.replace(f'{name}public-key="PUBLIC_KEY"', ours)
        site.pages[f"/{path.name}"] = html.replace("k=PUBLIC_KEY", "k=KEY").replace("AGENT_ID", "-Abc")
    site.files["/"] = DEMO
    return f"{site.origin}/"
