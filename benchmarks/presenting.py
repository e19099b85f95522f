"""Every page as presenter: python -m benchmarks.presenting [--pictures FOLDER] [PAGE ...]

Opens each page that can be presented, on a sample, steps through its screens at 1920 x 1080 and at
1280 x 720, and says of each screen by how many px it would have to be scrolled. Exit code 1 where
that is more than one, or the console says anything.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.app_server import app_server

PAGES = (
    *("image-problem", "convolution", "sharing", "pooling", "receptive-field", "architectures"),
    *("skip-connections", "inspect", "ising", "grain-boundaries", "gold-nanoparticles", "segment"),
)
SIZES = ((1920, 1080), (1280, 720))
PATIENCE_MS, STILL_MS, MOST_SCREENS = 300_000, 1500, 30
SCROLLED = """() => {
  const main = document.querySelector("[data-testid=stMain]"), root = document.documentElement;
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const block = box("[data-testid=stMainBlockContainer]"), bar = box(".presenter-bar");
  return Math.round(Math.max(
    0, root.scrollWidth - innerWidth, root.scrollHeight - innerHeight,
    main.scrollWidth - main.clientWidth, main.scrollHeight - main.clientHeight,
    -block.left, -block.top, block.right - innerWidth, block.bottom - bar.top,
    bar.bottom - innerHeight,
  ));
}"""
RUNNING = "() => !document.querySelector('[data-test-script-state=running]')"


def rest(page: Page) -> None:
    """Wait until the page has been drawn."""
    page.wait_for_function(RUNNING)
    page.wait_for_timeout(STILL_MS)
    page.wait_for_function(RUNNING)


def screens_of(page: Page, address: str, picture: Path | None) -> list[int]:
    """Return by how many px each screen of a page would have to be scrolled."""
    page.goto(address)
    page.locator(".presenter-bar[data-screen]").wait_for()
    rest(page)
    found = list[int]()
    while len(found) < MOST_SCREENS:
        found.append(page.evaluate(SCROLLED))
        if picture is not None:
            page.screenshot(path=f"{picture}-{len(found)}.png")
        before = page.url, page.locator(".presenter-bar").get_attribute("data-screen")
        page.keyboard.press("PageDown")
        rest(page)
        if before == (page.url, page.locator(".presenter-bar").get_attribute("data-screen")):
            break
    return found


def look(browser: Browser, address: str, pages: list[str], pictures: Path | None) -> bool:
    """Step through all pages at all sizes; return whether nothing is scrolled and nothing said."""
    is_good = True
    for width, height in SIZES:
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(PATIENCE_MS)
        said = list[str]()
        page.on("console", lambda one, said=said: said.append(f"{one.type}: {one.text}"))
        for name in pages:
            picture = pictures / f"{name}-{width}" if pictures else None
            found = screens_of(page, f"{address}/{name}?sample=gold-tem&presenter=true", picture)
            loud = [one for one in said if one.startswith(("error", "warning"))]
            said.clear()
            print(f"{name} {width} x {height}: {found} px too much; console: {loud}", flush=True)
            is_good &= max(found) <= 1 and not loud
        page.close()
    return is_good


def main() -> int:
    """Run it and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", default=PAGES, metavar="PAGE")
    parser.add_argument("--pictures", type=Path)
    chosen = parser.parse_args()
    if chosen.pictures:
        chosen.pictures.mkdir(parents=True, exist_ok=True)
    with app_server() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("LAMELLA_CHROMIUM", "/usr/bin/chromium"),
            args=["--headless", "--no-sandbox", "--disable-gpu"],
        )
        is_good = look(browser, server.address, list(chosen.pages), chosen.pictures)
        browser.close()
    return int(not is_good)


if __name__ == "__main__":
    sys.exit(main())
