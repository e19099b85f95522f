"""The lecture in a browser: all of it by keyboard, from a link opened cold, and out again."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import ConsoleMessage, Page, expect

from lecture.steps import PARTS, STEPS

KEYS = list(STEPS)
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


def test_the_whole_path_by_keyboard(
    server, open_tab: Callable[..., Page], screenshot: Callable[..., None]
) -> None:
    page = open_tab(width=1280, height=720)
    said: list[ConsoleMessage] = []
    page.on("console", lambda one: said.append(one) if one.type in {"error", "warning"} else None)
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
    assert not [one.text for one in said]


def test_a_link_opened_cold_shows_exactly_its_step(server, open_tab: Callable[..., Page]) -> None:
    page = open_tab(width=1920, height=1080, theme="dark")
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


def test_a_class_answers_and_the_bars_come_with_the_truth(
    server, open_tab: Callable[..., Page]
) -> None:
    page = open_tab(width=1280, height=720)
    page.goto(f"{server.address}/lecture?step=predict-size")
    page.get_by_role("button", name="Collect the class's answers").click()
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
