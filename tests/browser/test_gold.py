"""The gold study in a browser: a defocus, a short training, particles and the lattice of one."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.waiting import expect


def test_from_atoms_to_an_indexed_lattice(
    server, open_tab: Callable[..., Page], screenshot: Callable[..., None]
) -> None:
    page = open_tab(height=1000)
    page.goto(f"{server.address}/gold-nanoparticles?axis=110&training_steps=2")
    expect(page.get_by_text(re.compile(r"6 particles, [\d,]+ atoms of gold"))).to_be_visible()
    expect(page.locator(".viewer[data-image]")).to_have_count(2)
    screenshot(page, "gold-data", docs=True)
    slider = page.locator("[data-testid=stSlider]").filter(has_text="Defocus (nm)")
    slider.get_by_role("slider").press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"defocus=-9\.0"))

    page.get_by_role("radio", name="3 Network").click()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("IoU of particles, held-out simulated images")).to_be_visible()

    page.get_by_role("radio", name="4 Result").click()
    page.get_by_role("button", name="Find the particles").click()
    expect(page.get_by_text(re.compile(r"The lattice of particle \d+"))).to_be_visible()
    expect(page.get_by_role("cell", name="{111}").first).to_be_visible()
    screenshot(page, "gold-result", docs=True)

    page.get_by_role("radio", name="5 What breaks it").click()
    expect(page.get_by_text("How large a receptive field is needed?")).to_be_visible()
