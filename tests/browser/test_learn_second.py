"""The last four pages of the lecture in a browser: one control each, and the right number."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_from_receptive_fields_to_skip_connections(
    server, open_tab: Callable[..., Page], screenshot: Callable[..., None]
) -> None:
    page = open_tab(height=1000)
    page.goto(f"{server.address}/receptive-field?sample=gold-tem")
    expect(page.get_by_text("28 × 28 px")).to_be_visible()
    expect(page.locator(".viewer[data-image]")).to_have_count(1)
    page.get_by_role("radio", name="AlexNet").click()
    expect(page.get_by_text("195 × 195 px")).to_be_visible()
    page.locator(".viewer canvas").first.click(position={"x": 300, "y": 200})
    expect(page).to_have_url(re.compile("field_row="))
    screenshot(page, "learn-receptive-field", docs=True)

    page.get_by_role("link", name="Next: Pooling").click()
    expect(page.get_by_text("After, 128 × 128 px")).to_be_visible()
    page.get_by_role("radio", name="flat").click()
    expect(page.get_by_text("standard normal values is 1.0294")).to_be_visible()
    screenshot(page, "learn-pooling", docs=True)

    page.get_by_role("link", name="Next: Architectures").click()
    expect(page.get_by_text("61,100,840").first).to_be_visible()
    page.get_by_role("radio", name="VGG16").click()
    expect(page.get_by_text("15.470 billion")).to_be_visible()
    screenshot(page, "learn-architectures", docs=True)

    page.get_by_role("link", name="Next: Skip connections").click()
    expect(page.get_by_text("First layer, plain")).to_be_visible()
    page.get_by_role("radio", name="not at all").click()
    page.get_by_text("Show the answer").click()
    expect(page.get_by_text("Right: it is not at all.")).to_be_visible()
    screenshot(page, "learn-skip-connections", docs=True)


def test_a_broken_stack_in_a_link_gets_one_sentence(server, open_tab: Callable[..., Page]) -> None:
    page = open_tab(theme="dark")
    page.goto(f"{server.address}/receptive-field?sample=gold-tem&layers=conv+nan")
    expect(page.get_by_text('"conv nan" is not a layer')).to_be_visible()
    expect(page.get_by_text("3 × 3 px")).to_be_visible()
