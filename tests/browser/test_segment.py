"""The main job in a real browser: a micrograph in, a measured segmentation out."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image
from playwright.sync_api import Locator, Page

import cli
from pages.components.frame import sidebar
from pages.components.segment import objects, results
from pages.components.segment.objects import INSPECT_THERE
from tests.browser.waiting import expect
from tests.pages.test_contrast import LEAST, contrast, rgb

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LAMELLA_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
DONE = ".viewer[data-image][data-labels][data-objects]"
OVER_HALF = re.compile(r"^([6-9]\d|5[1-9]|100)$")
# In one turn of the browser, so that no drawing comes between the three.
SCALE_BAR = """viewer => ({
  name: viewer.querySelector(".length").innerText,
  width: viewer.querySelector(".bar").getBoundingClientRect().width,
  scale: Number(viewer.dataset.scale),
})"""


# Scripts of components wait until they are let run, as on a machine that is busy.
HELD_SCRIPTS = """
const held = new Promise((done) => (window.letScriptsRun = done));
window.scriptsMayRun = held;
const { Blob } = window;
window.Blob = class extends Blob {
  constructor(parts, options) {
    const isScript = options?.type === "text/javascript";
    super(isScript ? ["await window.scriptsMayRun;\\n", ...parts] : parts, options);
  }
};
"""


@pytest.fixture
def micrograph(tmp_path: Path) -> Path:
    """Return a real micrograph of particles, or a generated one where there is none."""
    real = sorted((SHARED / "particles" / "images").glob("*.png"))
    if real:
        return real[0]
    from core.synthesis.samples import samples

    path = tmp_path / "generated.png"
    pixels = samples()[0].build().micrograph.pixels
    Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(path)
    return path


def unpacked(page: Page) -> dict[str, bytes]:
    """Download the zip and return its files by the end of their names."""
    with page.expect_download() as download:
        page.locator(".st-key-download-all a").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        return {name.partition(".")[2]: archive.read(name) for name in archive.namelist()}


def click_pixel(page: Page, viewer: Locator, row: float, column: float) -> None:
    """Click the middle of an image pixel, wherever the view shows it."""
    stage = viewer.locator(".stage").bounding_box()
    scale, left, top = (float(viewer.get_attribute(f"data-{k}")) for k in ("scale", "left", "top"))
    x = stage["x"] + (column + 0.5 - left) * scale
    y = stage["y"] + (row + 0.5 - top) * scale
    page.mouse.click(x, y)


def test_upload_segment_click_download(
    server, open_tab: Callable[..., Page], micrograph: Path, tmp_path: Path
) -> None:
    page = open_tab()
    page.goto(server.address)
    page.locator("input[type=file]").set_input_files(micrograph)
    viewer = page.locator(".viewer[data-image]")
    expect(viewer).to_be_visible()
    page.locator(".st-key-segment button").click()
    expect(page.locator(DONE)).to_be_visible()

    files = unpacked(page)
    table = pd.read_csv(io.BytesIO(files["objects.csv"]))
    objects = tifffile.imread(io.BytesIO(files["objects.tif"]))
    assert len(table) == len(np.unique(objects)) - 1 >= 1
    largest = np.argmax(np.bincount(objects.ravel())[1:]) + 1
    row, column = middle_of(objects == largest)

    fitted = viewer.get_attribute("data-scale")
    viewer.focus()
    page.keyboard.press("+")
    expect(viewer).not_to_have_attribute("data-scale", fitted)
    zoomed = viewer.get_attribute("data-scale")
    click_pixel(page, viewer, row, column)
    expect(page.get_by_text(f"Particle {largest}: diameter")).to_be_visible()
    expect(page.locator(f'.viewer[data-selected="{largest}"]')).to_be_visible()
    assert viewer.get_attribute("data-scale") == zoomed
    there = page.get_by_role("link", name=INSPECT_THERE)
    asked = re.search(r"row=(\d+)&column=(\d+)", there.get_attribute("href"))
    assert objects[int(asked[1]), int(asked[2])] == largest

    # What was clicked in the image leads the table; the row below it is another one.
    first = next(int(one) for one in table["id"] if one != largest)
    grid = page.get_by_test_id("stDataFrame").first
    grid.scroll_into_view_if_needed()
    grid.click(position={"x": 15, "y": 87})
    expect(page.locator(f'.viewer[data-selected="{first}"]')).to_be_visible()
    expect(page.get_by_text(f"Particle {first}: diameter")).to_be_visible()

    assert np.array_equal(
        tifffile.imread(io.BytesIO(files["labels.tif"])),
        labels_of_the_terminal(micrograph, tmp_path),
    )


def middle_of(mask: np.ndarray) -> tuple[int, int]:
    """Return the pixel of a mask that lies farthest from its edge."""
    from scipy.ndimage import distance_transform_edt

    return np.unravel_index(np.argmax(distance_transform_edt(mask)), mask.shape)


def labels_of_the_terminal(micrograph: Path, folder: Path) -> np.ndarray:
    out = folder / "terminal"
    assert cli.main(["segment", str(micrograph), "--model", "particles", "--out", str(out)]) == 0
    return tifffile.imread(out / f"{micrograph.stem}.labels.tif")


def test_sample_shows_its_result_in_both_themes_and_widths(
    server, open_tab: Callable[..., Page], screenshot: Callable[..., None]
) -> None:
    for theme in ("light", "dark"):
        page = open_tab(theme=theme)
        page.goto(server.address)
        expect(page.locator("[class*=st-key-try-] button")).to_have_count(7)
        expect(page.locator("img[alt*=TEM], img[alt*=STEM]").first).to_be_visible()
        for width in (1440, 900):
            page.set_viewport_size({"width": width, "height": 900})
            screenshot(page, f"start-{theme}-{width}")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.locator("[class*=st-key-try-] button").first.click()
        expect(page.locator(DONE)).to_be_visible()
        expect(page.get_by_text(results.AGREEMENT.strip())).to_be_visible()
        expect(page.locator(".js-plotly-plot")).to_be_visible()
        assert page.locator(".viewer").bounding_box()["width"] >= 960
        for width, height in ((1440, 900), (1440, 1500), (900, 900)):
            page.set_viewport_size({"width": width, "height": height})
            full = "-whole" if height > 900 else ""
            screenshot(page, f"segment-{theme}{full}-{width}")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        # At 900 px the width is what there is least of, and the image takes all of it.
        stage = page.locator(".viewer .stage").bounding_box()
        assert stage["width"] >= 540
        assert stage["height"] == pytest.approx(stage["width"] * 768 / 1024, abs=1)
        page.set_viewport_size({"width": 1440, "height": 1240})
        screenshot(page, f"segment-{theme}", docs=True)
    page.get_by_text(sidebar.UNCERTAINTY, exact=True).click()
    expect(page.locator(".viewer[data-image][data-layer]:not([data-labels])")).to_be_visible()
    page.get_by_text(sidebar.PHASES, exact=True).click()
    expect(page.locator(DONE)).to_be_visible()


def test_the_words_of_a_chart_are_readable_in_the_theme_that_is_shown(
    server, open_tab: Callable[..., Page]
) -> None:
    page = open_tab()
    page.goto(f"{server.address}/segment?sample=gold-tem")
    for theme, ground in (("light", "#ffffff"), ("dark", "#040505"), ("light", "#ffffff")):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        background = ", ".join(str(round(255 * one)) for one in rgb(ground))
        expect(page.locator(".stApp")).to_have_css("background-color", f"rgb({background})")
        words = page.locator(".st-key-size-histogram text")
        expect(words.filter(has_text="median")).to_be_visible()
        inks = words.evaluate_all("all => all.map((one) => getComputedStyle(one).fill)")
        assert len(inks) > 8
        for ink in set(inks):
            written = tuple(int(one) / 255 for one in re.findall(r"\d+", ink))
            assert contrast(written, rgb(ground)) >= LEAST


def test_moving_the_view_sends_nothing_and_the_image_travels_once(
    server, open_tab: Callable[..., Page]
) -> None:
    page, sent, fetched = open_tab(), [], []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append(1)))
    page.on("request", lambda r: fetched.append(r.url) if "/lamella/images/" in r.url else None)
    page.goto(f"{server.address}/segment?sample=gold-tem")
    expect(page.locator(DONE)).to_be_visible()
    expect(page.locator(".st-key-download-all a")).to_be_visible()
    viewer = page.locator(".viewer")
    viewer.focus()
    before = len(sent)
    for key in ["]", "[", "o", "o", "s", "b", "b", "+", "+", "ArrowLeft", "0"]:
        page.keyboard.press(key)
    box = viewer.locator(".divider").bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 200, steps=5)
    page.mouse.up()
    slider = viewer.locator(".labels-opacity")
    slider.fill("80")
    expect(viewer.locator(".divider")).to_have_attribute("aria-valuenow", OVER_HALF)
    assert len(sent) == before
    # Base image, labels, objects: each one once, after the rerun that a click causes too.
    click_pixel(page, viewer, 5, 5)
    expect(page.get_by_text(objects.SELECT)).to_be_visible()
    for _ in range(100):
        if len(sent) > before:
            break
        page.wait_for_timeout(100)
    assert len(sent) > before
    assert len(fetched) == len(set(fetched)) == 3


def test_keyboard_alone_reaches_and_chooses_a_pixel(server, open_tab: Callable[..., Page]) -> None:
    page = open_tab()
    page.goto(f"{server.address}/segment?sample=platinum-haadf")
    expect(page.locator(DONE)).to_be_visible()
    viewer = page.locator(".viewer")
    viewer.focus()
    for mode, key in (("outline", "o"), ("swipe", "s"), ("blink", "b")):
        page.keyboard.press(key)
        expect(viewer.locator(f'[data-action="{mode}"]')).to_have_attribute("aria-pressed", "true")
        page.keyboard.press(key)
        expect(viewer.locator(f'[data-action="{mode}"]')).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("?")
    expect(viewer.locator(".help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(viewer.locator(".help")).to_be_hidden()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    # The cross began in the middle of 768 x 1024 px and moved by one.
    expect(viewer.locator(".here")).to_contain_text("row 384, column 513")
    page.keyboard.press("1")
    expect(viewer.locator(".zoom")).to_have_text("100 %")
    page.keyboard.press("0")


def test_a_result_that_comes_before_the_viewers_script_is_shown(
    server, open_tab: Callable[..., Page]
) -> None:
    page = open_tab()
    page.add_init_script(HELD_SCRIPTS)
    # A sample is segmented by itself: at first the page has no result for its viewer.
    page.goto(f"{server.address}/segment?sample=gold-tem&model=otsu")
    expect(page.get_by_text(objects.SELECT)).to_be_visible()
    page.evaluate("letScriptsRun()")
    expect(page.locator(DONE)).to_be_visible()
    # It listens, and once.
    page.locator(".viewer").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".viewer .here")).to_contain_text("row ")
    expect(page.locator(".viewer .overlay-tools")).to_be_visible()
    expect(page.locator(".viewer .zoom")).not_to_have_text("100 %")


def test_scale_bar_follows_the_zoom(server, open_tab: Callable[..., Page]) -> None:
    page = open_tab()
    page.goto(f"{server.address}/segment?sample=gold-tem")
    expect(page.locator(".viewer[data-image]")).to_be_visible()
    viewer = page.locator(".viewer")
    expect(viewer.locator(".length")).to_be_visible()
    for _ in range(5):
        shown = viewer.evaluate(SCALE_BAR)
        value, unit = shown["name"].split()
        assert value.strip("0.")[:1] in ("1", "2", "5")
        assert unit == "nm"
        assert shown["width"] == pytest.approx(float(value) / 0.25 * shown["scale"], rel=0.01)
        viewer.focus()
        page.keyboard.press("+")
        expect(viewer).not_to_have_attribute("data-scale", f"{shown['scale']:.4f}")
