"""The lecture in a browser: all of it by keyboard, from a link opened cold, and out again."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import ConsoleMessage, Page

from lecture.steps import PARTS, STEPS
from pages.components.lecture.stage import ELSEWHERE
from tests.browser.waiting import expect
from tests.pages.test_pages import two_disks

KEYS = list(STEPS)
NARROW = {"width": 944, "height": 531}
"""Laid out as on 1280 x 720, and smaller: the deck then fetches what comes next, not all of it."""
FIRST_OF_PARTS = {part.steps[0].key for part in PARTS}
"""Waited for until they are drawn; the others are drawn in tests/lecture."""


def on_stage(page: Page, key: str, drawn: bool = True) -> None:
    attribute = "drawn" if drawn else "step"
    expect(page.locator(f".lecture-deck[data-{attribute}='{key}']")).to_be_attached()


def overflows(page: Page) -> bool:
    """Return whether anything has to be scrolled, or the text leaves its two lines."""
    return page.evaluate(
        """() => {
          const deck = document.querySelector(".lecture-deck");
          const names = [".slide", ".stage", "h1", ".sentence"];
          const inside = names.map((one) => deck.querySelector(one));
          const outside = inside.some((one) => {
            const box = one.getBoundingClientRect();
            return box.left < -1 || box.top < -1 || box.right > innerWidth + 1
              || box.bottom > innerHeight + 1;
          });
          const lines = deck.querySelector(".sentence").offsetHeight > 68
            || deck.querySelector("h1").offsetHeight > 44;
          return outside || lines;
        }"""
    )


def watched(page: Page) -> list[str]:
    """Return a list that is filled with what the console says."""
    said: list[str] = []

    def listen(one: ConsoleMessage) -> None:
        if one.type in {"error", "warning"}:
            said.append(one.text)

    page.on("console", listen)
    return said


def test_the_whole_path_by_keyboard(
    server, open_tab: Callable[..., Page], screenshot: Callable[..., None]
) -> None:
    page = open_tab(width=1280, height=720)
    said = watched(page)
    page.goto(f"{server.address}/lecture?sample=gold-tem&present=1")
    for number, key in enumerate(KEYS, start=1):
        on_stage(page, key, drawn=key in FIRST_OF_PARTS)
        assert page.locator(".lecture-deck .place").inner_text() == f"{number} / {len(KEYS)}"
        assert page.locator(".lecture-deck h1").inner_text() == STEPS[key].title
        assert not overflows(page), key
        if key == "convolution":
            screenshot(page, "lecture", docs=True)
        page.keyboard.press("PageDown" if number % 2 else "ArrowRight")
    expect(page).to_have_url(re.compile(f"step={KEYS[-1]}"))
    page.keyboard.press("PageUp")
    on_stage(page, KEYS[-2])
    page.keyboard.press("Home")
    on_stage(page, KEYS[0])
    page.keyboard.press("Escape")
    expect(page.locator(".lecture-deck")).to_have_count(0)
    expect(page.get_by_role("link", name="Present from step 1 of")).to_be_visible()
    assert not said


def test_each_part_on_an_upload_which_a_class_sees_by_one_short_link(
    server, open_tab: Callable[..., Page], screenshot: Callable[..., None]
) -> None:
    page = open_tab(**NARROW)
    said = watched(page)
    page.goto(f"{server.address}/segment")
    file = {"name": "mine.png", "mimeType": "image/png", "buffer": two_disks()}
    page.locator("input[type=file]").first.set_input_files(file)
    expect(page).to_have_url(re.compile("image="))
    image = page.url.partition("image=")[2].partition("&")[0]
    page.goto(f"{server.address}/lecture?image={image}&present=1")
    for part in PARTS:
        on_stage(page, part.steps[0].key)
        assert page.locator(".lecture-deck .note").inner_text() != ELSEWHERE
        for _ in part.steps:
            page.keyboard.press("PageDown")
    page.keyboard.press("Escape")
    expect(page.get_by_text("This shares pictures of")).to_be_visible()
    screenshot(page, "lecture-upload")
    page.get_by_role("button", name="Open a class").click()
    expect(page.get_by_test_id("stCode")).to_contain_text("class=")
    link = page.get_by_test_id("stCode").inner_text().strip()
    assert re.fullmatch(rf"{server.address}/lecture\?class=[a-z0-9]{{8}}", link)

    student = open_tab(width=390, height=844)
    said_there = watched(student)
    student.goto(link)
    on_stage(student, KEYS[-1])
    student.keyboard.press("Home")
    on_stage(student, KEYS[0])
    assert student.locator(".lecture-deck .note").inner_text() == ""
    expect(student.locator(".lecture-deck .live")).to_have_text("Try it live on a sample")
    screenshot(student, "lecture-student")
    # Once the class has ended its pictures are refused, which a browser notes as an error.
    assert not said_there
    page.get_by_role("button", name="End the class").click()
    expect(page.get_by_role("button", name="Open a class")).to_be_visible()
    for _ in range(6):
        student.keyboard.press("PageDown")
    expect(student.locator(".lecture-deck .note")).to_have_text(
        "The class is over: its pictures are gone."
    )
    # What the link says from now on: tests/pages/lecture/test_lecture.py.
    assert not said


def test_a_link_opened_cold_shows_exactly_its_step(server, open_tab: Callable[..., Page]) -> None:
    page = open_tab(width=1920, height=1080, theme="dark")
    said = watched(page)
    page.goto(f"{server.address}/lecture?step=stride&present=1&image={'0' * 32}")
    on_stage(page, "stride")
    expect(page.locator(".lecture-deck .note")).to_have_text(
        "This link's image cannot be opened here; shown: a sample."
    )
    assert not overflows(page)
    page.keyboard.press("b")
    expect(page.locator(".lecture-deck h1")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".lecture-deck h1")).to_have_text(STEPS["stride"].title)
    assert not said


def test_a_class_answers_and_the_bars_come_with_the_truth(
    server, open_tab: Callable[..., Page]
) -> None:
    page = open_tab(**NARROW)
    page.goto(f"{server.address}/lecture?step=predict-size")
    page.get_by_role("button", name="Open a class").click()
    expect(page.get_by_role("button", name="End the class")).to_be_visible()
    expect(page.get_by_test_id("stCode")).to_contain_text("class=")
    link = page.get_by_test_id("stCode").inner_text().strip()
    student = open_tab(width=390, height=844)
    student.goto(link)
    on_stage(student, "predict-size")
    student.get_by_role("button", name="13", exact=True).click()
    expect(student.locator(".lecture-deck .note")).to_have_text("1 answer")
    student.get_by_role("button", name="14", exact=True).click()
    page.goto(link)
    on_stage(page, "predict-size")
    expect(page.locator(".lecture-deck .note")).to_have_text("1 answer")
    expect(page.locator(".question .right")).to_have_count(0)
    page.keyboard.press(" ")
    expect(page.locator(".question .right")).to_contain_text("14")
    expect(page.locator(".question b")).to_have_text(["0", "1", "0", "0"])
    page.keyboard.press(" ")
    on_stage(page, "fully-connected")
