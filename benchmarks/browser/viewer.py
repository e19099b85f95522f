"""How fluid a large image is in the viewer: python -m benchmarks.browser.viewer [SIDE]

Segments a generated field of SIDE x SIDE px (4096 unless told) in a real Chromium, then zooms and
drags for 60 frames in each of several modes. For each: how long the page's own drawing code takes,
and the time from frame to frame, median and 95th percentile. A machine without a graphics card
draws in software, which is the slow case.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.server.app_server import app_server
from core.synthesis.samples import samples

DONE = ".viewer[data-image][data-labels][data-objects]"
MODES = {"whole image": [], "outlines": ["o"], "swipe": ["o", "s"], "single pixels": ["s", "1"]}
# Moves by wheel and pointer through the same listeners as a user's hand.
FRAMES = """async (viewer) => {
  const stage = viewer.querySelector(".stage");
  const canvas = viewer.querySelector("canvas");
  const box = stage.getBoundingClientRect();
  const context = canvas.getContext("2d");
  const fill = context.fillRect.bind(context);
  let begun = 0;
  const drawing = [], gaps = [];
  context.fillRect = (...box) => { begun ||= performance.now(); fill(...box); };
  const at = (dx) => ({
    clientX: box.x + box.width / 2 + dx, clientY: box.y + box.height / 2, bubbles: true,
    cancelable: true, pointerId: 1, button: 0, buttons: 1,
  });
  let last = 0;
  for (let frame = 0; frame < 60; frame++) {
    const turn = frame % 20;
    canvas.dispatchEvent(new WheelEvent("wheel", { ...at(0), deltaY: turn < 10 ? -60 : 60 }));
    begun = 0;
    const now = await new Promise(requestAnimationFrame);
    if (begun) drawing.push(performance.now() - begun);
    if (last) gaps.push(now - last);
    last = now;
  }
  delete context.fillRect;
  return { drawing, gaps };
}"""


def large_field(side: int, path: Path) -> None:
    """Write a generated sample, tiled to ``side`` x ``side`` px, as PNG."""
    tile = np.rint(samples()[0].build().micrograph.pixels * 255).astype(np.uint8)
    times = [-(-side // length) for length in tile.shape]
    Image.fromarray(np.tile(tile, times)[:side, :side]).save(path)


def report(page: Page, mode: str) -> None:
    """Print one line of the table."""
    measured = page.locator(".viewer").evaluate(FRAMES)
    line = f"{mode:16}"
    for name in ("drawing", "gaps"):
        values = sorted(measured[name])
        line += f"{statistics.median(values):10.1f}{values[int(0.95 * (len(values) - 1))]:8.1f}"
    print(line, flush=True)


def main() -> None:
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 4096
    with tempfile.TemporaryDirectory() as folder:
        large_field(side, Path(folder) / "large.png")
        samples_of_lab = {"LAMELLA_SAMPLES": folder}
        with app_server(environment=samples_of_lab) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("LAMELLA_CHROMIUM", "/usr/bin/chromium"),
                args=["--headless", "--no-sandbox", "--disable-gpu"],
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(900_000)
            page.goto(f"{server.address}/segment?sample=lab/large.png")
            expect(page.locator(DONE)).to_be_visible(timeout=900_000)
            viewer = page.locator(".viewer")
            viewer.focus()
            print(f"{side} x {side} px, ms    drawing     95 %   frame     95 %")
            for mode, keys in MODES.items():
                for key in keys:
                    page.keyboard.press(key)
                if mode == "outlines":
                    page.locator(".viewer[data-outlines=ready]").wait_for()
                page.wait_for_timeout(1000)
                report(page, mode)
            browser.close()


if __name__ == "__main__":
    main()
