"""Correcting in a real browser: saved and undone, also across a reload, without a mouse, without a
connection, and in two tabs."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from core.workspace.open_correction import STALE

CORRECTOR = ".corrector[data-image][data-revision]"
ROUTE = "**/lamella/corrections/**"
WHERE = """viewer => {
  const { x, y } = viewer.querySelector(".stage").getBoundingClientRect();
  const { scale, left, top } = viewer.dataset;
  return { x, y, scale: Number(scale), left: Number(left), top: Number(top) };
}"""
DISKS = 4


def disks() -> bytes:
    """Return a PNG, 160 x 160 px, of four dark disks of radius 20 px on a light ground."""
    row, column = np.mgrid[:160, :160]
    inside = ((row % 80 - 40) ** 2 + (column % 80 - 40) ** 2) < 20**2
    buffer = io.BytesIO()
    Image.fromarray(np.where(inside, 70, 180).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def image(server, browser) -> str:
    """Return the cookie and the link of an image that was segmented, as the tests find it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{server.address}/segment?model=otsu")
    expect(page.get_by_role("heading", name="Samples", exact=True)).to_be_visible()
    file = {"name": "disks.png", "mimeType": "image/png", "buffer": disks()}
    page.locator("input[type=file]").first.set_input_files(file)
    page.locator(".st-key-segment button").click()
    link = page.get_by_role("link", name="Correct by hand")
    link.click()
    expect(page.locator(CORRECTOR)).to_be_visible()
    return page


def place(viewer: Locator, row: float, column: float) -> tuple[float, float]:
    view = viewer.evaluate(WHERE)
    return (
        view["x"] + (column + 0.5 - view["left"]) * view["scale"],
        view["y"] + (row + 0.5 - view["top"]) * view["scale"],
    )


def stroke(page: Page, viewer: Locator, *pixels: tuple[int, int]) -> None:
    """Draw from pixel to pixel, (row, column)."""
    places = [place(viewer, *pixel) for pixel in pixels]
    page.mouse.move(*places[0])
    page.mouse.down()
    for one in places[1:]:
        page.mouse.move(*one, steps=4)
    page.mouse.up()
