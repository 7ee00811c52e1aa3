"""What the npm package axe-core finds wrong on a page."""

from pathlib import Path

from playwright.sync_api import BrowserContext, Page

AXE = Path(__file__).parents[3] / "widget" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def bring_axe(context: BrowserContext) -> None:
    """Every page opened in `context` can be checked. Before its own scripts: some pages freeze what axe needs."""
    context.add_init_script(path=AXE)


def violations(page: Page) -> list[str]:
    """In all frames: each rule that is broken, and where."""
    found: list[str] = []
    for frame in page.frames:
        found += frame.evaluate(
            """async (values) => {
                const { violations } = await axe.run(document, { runOnly: { type: 'tag', values }, iframes: false });
                return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
                    `${id}: ${target.join(' ')}: ${failureSummary}`));
            }""",
            list(_RULES),
        )
    return found
