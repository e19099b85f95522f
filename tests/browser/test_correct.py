"""Correcting in a real browser: saved and undone, also across a reload, without a mouse, without a
connection, and in two tabs."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request

from core.workspace.corrections.open_correction import STALE
from tests.browser.conftest import PATIENCE_MS, Server
from tests.browser.waiting import expect

CORRECTOR = ".corrector[data-image][data-revision]"
ROUTE = "**/lamella/corrections/**"
WHERE = """viewer => {
  const { x, y } = viewer.querySelector(".stage").getBoundingClientRect();
  const { scale, left, top } = viewer.dataset;
  return { x, y, scale: Number(scale), left: Number(left), top: Number(top) };
}"""


def disks(rows: int = 2, columns: int = 2) -> bytes:
    """Return a PNG of dark disks of radius 20 px on a light ground, one each 80 px."""
    row, column = np.mgrid[: 80 * rows, : 80 * columns]
    inside = ((row % 80 - 40) ** 2 + (column % 80 - 40) ** 2) < 20**2
    buffer = io.BytesIO()
    Image.fromarray(np.where(inside, 70, 180).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def context(server: Server, browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser with an image that it segmented, whose correction is open in its first tab;
    no script may fail in it."""
    found = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    faults: list[str] = []
    found.on("weberror", lambda error: faults.append(str(error.error)))
    found.set_default_timeout(PATIENCE_MS)
    segmented(found.new_page(), server, "disks.png", disks())
    yield found
    found.close()
    assert not faults


def segmented(page: Page, server: Server, name: str, image: bytes) -> Locator:
    """Upload an image, segment it and open its correction."""
    page.goto(f"{server.address}/segment?model=otsu")
    expect(page.get_by_role("heading", name="Samples", exact=True)).to_be_visible()
    file = {"name": name, "mimeType": "image/png", "buffer": image}
    page.locator("input[type=file]").first.set_input_files(file)
    page.locator(".st-key-segment button").click()
    page.get_by_role("link", name="Correct by hand").click()
    viewer = page.locator(CORRECTOR)
    expect(viewer).to_be_visible()
    return viewer


