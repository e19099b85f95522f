"""Every page as presenter: python -m benchmarks.browser.presenting [--pictures FOLDER] [PAGE ...]

Opens the lecture and each page that can be presented, on a sample, steps through its screens at
1920 x 1080 and at 1280 x 720, and says of each screen by how many px it would have to be scrolled,
or a chart's text is cut off. Exit code 1 where that is more than one, or the console says anything.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.server.app_server import app_server

Theme = Literal["light", "dark"]

DECK = "lecture"
PAGES = (
    DECK,
    *("image-problem", "convolution", "sharing", "pooling", "receptive-field", "architectures"),
    *("skip-connections", "inspect", "ising", "grain-boundaries", "gold-nanoparticles", "segment"),
)
SIZES = ((1920, 1080), (1280, 720))
PATIENCE_MS, STILL_MS, MOST_SCREENS = 300_000, 1500, 100
CUT_OFF = """
  const cutOff = (text) => {
    const box = text.getBoundingClientRect();
    const chart = text.closest(".js-plotly-plot").getBoundingClientRect();
    if (!box.width || getComputedStyle(text).visibility !== "visible") return 0;
    const across = Math.max(chart.left - box.left, box.right - chart.right);
    return Math.max(across, chart.top - box.top, box.bottom - chart.bottom);
  };
  const texts = [...document.querySelectorAll(".js-plotly-plot text")];
  const cut = Math.max(0, ...texts.map(cutOff));
"""
SCROLLED = (
    "() => {"
    + CUT_OFF
    + """
  const main = document.querySelector("[data-testid=stMain]"), root = document.documentElement;
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const block = box("[data-testid=stMainBlockContainer]"), bar = box(".presenter-bar");
  return Math.round(Math.max(
    cut, root.scrollWidth - innerWidth, root.scrollHeight - innerHeight,
    main.scrollWidth - main.clientWidth, main.scrollHeight - main.clientHeight,
    -block.left, -block.top, block.right - innerWidth, block.bottom - bar.top,
    bar.bottom - innerHeight,
  ));
}"""
)
OVERFLOWING = (
    "() => {"
    + CUT_OFF
    + """
  const inside = (selector) => document.querySelector(`.lecture-deck ${selector}`);
  const beyond = [".slide", ".stage", "h1", ".sentence"].map((selector) => {
    const box = inside(selector).getBoundingClientRect();
    return Math.max(-box.left, -box.top, box.right - innerWidth, box.bottom - innerHeight);
  });
  const sentence = inside(".sentence"), title = inside("h1");
  return Math.round(Math.max(cut, ...beyond, sentence.offsetHeight - 68, title.offsetHeight - 44));
}"""
)
RUNNING = "() => !document.querySelector('[data-test-script-state=running]')"


@dataclass(frozen=True)
class Window:
    """How large a window is, in px, and the theme that it prefers."""

    width: int
    height: int
    theme: Theme


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


def steps_of(page: Page, address: str, picture: Path | None) -> list[int]:
    """Return by how many px each step of the lecture is too large; answers are shown."""
    page.goto(address)
    deck, found = page.locator(".lecture-deck"), list[int]()
    while len(found) < MOST_SCREENS:
        page.wait_for_function(
            "() => (({ step, drawn }) => step && step === drawn)"
            "(document.querySelector('.lecture-deck')?.dataset ?? {})"
        )
        if deck.locator(".reveal").is_visible():
            page.keyboard.press(" ")
        found.append(page.evaluate(OVERFLOWING))
        if picture is not None:
            page.screenshot(path=f"{picture}-{len(found):02}.png")
        before = deck.get_attribute("data-step")
        page.keyboard.press("PageDown")
        if before == deck.get_attribute("data-step"):
            break
    return found


def look(
    browser: Browser, address: str, pages: list[str], pictures: Path | None, window: Window
) -> bool:
    """Step through all pages in a window; return whether nothing is scrolled and nothing said."""
    is_good = True
    page = browser.new_page(
        viewport={"width": window.width, "height": window.height},
        color_scheme=window.theme,
        reduced_motion="reduce",
    )
    page.set_default_timeout(PATIENCE_MS)
    said = list[str]()
    page.on("console", lambda one: said.append(f"{one.type}: {one.text}"))
    for name in pages:
        picture = pictures / f"{name}-{window.width}-{window.theme}" if pictures else None
        if name == DECK:
            found = steps_of(page, f"{address}/{name}?sample=gold-tem&present=1", picture)
        else:
            found = screens_of(page, f"{address}/{name}?sample=gold-tem&presenter=true", picture)
        loud = [one for one in said if one.startswith(("error", "warning"))]
        said.clear()
        size = f"{window.width} x {window.height}"
        print(f"{name} {size} {window.theme}: {found} px too much; console: {loud}", flush=True)
        is_good &= max(found) <= 1 and not loud
    page.close()
    return is_good


def main() -> int:
    """Run it and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", default=PAGES, metavar="PAGE")
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--themes", nargs="+", choices=("light", "dark"), default=["light"])
    chosen = parser.parse_args()
    if chosen.pictures:
        chosen.pictures.mkdir(parents=True, exist_ok=True)
    with app_server() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("LAMELLA_CHROMIUM", "/usr/bin/chromium"),
            args=["--headless", "--no-sandbox", "--disable-gpu"],
        )
        looked = [
            look(
                browser,
                server.address,
                list(chosen.pages),
                chosen.pictures,
                Window(width, height, theme),
            )
            for theme in chosen.themes
            for width, height in SIZES
        ]
        browser.close()
    return int(not all(looked))


if __name__ == "__main__":
    sys.exit(main())
