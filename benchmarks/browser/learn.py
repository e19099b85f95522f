"""How long a slider of the lecture takes to answer: python -m benchmarks.browser.learn [PAGE ...]

A server and a Chromium on this machine. Every slider of every page of the group Learn is moved by
the arrow keys, back and forth, on the sample gold-tem. Of each move three times are taken: until
the browser sends it, from there until the first change on the page, and until the last one, when
all figures and images stand. The last is the answer. Beside the medians and the slowest answer
stands the processor time of server and browser, which other jobs on the machine disturb less: on
an idle machine the answer takes about as long as both together. "Your answer" is the question at
the end of the page, which draws next to nothing: what a move costs at the least.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Callable

from playwright.sync_api import CDPSession, Locator, Page, sync_playwright

from benchmarks.server.app_server import app_server
from pages.components.learn.frame import lessons

Used = Callable[[], tuple[float, float]]
MOVES, TARGET_MS, PATIENCE_MS = 6, 200, 120_000
CHROMIUM = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync")
# More than one view of a page, where a slider stands in a view that is not the first.
VIEWS = {"convolution": ("", "&conv_topic=Several+channels")}
# Notes when a move is sent, and when the page last changed outside the slider and the status.
WATCH = """() => {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (window.moved && !window.sent) window.sent = performance.now();
    return send.call(this, data);
  };
  const own = '[data-testid=stSlider], [data-testid=stStatusWidget]';
  new MutationObserver((changes) => {
    for (const change of changes) {
      const at = change.target.nodeType === 1 ? change.target : change.target.parentElement;
      if (!window.sent || !at || !at.isConnected || at.closest(own)) continue;
      if (!at.closest('[data-testid=stMain]')) continue;
      if (change.type === 'attributes' && change.attributeName !== 'data-image'
          && !at.closest('.js-plotly-plot')) continue;
      window.first = window.first || performance.now();
      window.last = performance.now();
    }
  }).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
}"""
CLEAR = "() => { window.sent = window.first = window.last = 0; window.moved = performance.now() }"
READ = "() => [window.moved, window.sent, window.first, window.last]"
AT_END = """thumb => (thumb.getAttribute('aria-valuenow') ?? thumb.value)
  === (thumb.getAttribute('aria-valuemax') ?? thumb.max)"""
QUIET = """() => window.sent && window.last && performance.now() - window.last > 500
  || window.sent && performance.now() - window.sent > 4000"""


def browser_seconds(browser: CDPSession) -> float:
    """Return the processor time that all processes of the browser have used so far."""
    return sum(one["cpuTime"] for one in browser.send("SystemInfo.getProcessInfo")["processInfo"])


def settled(page: Page) -> None:
    """Wait until nothing on the page is drawn or loaded any more."""
    page.wait_for_selector("[data-testid=stCaptionContainer] >> text=Reference:")
    page.wait_for_function(
        "() => !document.querySelector('[data-testid=stStatusWidget], [data-stale=true]')"
    )
    page.wait_for_timeout(1500)


def moves(page: Page, slider: Locator, used: Used) -> list[tuple[float, ...]]:
    """Return of each move, in ms: until sent, first and last change, processor of both."""
    found = []
    at_end = slider.evaluate(AT_END)
    for number in range(MOVES + 1):
        slider.focus()
        busy = used()
        page.evaluate(CLEAR)
        page.keyboard.press(("ArrowRight", "ArrowLeft")[(number + at_end) % 2])
        page.wait_for_function(QUIET)
        moved, sent, first, last = page.evaluate(READ)
        spent = (1e3 * (after - before) for after, before in zip(used(), busy, strict=True))
        if number:
            found.append((sent - moved, first - sent, last - sent, *spent))
    return found


def measure(page: Page, address: str, used: Used) -> None:
    """Print a line for each slider of one page."""
    page.goto(address)
    settled(page)
    sliders = page.locator("[data-testid=stSlider]")
    for place in range(sliders.count()):
        slider = sliders.nth(place)
        label = slider.locator("[data-testid=stWidgetLabel]").inner_text()
        columns = list(zip(*moves(page, slider.get_by_role("slider"), used), strict=True))
        sent, first, last, ours, theirs = (statistics.median(column) for column in columns)
        slowest = max(columns[2])
        name = f"{address.partition('?')[0].rpartition('/')[2]}: {label}"
        verdict = "" if last < TARGET_MS else "  over"
        numbers = "".join(f"{value:>10.0f}" for value in (sent, first, last, slowest, ours, theirs))
        print(f"{name:58}{numbers}{verdict}", flush=True)


def main() -> None:
    """Measure the pages named on the command line, or all."""
    wanted = sys.argv[1:] or [path.stem for _, path in lessons()]
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load average {load:.1f} at the start; target {TARGET_MS} ms")
    titles = ("sent", "first", "answer", "slowest", "server", "browser")
    print(f"{'times in ms, medians':58}" + "".join(f"{title:>10}" for title in titles))
    with app_server() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(CHROMIUM)
        )
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.set_default_timeout(PATIENCE_MS)
        session = browser.new_browser_cdp_session()

        def used() -> tuple[float, float]:
            return server.processor_seconds(), browser_seconds(session)

        page.add_init_script(f"({WATCH})()")
        for name in wanted:
            for view in VIEWS.get(name, ("",)):
                address = f"{server.address}/{name.replace('_', '-')}?sample=gold-tem{view}"
                measure(page, address, used)
        browser.close()


if __name__ == "__main__":
    main()