def another_tab(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(context.pages[0].url)
    expect(page.locator(CORRECTOR)).to_be_visible()
    return page


def objects(page: Page) -> Locator:
    return page.locator(".counted")


def saved(page: Page, revision: int) -> None:
    """Wait until the browser was told that this revision is kept."""
    expect(page.locator(f'.corrector[data-revision="{revision}"][data-unsent="0"]')).to_be_visible()


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


def test_a_stroke_is_saved_and_counted_and_undone_also_after_a_reload(
    context: BrowserContext,
) -> None:
    page = context.pages[0]
    viewer = page.locator(CORRECTOR)
    expect(objects(page)).to_have_text("confirmed 0 of 4 objects")
    page.get_by_role("button", name="Brush B").click()
    stroke(page, viewer, (80, 10), (80, 150))
    saved(page, 1)
    expect(objects(page)).to_have_text("confirmed 1 of 5 objects")
    # Numbers of the page follow without being asked for.
    expect(page.get_by_text("Corrected by hand: 1 object", exact=False)).to_be_visible()
    expect(page.get_by_text("Object 5: diameter", exact=False)).to_be_visible()
    # With "overwrite" a stroke takes pixels of others, and undo gives them back.
    page.keyboard.press("n")
    page.keyboard.press("k")
    stroke(page, viewer, (40, 5), (40, 75))
    saved(page, 2)
    page.keyboard.press("Control+z")
    saved(page, 3)
    expect(objects(page)).to_have_text("confirmed 1 of 5 objects")
    page.reload()
    saved(page, 3)
    expect(objects(page)).to_have_text("confirmed 1 of 5 objects")
    viewer.focus()
    page.keyboard.press("Control+y")
    saved(page, 4)
    expect(objects(page)).to_have_text("confirmed 2 of 6 objects")
    for revision in (5, 6):
        page.keyboard.press("Control+z")
        saved(page, revision)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(objects(page)).to_have_text("confirmed 0 of 4 objects")


def test_everything_goes_without_a_mouse(context: BrowserContext) -> None:
    page = context.pages[0]
    viewer = page.locator(CORRECTOR)
    viewer.focus()
    # The first object, right; the next one, deleted; the third one, cut in two by a line.
    for key in ("Enter", "Enter"):
        page.keyboard.press(key)
    saved(page, 7)
    expect(page.locator('.corrector[data-chosen="2"]')).to_be_visible()
    page.keyboard.press("Delete")
    saved(page, 8)
    expect(objects(page)).to_have_text("confirmed 1 of 3 objects")
    page.keyboard.press(".")
    page.keyboard.press(".")
    expect(page.locator('.corrector[data-chosen="3"]')).to_be_visible()
    page.keyboard.press("x")
    # The cross begins in the middle of the view, (80, 80) of the image; the disk lies below left.
    page.keyboard.press("Shift+ArrowLeft")
    for _ in range(6):
        page.keyboard.press("Control+Shift+ArrowLeft")
    for _ in range(4):
        page.keyboard.press("Control+Shift+ArrowDown")
    page.keyboard.press("Space")
    for _ in range(5):
        page.keyboard.press("Control+Shift+ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    saved(page, 9)
    expect(objects(page)).to_have_text("confirmed 3 of 4 objects")
    page.keyboard.press("?")
    expect(page.get_by_text("Keyboard shortcuts while the image has focus")).to_be_visible()
    page.keyboard.press("Escape")
    for revision in (10, 11, 12):
        page.keyboard.press("Control+z")
        saved(page, revision)
    expect(objects(page)).to_have_text("confirmed 0 of 4 objects")


def test_every_quick_enter_confirms_one_object_in_its_turn(
    context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    addresses: set[str] = set()

    def note(request: Request) -> None:
        if "/corrections/" in request.url:
            addresses.add(request.url)

    page.on("request", note)
    viewer = segmented(page, server, "grid.png", disks(rows=3, columns=4))
    expect(objects(page)).to_have_text("confirmed 0 of 12 objects")
    viewer.focus()
    page.keyboard.press("Enter")
    # Some at once, and some while the page runs again after those before.
    for count, wait_ms in ((3, 0), (3, 60), (3, 200), (2, 500)):
        for _ in range(count):
            page.keyboard.press("Enter")
            page.wait_for_timeout(wait_ms)
    saved(page, 11)
    expect(objects(page)).to_have_text("confirmed 11 of 12 objects")
    (address,) = addresses
    data = page.request.get(address).body()
    (size,) = struct.unpack_from("<I", data)
    head = json.loads(data[4 : 4 + size])
    steps = [[number for number, *_ in step["objects"]] for step in head["undo"]]
    assert (head["revision"], steps) == (11, [[number] for number in range(1, 12)])
    page.close()


def test_what_could_not_be_sent_is_sent_later_also_by_another_tab(context: BrowserContext) -> None:
    page = another_tab(context)
    context.route(ROUTE, lambda route: route.abort())
    viewer = page.locator(CORRECTOR)
    viewer.focus()
    page.keyboard.press("b")
    stroke(page, viewer, (80, 10), (80, 60))
    page.keyboard.press("n")
    stroke(page, viewer, (80, 100), (80, 150))
    expect(page.locator(".saved")).to_have_text("No connection: 2 not yet sent")
    expect(objects(page)).to_have_text("confirmed 2 of 6 objects")
    page.close()
    context.unroute(ROUTE)
    again = another_tab(context)
    saved(again, 14)
    expect(objects(again)).to_have_text("confirmed 2 of 6 objects")
    # The tab beside it follows, and both are told of each other.
    first = context.pages[0]
    expect(first.locator(".banner")).to_contain_text("open in another tab")
    expect(again.locator(".banner")).to_contain_text("open in another tab")
    saved(first, 14)
    again.locator(CORRECTOR).focus()
    again.keyboard.press("Control+z")
    saved(again, 15)
    saved(first, 15)
    again.close()


def test_of_two_tabs_none_overwrites_what_the_other_did(context: BrowserContext) -> None:
    first, second = context.pages[0], another_tab(context)
    # The second cannot send while the first goes on.
    second.route(ROUTE, lambda route: route.abort())
    viewer = second.locator(CORRECTOR)
    viewer.focus()
    second.keyboard.press("b")
    stroke(second, viewer, (10, 80), (30, 80))
    expect(second.locator(".saved")).to_have_text("No connection: 1 not yet sent")
    first.bring_to_front()
    first.locator(CORRECTOR).focus()
    first.keyboard.press("Control+z")
    saved(first, 16)
    second.unroute(ROUTE)
    expect(second.locator(".banner")).to_contain_text(STALE)
    expect(second.locator(".saved")).to_have_text("1 not saved")
    second.get_by_role("button", name="Show the newer state").click()
    saved(second, 16)
    expect(objects(second)).to_have_text("confirmed 0 of 4 objects")
    second.close()


def test_a_click_outlines_an_object_and_enter_keeps_it(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{context.pages[0].url}&begin=blank")
    viewer = page.locator(CORRECTOR)
    expect(objects(page)).to_have_text("confirmed 0 of 0 objects")
    viewer.focus()
    page.keyboard.press("s")
    page.mouse.click(*place(viewer, 42, 38))
    # A disk of radius 20 px has 1257 px.
    outlined = page.locator(".corrector[data-meant]")
    expect(outlined).to_be_visible()
    assert 1100 < int(outlined.get_attribute("data-meant") or 0) < 1400
    page.keyboard.press("Enter")
    saved(page, 1)
    expect(objects(page)).to_have_text("confirmed 1 of 1 object")
    expect(page.get_by_text("Corrected by hand: 1 object", exact=False)).to_be_visible()
    # A box says it as well; Esc forgets what is outlined.
    for key, unsaved in (("Escape", True), ("Enter", False)):
        page.mouse.move(*place(viewer, 96, 96))
        page.mouse.down()
        page.mouse.move(*place(viewer, 144, 144), steps=4)
        page.mouse.up()
        expect(outlined).to_be_visible()
        page.keyboard.press(key)
        expect(outlined).to_have_count(0)
        saved(page, 1 if unsaved else 2)
    expect(objects(page)).to_have_text("confirmed 2 of 2 objects")
    page.close()


def test_what_is_like_three_confirmed_objects_is_proposed_one_by_one(
    context: BrowserContext,
) -> None:
    page = context.new_page()
    page.goto(f"{context.pages[0].url}&begin=blank")
    viewer = page.locator(CORRECTOR)
    # Two of the four disks were kept by the test before.
    expect(objects(page)).to_have_text("confirmed 2 of 2 objects")
    viewer.focus()
    page.keyboard.press("a")
    expect(page.locator(".told")).to_contain_text("Confirm 3 objects of the kind first")
    outlined = page.locator(".corrector[data-meant]")
    page.keyboard.press("s")
    page.mouse.click(*place(viewer, 40, 120))
    expect(outlined).to_be_visible()
    page.keyboard.press("Enter")
    expect(objects(page)).to_have_text("confirmed 3 of 3 objects")
    page.keyboard.press("a")
    expect(page.locator(".told")).to_contain_text("Like the confirmed ones?")
    page.keyboard.press("Enter")
    expect(objects(page)).to_have_text("confirmed 4 of 4 objects")
    expect(page.locator(".told")).to_contain_text("No more objects like these")
    page.close()


def test_a_polygon_is_closed_by_a_click_at_its_first_corner(context: BrowserContext) -> None:
    page = another_tab(context)
    viewer = page.locator(CORRECTOR)
    before = int(viewer.get_attribute("data-revision") or 0)
    viewer.focus()
    page.keyboard.press("p")
    for corner in ((60, 64), (60, 96), (100, 96), (100, 64), (60, 64)):
        page.mouse.click(*place(viewer, *corner))
    saved(page, before + 1)
    expect(objects(page)).to_have_text("confirmed 1 of 5 objects")
    page.keyboard.press("Control+z")
    saved(page, before + 2)
    page.close()


def test_one_finger_draws_and_two_move_the_view(context: BrowserContext) -> None:
    page = another_tab(context)
    viewer = page.locator(CORRECTOR)
    before = int(viewer.get_attribute("data-revision") or 0)
    session = context.new_cdp_session(page)

    def touch(kind: str, *pixels: tuple[float, float]) -> None:
        points = [dict(zip("xy", one, strict=True)) for one in pixels]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    page.get_by_role("button", name="Brush B").click()
    left, middle, right = (place(viewer, 80, column) for column in (10, 60, 110))
    touch("touchStart", left)
    touch("touchMove", middle)
    touch("touchEnd")
    saved(page, before + 1)
    expect(objects(page)).to_have_text("confirmed 1 of 5 objects")
    # The second finger takes back what the first one began to draw.
    scale = float(viewer.get_attribute("data-scale") or 0)
    touch("touchStart", middle)
    touch("touchStart", middle, right)
    touch("touchMove", left, right)
    touch("touchEnd")
    assert float(viewer.get_attribute("data-scale") or 0) == pytest.approx(2 * scale, rel=0.05)
    # Nothing of it was drawn: the next step is the one that takes the stroke back.
    page.keyboard.press("Control+z")
    saved(page, before + 2)
    expect(objects(page)).to_have_text("confirmed 0 of 4 objects")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.close()


def test_another_image_is_corrected_in_the_same_place(
    context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    segmented(page, server, "more.png", disks(3, 2))
    expect(objects(page)).to_have_text("confirmed 0 of 6 objects")
    first = page.locator(CORRECTOR).get_attribute("data-image")
    page.get_by_role("combobox", name="Image", exact=True).click()
    page.get_by_role("option", name="disks.png", exact=True).click()
    expect(objects(page)).to_have_text("confirmed 0 of 4 objects")
    assert page.locator(CORRECTOR).get_attribute("data-image") != first
    page.close()


def test_a_place_of_the_link_is_marked_in_the_middle(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{context.pages[0].url}&place=80,0,160,80")
    viewer = page.locator(CORRECTOR)
    expect(page.get_by_text("Marked: rows 80 to 160, columns 0 to 80.")).to_be_visible()
    expect(viewer).to_be_visible()
    # 80 px fill four fifths of the view's shorter side, and their middle is that of the view, also
    # when the line that tells of the other tab has taken its room.
    expect(page.locator(".banner")).to_contain_text("open in another tab")
    page.wait_for_function(
        """(viewer) => {
          const { width, height } = viewer.querySelector(".stage").getBoundingClientRect();
          const { dataset } = viewer;
          const [scale, left, top] = [dataset.scale, dataset.left, dataset.top].map(Number);
          const near = (found, wanted) => Math.abs(found - wanted) < 1;
          return near((40 - left) * scale, width / 2) && near((120 - top) * scale, height / 2)
            && near(80 * scale, 0.8 * Math.min(width, height));
        }""",
        arg=viewer.element_handle(),
    )
    page.get_by_role("button", name="Remove the mark").click()
    expect(page.get_by_text("Marked: rows 80")).to_have_count(0)
    page.close()
