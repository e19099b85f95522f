"""The Ising study in a browser: the live lattice, a short training, what breaks, and Inspect."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.waiting import expect


def test_from_the_lattice_to_a_trained_network(
    server, open_tab: Callable[..., Page], screenshot: Callable[..., None]
) -> None:
    page = open_tab(height=1000)
    page.goto(f"{server.address}/ising?epochs=2&size=16")
    expect(page.get_by_text(re.compile(r"Energy per site: now -\d\.\d+"))).to_be_visible()
    expect(page.locator(".viewer[data-image]")).to_have_count(1)
    screenshot(page, "ising-data", docs=True)
    # The end of the page: a click while it is still drawn can be lost with the button under it.
    expect(page.get_by_text("networks were trained on those")).to_be_visible()
    page.get_by_role("radio", name="Equilibrium").click()
    expect(page).to_have_url(re.compile("kind=equilibrium"))
    expect(page.get_by_text("the snapshots scatter around the exact curves")).to_be_visible()

    page.get_by_role("radio", name="3 Network").click()
    page.get_by_role("button", name="Train").click()
    expect(page.get_by_text("Validation accuracy")).to_be_visible()
    expect(page.get_by_text(re.compile("validation images, none of them"))).to_be_visible()

    page.get_by_role("radio", name="5 What breaks it").click()
    expect(page.get_by_text("Counting domain walls transfers")).to_be_visible()
    page.get_by_role("radio", name="Quench, as in the lecture").click()
    expect(page.get_by_text("because their domains cancel")).to_be_visible()

    page.get_by_role("radio", name="4 Result").click()
    expect(page.get_by_text("Domain-wall detectors.")).to_be_visible()
    page.get_by_role("link", name="Inspect the trained network").click()
    expect(page.get_by_text("8 filters of 1 × 3 × 3 weights")).to_be_visible()
