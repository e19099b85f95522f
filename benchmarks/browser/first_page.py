"""How long a new user waits: python -m benchmarks.browser.first_page [REPEATS]

Opens the app in a real Chromium that has nothing of it yet, on a server that served one user
before, and clicks a sample of 1024 x 768 px that nobody opened. Printed are the median and the
slowest in ms, and the median processor time of the server: to the first paint, to the first card,
and from the click to the result in the viewer.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from benchmarks.browser.viewer import DONE
from benchmarks.server.app_server import AppServer, app_server
from core.synthesis.samples import gold_tem

TARGETS_MS = {"first paint": 1000, "first card": None, "click to result": 2000}
CARDS = "[class*='st-key-try-lab'] button"
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def visit(browser: Browser, server: AppServer, turn: int) -> dict[str, tuple[float, float]]:
    """Return the ms on the clock and of the server's processor of each step of a new user.

    ``turn``: which of the samples is clicked.
    """
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(600_000)
    used, begun = server.processor_seconds(), time.perf_counter()
    page.goto(server.address)
    page.wait_for_function(f"() => {FIRST_PAINT.replace('.startTime', '')} !== undefined")
    paint = page.evaluate(FIRST_PAINT), 1000 * (server.processor_seconds() - used)
    page.locator(CARDS).first.wait_for()
    card = 1000 * (time.perf_counter() - begun), 1000 * (server.processor_seconds() - used)
    page.locator(CARDS).last.wait_for()
    # Once the run of the page has ended, as it has for a user who reads the cards.
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    used, begun = server.processor_seconds(), time.perf_counter()
    page.locator(CARDS).nth(turn).click()
    page.locator(DONE).wait_for()
    result = 1000 * (time.perf_counter() - begun), 1000 * (server.processor_seconds() - used)
    page.context.close()
    return {"first paint": paint, "first card": card, "click to result": result}


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(repeats + 1):
            pixels = np.rint(gold_tem(seed).micrograph.pixels * 255).astype(np.uint8)
            Image.fromarray(pixels).save(Path(folder) / f"field-{seed}.png")
        with (
            app_server(environment={"LAMELLA_SAMPLES": folder}) as server,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("LAMELLA_CHROMIUM", "/usr/bin/chromium"),
                args=["--headless", "--no-sandbox", "--disable-gpu"],
            )
            visit(browser, server, 0)
            found = defaultdict(list)
            for turn in range(1, repeats + 1):
                for step, times in visit(browser, server, turn).items():
                    found[step].append(times)
            browser.close()
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} at the end; ms")
    for step, times in found.items():
        clock, processor = zip(*times, strict=True)
        print(
            f"{step:16} median {statistics.median(clock):6.0f}  slowest {max(clock):6.0f}  "
            f"server's processor {statistics.median(processor):6.0f}  aim {TARGETS_MS[step] or '-'}"
        )


if __name__ == "__main__":
    main()
