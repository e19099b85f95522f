"""How fluid correcting is in a browser: python -m benchmarks.browser.correcting [SIDE [OBJECTS]]

Keeps a field of SIDE x SIDE px with OBJECTS discs (4096 and 5000 unless told) as if somebody had
drawn it, opens it on the page *Correct* in a real Chromium, and draws strokes of 60 moves. In ms,
median and 95th percentile: the time from frame to frame while a stroke is drawn, and what the
page's own code takes of it; from the end of a stroke until the server has it, and until the numbers
below the image say so; from a key until what was drawn is gone from the next frame. A machine
without a graphics card draws in software, which is the slow case.
"""

from __future__ import annotations

import argparse
import os
import statistics
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.server.app_server import app_server
from benchmarks.speed.correcting_core import discs
from core.jobs.result_key import name_of
from core.workspace import micrographs
from core.workspace.corrections import corrections
from core.workspace.results import results
from core.workspace.workspace import Workspace
from models import zoo
from pages.components.frame.identity import EVERYONE

READY = ".corrector[data-image][data-revision]"
NAME, MODEL = "discs.png", "otsu"
PATIENCE_MS = 300_000
STROKES = 4
VIEWS = {"whole image": "Fit", "single pixels": "1:1"}
BRUSHES_PX = (12, 100)
ROWS = {
    "frame": "frame to frame",
    "code": "of it in the page's code",
    "saved": "stroke saved",
    "numbers": "numbers follow",
    "undone": "stroke undone",
}
# A stroke through the same listeners as a user's hand, and what became of it.
STROKE = """async (viewer, [width, turn]) => {
  const find = (selector) => viewer.querySelector(selector);
  const canvas = find("canvas");
  const box = canvas.getBoundingClientRect();
  canvas.setPointerCapture = () => {};
  find(".brush-size").value = width;
  const frame = () => new Promise(requestAnimationFrame);
  const until = async (holds) => {
    const begun = performance.now();
    while (!holds() && performance.now() - begun < 20000) {
      await new Promise((go) => setTimeout(go, 2));
    }
    return performance.now() - begun;
  };
  const at = (x, y, kind, buttons) => new PointerEvent(kind, {
    clientX: box.x + x, clientY: box.y + y, bubbles: true, cancelable: true, pointerId: 1, buttons,
    button: kind === "pointermove" ? -1 : 0,
  });
  const told = () => [...document.querySelectorAll("[data-testid=stMarkdown]")]
    .map((one) => one.innerText).find((text) => text.startsWith("Corrected by hand"));
  const app = document.querySelector("[data-testid=stApp]");
  const isIdle = () => app.getAttribute("data-test-script-state") === "notRunning";
  // The charts are drawn, and ten frames came in time.
  const calm = async () => {
    let last = await frame();
    for (let inTime = 0, all = 0; inTime < 10 && all < 600; all++) {
      const now = await frame();
      inTime = now - last < 25 ? inTime + 1 : 0;
      last = now;
    }
  };
  const measured = { frame: [], code: [] };
  let [x, y] = [box.width * 0.2, box.height * (0.15 + 0.1 * turn)];
  const before = told();
  canvas.dispatchEvent(at(x, y, "pointerdown", 1));
  let last = await frame();
  for (let move = 0; move < 60; move++) {
    [x, y] = [x + 8, y + (move % 20 < 10 ? 4 : -4)];
    const begun = performance.now();
    canvas.dispatchEvent(at(x, y, "pointermove", 1));
    measured.code.push(performance.now() - begun);
    const now = await frame();
    measured.frame.push(now - last);
    last = now;
  }
  canvas.dispatchEvent(at(x, y, "pointerup", 0));
  measured.saved = [await until(() => viewer.dataset.unsent === "0")];
  measured.numbers = [measured.saved[0] + (await until(() => told() !== before && isIdle()))];
  await calm();
  const pressed = performance.now();
  viewer.dispatchEvent(new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true }));
  await frame();
  await frame();
  measured.undone = [performance.now() - pressed];
  await until(() => viewer.dataset.unsent === "0" && told() === before && isIdle());
  await calm();
  return measured;
}"""


def keep_discs(samples: Path, workspace: Path, side: int, count: int) -> None:
    """Write discs into the folder of samples, and into a workspace what was drawn on them, as the
    page finds it that starts from a blank image."""
    from core import formats
    from core.correction.blank import blank

    found, image = discs(side, count)
    noisy = 255 * image.pixels + np.random.default_rng(0).normal(0, 6, image.shape)
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(samples / NAME)
    shown, card = formats.read_file(samples / NAME), zoo.CARDS[MODEL]
    empty = blank(shown, card.phases, card.objects_phase)
    drawn = replace(empty.segmentation, labels=found.segmentation.labels)
    made = replace(empty, segmentation=drawn, objects=found.objects)
    place = Workspace(workspace)
    source = f"sample:lab/{NAME}"
    kept = micrographs.add(place, EVERYONE, source, f"lab/{NAME}", None, title=NAME)
    key = name_of(("blank", shown.digest, shown.bar_rows, shown.pixel_size, card.phases))
    stored = results.add(place, EVERYONE, kept.id, key, made)
    corrections.begin(place, EVERYONE, stored.id, made)
    place.close()


def report(page: Page, view: str, width: int) -> None:
    """Draw some strokes and print what they took."""
    viewer = page.locator(READY)
    page.get_by_role("button", name=VIEWS[view], exact=True).click()
    viewer.focus()
    page.keyboard.press("b")
    taken: dict[str, list[float]] = {name: [] for name in ROWS}
    for turn in range(STROKES):
        page.keyboard.press("n")
        for name, values in viewer.evaluate(STROKE, [width, turn]).items():
            taken[name] += values
    print(f"{view}, brush {width} px")
    for name, title in ROWS.items():
        values = sorted(taken[name])
        high = values[int(0.95 * (len(values) - 1))]
        print(f"  {title:28}{statistics.median(values):8.1f}{high:8.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("side", type=int, nargs="?", default=4096, help="of the image, in px")
    parser.add_argument("count", type=int, nargs="?", default=5000, help="of objects")
    options = parser.parse_args()
    side, count = options.side, options.count
    with TemporaryDirectory() as samples, TemporaryDirectory() as workspace:
        keep_discs(Path(samples), Path(workspace), side, count)
        of_lab = {"LAMELLA_SAMPLES": samples, "LAMELLA_WORKSPACE": workspace}
        with (
            app_server(environment=of_lab | {"LAMELLA_OWNER": EVERYONE}) as server,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("LAMELLA_CHROMIUM", "/usr/bin/chromium"),
                args=["--headless", "--no-sandbox", "--disable-gpu"],
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(PATIENCE_MS)
            expect.set_options(timeout=PATIENCE_MS)
            page.goto(f"{server.address}/correct?sample=lab/{NAME}&model={MODEL}&begin=blank")
            expect(page.locator(READY)).to_be_visible()
            expect(page.get_by_text("Corrected by hand")).to_be_visible()
            objects = page.locator(".counted").inner_text()
            print(f"{side} x {side} px, {objects}; ms, median and 95 %")
            for view in VIEWS:
                for width in BRUSHES_PX:
                    report(page, view, width)
            browser.close()


if __name__ == "__main__":
    main()
