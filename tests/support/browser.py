"""Pages in a headless Chromium: what they log, what they ask for, and what the keyboard reaches."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Two frames later, observers of sizes have been called: boxes that scroll have their class.
SETTLED = "() => new Promise((d) => requestAnimationFrame(() => requestAnimationFrame(d)))"
# Marks everything that must be reached, and notes what was.
WATCH = """() => {
  const must = 'a[href], button, input, select, summary, [tabindex="0"]';
  // By its text, since a table may replace an element by an equal one as it scrolls.
  const name = (each) => each.outerHTML.slice(0, 160);
  const all = [...document.querySelectorAll(must)];
  window.wanted = new Set(all.filter((each) => each.checkVisibility() && !each.disabled).map(name));
  document.addEventListener('focusin', (event) => window.wanted.delete(name(event.target)));
}"""


def missing() -> str:
    """Why no page can be opened here; empty if it can."""
    if CHROMIUM is None:
        return "no chromium on this machine"
    return "" if importlib.util.find_spec("playwright") else "playwright is not installed"


@dataclass
class Opened:
    """An open page, with what it logged (errors and warnings) and the addresses it asked for."""

    page: Page
    logged: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def missed(self) -> list[str]:
        """Go through the page by the Tab key, and return what that did not reach."""
        self.page.evaluate(SETTLED)
        self.page.evaluate(WATCH)
        for _ in range(2 * self.page.evaluate("window.wanted.size") + 20):
            self.page.keyboard.press("Tab")
            if not self.page.evaluate("window.wanted.size"):
                break
        found: list[str] = self.page.evaluate("[...window.wanted]")
        return found

    def barriers(self) -> list[str]:
        """Return what axe-core finds serious or critical."""
        from axe_playwright_python.sync_playwright import Axe

        violations: list[dict[str, Any]] = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']}: {each['nodes'][0]['html'][:160]} ({len(each['nodes'])})"
            for each in violations
            if each["impact"] in ("serious", "critical")
        ]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    """A page, opened and loaded, in a profile of its own."""
    context = browser.new_context(
        color_scheme="light", viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    seen = Opened(context.new_page())

    def ask(request: Request) -> None:
        seen.asked.append(request.url)

    seen.page.on("request", ask)
    seen.page.on("pageerror", lambda error: seen.logged.append(str(error)))
    seen.page.on(
        "console",
        lambda said: seen.logged.append(said.text) if said.type in ("error", "warning") else None,
    )
    seen.page.goto(address)
    yield seen
    context.close()
