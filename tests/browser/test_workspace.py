"""Nothing lost: a reload, a server that starts again in the middle of a run, another browser."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from benchmarks.server import ten_users
from pages.components.frame.keeping import NOT_YOURS
from tests.browser.waiting import expect

PROGRESS = re.compile(r"Tile [1-9]\d* of \d+")
SIDE = 2400
"""Nine tiles, so that the middle is long enough to be seen where the network is fast."""


def png(side: int) -> bytes:
    """Return a PNG of dark disks on a light ground, with noise."""
    row, column = np.mgrid[:side, :side]
    disks = ((row % 120 - 60) ** 2 + (column % 120 - 60) ** 2) < 30**2
    noise = np.random.default_rng(0).normal(0, 6, (side, side))
    buffer = io.BytesIO()
    grey = np.where(disks, 70, 180) + noise
    Image.fromarray(grey.clip(0, 255).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def upload(page: Page, address: str, side: int, model: str) -> None:
    page.goto(f"{address}/segment?model={model}")
    expect(page.get_by_role("heading", name="Samples", exact=True)).to_be_visible()
    file = {"name": "disks.png", "mimeType": "image/png", "buffer": png(side)}
    page.locator("input[type=file]").first.set_input_files(file)
    expect(page.locator(".viewer[data-image]")).to_be_visible()


def result(page: Page):
    return page.get_by_role("heading", name="Export", exact=True)


def test_a_reload_and_a_closed_tab_bring_the_page_back(
    server, open_tab: Callable[..., Page]
) -> None:
    page = open_tab()
    upload(page, server.address, 200, "otsu")
    size = page.get_by_label("Pixel size", exact=True)
    size.fill("2 nm")
    size.press("Enter")
    expect(page.get_by_text("Entered by you")).to_be_visible()
    page.locator(".st-key-segment button").click()
    expect(result(page)).to_be_visible()
    page.reload()
    expect(result(page)).to_be_visible()
    expect(page.get_by_label("Pixel size", exact=True)).to_have_value("2 nm")
    # The same browser in a new tab; then another browser, which must not see it.
    address = page.url
    again = page.context.new_page()
    again.goto(address)
    expect(result(again)).to_be_visible()
    page.close()
    again.goto(f"{server.address}/library")
    expect(again.locator("[class*=st-key-open-] button")).to_have_count(1)
    picture = again.locator("[data-testid=stMarkdown] img")
    expect(picture).to_have_js_property("naturalWidth", 360)
    stranger = open_tab()
    stranger.goto(address)
    expect(stranger.get_by_text(NOT_YOURS)).to_be_visible()
    assert stranger.request.get(picture.evaluate("image => image.src")).status == 404
    stranger.goto(f"{server.address}/library")
    expect(stranger.get_by_text("Nothing here yet.")).to_be_visible()


def test_three_users_at_once_get_their_own_images_and_nobody_elses(server) -> None:
    load = ten_users.run(server.address, users=3, seconds=240, most_rounds=1)
    assert load.faults == []
    assert load.rounds == 3


def test_a_run_goes_on_when_the_server_starts_again(
    serve: Callable[..., object], open_tab: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_tab()
    with serve(tmp_path) as first:
        upload(page, first.address, SIDE, "particles")
        page.locator(".st-key-segment button").click()
        expect(page.get_by_text(PROGRESS)).to_be_visible()
        address = page.url.removeprefix(first.address)
        browser = page.context
        page.close()
    with serve(tmp_path) as second:
        page = browser.new_page()
        page.goto(second.address + address)
        # Nothing is pressed.
        expect(page.get_by_role("button", name="Cancel").or_(result(page)).first).to_be_visible()
        expect(result(page)).to_be_visible()
