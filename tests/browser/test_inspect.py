"""Inspect in a real browser: from a segmentation to what the network sees, and back by a link."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Error, Locator, Page, WebSocketRoute

from pages.components.inspect import field, label, subject
from pages.components.inspect.link import VIEWS
from tests.browser.waiting import expect

DONE = ".viewer[data-image][data-labels][data-objects]"
SEEN = re.compile(r"(\d+) px = ([\d.]+) nm")


def click_pixel(page: Page, viewer: Locator, row: float, column: float) -> None:
    """Click the middle of an image pixel, wherever the view shows it."""
    stage = viewer.locator(".stage").bounding_box()
    scale, left, top = (float(viewer.get_attribute(f"data-{k}")) for k in ("scale", "left", "top"))
    page.mouse.click(
        stage["x"] + (column + 0.5 - left) * scale, stage["y"] + (row + 0.5 - top) * scale
    )


def test_segment_inspect_click_open_a_channel_and_share_the_link(
    server, open_tab: Callable[..., Page], screenshot: Callable[..., None]
) -> None:
    page = open_tab()
    page.goto(f"{server.address}/segment?sample=gold-tem")
    expect(page.locator(DONE)).to_be_visible()

    page.get_by_text("Analyse", exact=True).click()
    page.get_by_text("Inspect", exact=True).click()
    expect(page.get_by_role("heading", name="Inspect", exact=True)).to_be_visible()
    expect(page.locator(".viewer[data-image][data-layer]")).to_be_visible()
    assert "sample=gold-tem" in page.url
    viewer = page.locator(".viewer")
    click_pixel(page, viewer, 300, 400)
    expect(page).to_have_url(re.compile(r"row=(29\d|30\d)"))
    cell = page.locator("tr", has_text=field.THEORETICAL)
    px, nm = SEEN.search(cell.inner_text()).groups()
    # 0.25 nm per pixel.
    assert abs(float(nm) - 0.25 * int(px)) < 0.1
    expect(page.get_by_text("particle diameters")).to_be_visible()
    screenshot(page, "inspect-field", docs=True)

    page.get_by_text(VIEWS["maps"], exact=True).click()
    tiles = page.locator(".gallery button")
    expect(tiles.nth(23)).to_be_attached()
    tiles.nth(2).click()
    expect(tiles.nth(2)).to_have_attribute("aria-pressed", "true")
    title = viewer.locator(".layer-title")
    channel = tiles.nth(2).inner_text().partition(":")[0].strip()
    expect(title).to_have_text(f"Channel {channel}")
    expect(page).to_have_url(re.compile(f"channel={channel}(&|$)"))
    screenshot(page, "inspect-maps", docs=True)

    other = open_tab(theme="dark", width=900)
    other.goto(page.url)
    expect(other.locator(".layer-title")).to_have_text(f"Channel {channel}")
    expect(other.locator('.gallery button[aria-pressed="true"]')).to_contain_text(f"{channel}:")
    first, second = (
        one.locator(".viewer[data-layer]").get_attribute("data-layer") for one in (page, other)
    )
    assert first == second
    other.get_by_text(VIEWS["field"], exact=True).click()
    row = other.locator("tr", has_text=field.THEORETICAL)
    expect(row).to_contain_text(" nm")


def click_until_another_layer(page: Page, block: Locator) -> None:
    """Click a block of the drawing; again where the drawing was just made anew under the click."""
    for _ in range(20):
        try:
            block.click(force=True)
            expect(page).not_to_have_url(re.compile("layer=c1"), timeout=5_000)
        except (AssertionError, Error):
            continue
        return
    raise AssertionError("no click on the block chose its layer")


def test_row_of_the_table_and_block_of_the_drawing_choose_the_layer(
    server, open_tab: Callable[..., Page]
) -> None:
    page = open_tab()
    page.goto(f"{server.address}/inspect?sample=gold-tem&view=network&network=lenet5")
    expect(page.get_by_text("61,706").first).to_be_visible()
    expect(page.get_by_text(subject.UNTRAINED.format("LeNet-5 (as built today)"))).to_be_visible()
    page.get_by_test_id("stDataFrame").first.click(position={"x": 15, "y": 52})
    expect(page).to_have_url(re.compile("layer=c1"))
    blocks = page.locator(".js-plotly-plot .point")
    expect(blocks.nth(2)).to_be_visible()
    click_until_another_layer(page, blocks.nth(3))
    page.locator(".st-key-inspect-go-maps button").click()
    expect(page.locator(".viewer[data-image][data-layer]")).to_be_visible()


class SlowAnswers:
    """Keeps what the server says from the browser for as long as ``are_held``."""

    def __init__(self, page: Page) -> None:
        self.page, self.are_held, self.held = page, False, []
        page.route_web_socket(re.compile("_stcore/stream"), self._connect)

    def _connect(self, browser: WebSocketRoute) -> None:
        self._browser = browser
        browser.connect_to_server().on_message(self._pass)

    def _pass(self, message: str | bytes) -> None:
        if self.are_held:
            self.held.append(message)
        else:
            self._browser.send(message)

    def wait_for(self, words: bytes) -> None:
        """Wait until the server has said ``words``."""
        while not any(words in message for message in self.held):
            self.page.wait_for_timeout(50)

    def release(self) -> None:
        while self.held:
            self._browser.send(self.held.pop(0))
        self.are_held = False


def test_pixel_survives_a_quick_change_of_view(server, open_tab: Callable[..., Page]) -> None:
    page = open_tab()
    answers = SlowAnswers(page)
    page.goto(f"{server.address}/inspect?sample=gold-tem&view=field&row=300&column=400")
    column, row = (page.get_by_role("spinbutton", name=n, exact=True) for n in ("Column", "Row"))
    expect(page.locator(".viewer[data-image][data-layer]")).to_be_visible()
    expect(column).to_have_value("400")

    # The view is changed before the browser has heard of the address that the click gave.
    answers.are_held = True
    page.locator(".viewer").press("Shift+ArrowRight")
    page.locator(".viewer").press("Enter")
    answers.wait_for(b"column=401")
    page.get_by_role("radio", name=VIEWS["label"]).click()
    answers.release()
    expect(page.get_by_text(label.SUM)).to_be_visible()
    expect(column).to_have_value("401")
    expect(row).to_have_value("300")
    expect(page).to_have_url(re.compile(r"(?=.*view=label)(?=.*row=300)(?=.*column=401)"))

    page.go_back()
    expect(page.locator("tr", has_text=field.THEORETICAL)).to_be_visible()
    expect(page).to_have_url(re.compile(r"(?=.*view=field)(?=.*row=300)(?=.*column=401)"))


def test_settings_that_nobody_touched_outlive_the_change_of_page(
    server, open_tab: Callable[..., Page]
) -> None:
    # With a result that is there at once, the page before ran once, and heard of no control.
    for _ in range(2):
        page = open_tab()
        page.goto(f"{server.address}/segment?sample=gold-tem")
        expect(page.locator(DONE)).to_be_visible()
    page.get_by_text("Analyse", exact=True).click()
    page.get_by_text("Inspect", exact=True).click()
    expect(page.get_by_role("heading", name="Inspect", exact=True)).to_be_visible()
    page.get_by_text("Objects", exact=True).click()
    expect(page.locator(".st-key-split")).to_contain_text("0.50")
