"""Presenter: a page's parts one after the other, each fitted to the window, nothing to scroll."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.waiting import expect

SCROLLED = """() => {
  const main = document.querySelector("[data-testid=stMain]"), root = document.documentElement;
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const block = box("[data-testid=stMainBlockContainer]");
  const bar = box(".presenter-bar");
  return Math.max(
    root.scrollWidth - innerWidth, root.scrollHeight - innerHeight,
    main.scrollWidth - main.clientWidth, main.scrollHeight - main.clientHeight,
    -block.left, -block.top, block.right - innerWidth, block.bottom - bar.top,
    bar.bottom - innerHeight,
  );
}"""


def test_a_page_fits_part_by_part(
    server,
    open_tab: Callable[..., Page],
    screenshot: Callable[..., None],
) -> None:
    page = open_tab(width=1280, height=720)
    page.goto(f"{server.address}/pooling?sample=gold-tem&presenter=true")
    bar = page.locator(".presenter-bar")
    expect(page.get_by_text("Predict, then reveal.")).to_be_attached(timeout=60_000)
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0)
    expect(page.locator(".presenter-bar[data-screen^='1 / ']")).to_be_attached(timeout=30_000)
    number = 0
    while True:
        number += 1
        place = bar.get_attribute("data-screen")
        assert place is not None and place.startswith(f"{number} / ")
        page.wait_for_function(f"() => ({SCROLLED})() <= 1", timeout=30_000)
        screenshot(page, f"presenter-pooling-{number}")
        if place == f"{number} / {number}":
            break
        page.keyboard.press("PageDown")
        expect(page.locator(f".presenter-bar[data-screen^='{number + 1} / ']")).to_be_attached(
            timeout=20_000
        )
    assert 1 < number < 9
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
