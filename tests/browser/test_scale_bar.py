"""From an uncalibrated image to nm per px in three actions: by mouse, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.waiting import expect
from tests.core.scale_bar.drawn import draw


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Return the file of an image whose bar, from column 60 on, is 200 px or 50 nm long."""
    path = tmp_path / "journal.png"
    made = draw("50 nm", length=200, ink=0)
    Image.fromarray(np.rint(255 * made.pixels).astype(np.uint8)).save(path)
    return path


def test_dragging_along_the_bar_calibrates(
    server, open_tab: Callable[..., Page], journal: Path
) -> None:
    page = open_tab()
    page.goto(f"{server.address}/segment")
    page.locator('input[type="file"]').set_input_files(journal)
    viewer = page.locator(".viewer[data-image]")
    expect(viewer.locator(".facts")).to_contain_text("600 x 400 px, not calibrated")

    page.locator(".st-key-scale_bar_drag button").first.click()
    expect(viewer.locator(".ruler-tools")).to_be_visible()
    stage = viewer.locator(".stage").bounding_box()
    scale, left, top = (float(viewer.get_attribute(f"data-{k}")) for k in ("scale", "left", "top"))
    for column, button in ((62, page.mouse.down), (256, page.mouse.up)):
        page.mouse.move(stage["x"] + (column - left) * scale, stage["y"] + (343 - top) * scale)
        button()
    # It snapped to the bar's own ends.
    assert float(viewer.get_attribute("data-ruler")) == pytest.approx(200, abs=0.3)
    page.keyboard.type("50 nm")
    page.keyboard.press("Enter")
    expect(viewer.locator(".facts")).to_contain_text("0.25 nm per pixel")
    expect(viewer.locator(".ruler-tools")).to_be_hidden()


def test_a_ruler_is_laid_moved_and_given_up_by_keyboard(
    server, open_tab: Callable[..., Page], journal: Path
) -> None:
    page = open_tab(width=900, theme="dark")
    page.goto(f"{server.address}/segment")
    page.locator('input[type="file"]').set_input_files(journal)
    viewer = page.locator(".viewer[data-image]")
    # A key pressed while the sidebar is still drawn can meet a button that is about to be replaced.
    expect(viewer.locator(".facts")).to_contain_text("600 x 400 px, not calibrated")
    button = page.locator(".st-key-scale_bar_drag button").first
    button.press("Enter")
    expect(viewer.locator(".ruler-tools")).to_be_visible()
    expect(viewer).to_be_focused()
    page.keyboard.press("ArrowRight")
    before = float(viewer.get_attribute("data-ruler"))
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    assert float(viewer.get_attribute("data-ruler")) == pytest.approx(before + 11, abs=0.1)
    page.keyboard.press("Enter")
    page.keyboard.type("50")
    page.keyboard.press("Enter")
    expect(viewer.locator(".ruler-refused")).to_contain_text("such as 200 nm")
    page.keyboard.press("Escape")
    expect(viewer.locator(".ruler-tools")).to_be_hidden()
    expect(viewer.locator(".facts")).to_contain_text("not calibrated")
