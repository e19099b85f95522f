"""The brush in a real browser: two strokes in, a segmentation out, and no stroke is lost."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page

from pages.components.segment import marking, results
from tests.browser.waiting import expect

DONE = ".viewer[data-image][data-labels][data-objects]"
WHERE = """viewer => {
  const { x, y } = viewer.querySelector(".stage").getBoundingClientRect();
  const { scale, left, top } = viewer.dataset;
  return { x, y, scale: Number(scale), left: Number(left), top: Number(top) };
}"""
# Pixels of the sample gold-tem: bare carbon, and the middle of its largest particle.
CARBON, GOLD = ((180, 640), (180, 690)), ((505, 676), (517, 690))


def stroke(page: Page, viewer: Locator, ends: tuple[tuple[int, int], ...]) -> None:
    """Draw a straight stroke between two pixels, (row, column), wherever the view shows them."""
    view = viewer.evaluate(WHERE)
    places = [
        (
            view["x"] + (column + 0.5 - view["left"]) * view["scale"],
            view["y"] + (row + 0.5 - view["top"]) * view["scale"],
        )
        for row, column in ends
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=5)
    page.mouse.up()


def test_two_strokes_give_a_segmentation_and_undo_takes_one_back(
    server, open_tab: Callable[..., Page], screenshot: Callable[..., None]
) -> None:
    page = open_tab()
    page.goto(f"{server.address}/?sample=gold-tem&model=random-forest")
    viewer = page.locator(".viewer[data-image]")
    expect(viewer).to_be_visible()
    expect(page.get_by_text(marking.DRAW)).to_be_visible()
    stroke(page, viewer, CARBON)
    expect(page.get_by_text(marking.DRAW_IN.format("object"))).to_be_visible()
    page.keyboard.press("2")
    stroke(page, viewer, GOLD)
    expect(page.locator(DONE)).to_be_visible()
    expect(page.get_by_text(results.AGREEMENT.strip())).to_be_visible()
    expect(page.get_by_text("% of the area").first).to_be_visible()
    screenshot(page, "forest")

    page.keyboard.press("+")
    expect(page.locator('.viewer[data-strokes="2"]')).to_be_visible()
    viewer.focus()
    page.keyboard.press("u")
    expect(page.locator('.viewer[data-strokes="1"]')).to_be_visible()
    expect(page.get_by_text(marking.DRAW_IN.format("object"))).to_be_visible()
