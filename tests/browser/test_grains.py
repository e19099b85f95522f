"""The grain study in a browser: a switched effect, a short training, grains of a sample."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.waiting import expect


def test_from_the_generator_to_a_trained_network(
    server, open_tab: Callable[..., Page], screenshot: Callable[..., None]
) -> None:
    page = open_tab(height=1000)
    page.goto(f"{server.address}/grain-boundaries?training_steps=2")
    expect(page.get_by_text(re.compile(r"mean lineal intercept \d+\.\d px"))).to_be_visible()
    expect(page.locator(".viewer[data-image]")).to_have_count(2)
    page.get_by_role("button", name="Strong etching").click()
    screenshot(page, "grains-data", docs=True)

    page.get_by_role("radio", name="3 Network").click()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("IoU of the boundary, held-out synthetic images")).to_be_visible()

    page.get_by_role("radio", name="4 Result").click()
    page.get_by_role("button", name="Find the grains").click()
    expect(page.get_by_text("Yellow: both.")).to_be_visible()
    expect(page.get_by_text("Error of the mean intercept", exact=True)).to_be_visible()
    screenshot(page, "grains-result", docs=True)

    page.get_by_role("radio", name="5 What breaks it").click()
    expect(page.get_by_text("Ablation: one effect left out at a time")).to_be_visible()
