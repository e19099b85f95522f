"""How long a click on Inspect takes to its field: python -m benchmarks.browser.inspecting [NETWORK]

Opens a generated field of 1024 x 1024 px in a real Chromium, at the effective receptive field of a
network of the zoo (particles unless told), and clicks 40 pixels spread over it. Each time is from
the click to the picture of the field over the micrograph: the run of the page, the gradient, the
picture and its way. Printed are the median and the 95th percentile, in ms, and the median processor
time of the server: of clicks near the one before, which see the same part of the image, and of
clicks far from it.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.browser.viewer import large_field
from benchmarks.server.app_server import AppServer, app_server

SIDE = 1024
CLICKS = 40
TARGET_MS = 300
# Resolves with the ms from a click on the canvas to another field drawn over the micrograph.
CLICK = """async (viewer, [across, down]) => {
  const canvas = viewer.querySelector("canvas");
  const box = canvas.getBoundingClientRect();
  const at = {
    clientX: box.x + across * box.width, clientY: box.y + down * box.height, bubbles: true,
    cancelable: true, pointerId: 1, button: 0, isPrimary: true,
  };
  const before = viewer.dataset.layer;
  const started = performance.now();
  return await new Promise((resolve) => {
    new MutationObserver((_, watching) => {
      if (!viewer.dataset.layer || viewer.dataset.layer === before) return;
      watching.disconnect();
      resolve(performance.now() - started);
    }).observe(viewer, { attributes: true });
    canvas.dispatchEvent(new PointerEvent("pointerdown", { ...at, buttons: 1 }));
    canvas.dispatchEvent(new PointerEvent("pointerup", { ...at, buttons: 0 }));
  });
}"""


@dataclass(frozen=True)
class Times:
    """Of clicks, in ms: until the field is drawn, and of the server's processor."""

    wall_ms: list[float]
    processor_ms: list[float]


def places(random: np.random.Generator) -> list[tuple[str, float, float]]:
    """Return where to click, as shares of the canvas's width and height."""
    found = []
    for turn in range(CLICKS):
        if turn % 2 == 0:
            across, down = random.uniform(0.35, 0.65), random.uniform(0.1, 0.9)
            found.append(("far", across, down))
        else:
            found.append(("near", across + 0.004, down + 0.004))
    return found


def measured(page: Page, server: AppServer) -> dict[str, Times]:
    """Return the times by kind of click."""
    times = {kind: Times([], []) for kind in ("near", "far")}
    for kind, across, down in places(np.random.default_rng(1)):
        used = server.processor_seconds()
        times[kind].wall_ms.append(page.locator(".viewer").evaluate(CLICK, [across, down]))
        page.wait_for_timeout(300)
        times[kind].processor_ms.append(1000 * (server.processor_seconds() - used))
    return times


def main() -> None:
    network = sys.argv[1] if len(sys.argv) > 1 else "particles"
    with tempfile.TemporaryDirectory() as folder:
        large_field(SIDE, Path(folder) / "large.png")
        with (
            app_server(environment={"LAMELLA_SAMPLES": folder}) as server,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("LAMELLA_CHROMIUM", "/usr/bin/chromium"),
                args=["--headless", "--no-sandbox", "--disable-gpu"],
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(120_000)
            page.goto(f"{server.address}/inspect?sample=lab/large.png&model={network}")
            page.locator(".viewer[data-image][data-layer]").wait_for()
            page.wait_for_timeout(2000)
            print(f"{network}, {SIDE} x {SIDE} px, ms (aim: 95 % within {TARGET_MS})")
            for kind, times in measured(page, server).items():
                slow = sorted(times.wall_ms)[int(0.95 * (len(times.wall_ms) - 1))]
                print(
                    f"{kind:5} median {statistics.median(times.wall_ms):5.0f}  95 % {slow:5.0f}  "
                    f"processor {statistics.median(times.processor_ms):5.0f}"
                )
            browser.close()


if __name__ == "__main__":
    main()
