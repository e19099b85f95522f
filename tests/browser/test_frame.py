"""The frame around the pages: addresses opened first, links, a base path."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.waiting import expect

REPOSITORY = Path(__file__).resolve().parents[2]
ADDRESSES = sorted(path.stem.replace("_", "-") for path in (REPOSITORY / "pages").glob("*.py"))


def test_an_address_opened_first_on_a_cold_server_is_inside_the_app(
    serve: Callable[..., object], open_tab: Callable[..., Page], tmp_path: Path
) -> None:
    with serve(tmp_path, "--server.baseUrlPath=sem") as cold:
        page = open_tab()
        page.goto(f"{cold.address}/models")
        expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
        expect(page.get_by_text("Analyse", exact=True)).to_be_visible()
        # Under a base path the pictures' route is there too.
        page.goto(f"{cold.address}/segment?sample=gold-tem")
        expect(page.locator(".viewer[data-image]")).to_be_visible()


def test_every_page_has_its_address(server, open_tab: Callable[..., Page]) -> None:
    page = open_tab()
    for address in ADDRESSES:
        page.goto(f"{server.address}/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_text("Analyse", exact=True)).to_be_visible()
        assert page.url.startswith(f"{server.address}/{address}")


def test_a_deep_link_asks_for_nothing_that_is_not_there(
    server, open_tab: Callable[..., Page]
) -> None:
    page, missing = open_tab(), []
    page.on("response", lambda answer: missing.append(answer.url) if answer.status > 399 else None)
    page.goto(f"{server.address}/receptive_field?layers=conv 5")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile(f"{server.address}/receptive-field\\?layers=conv"))
    assert missing == []


def test_sample_and_model_travel_from_page_to_page(server, open_tab: Callable[..., Page]) -> None:
    page = open_tab()
    page.goto(f"{server.address}/segment?sample=low-dose-tem")
    expect(page.locator(".viewer[data-image]")).to_be_visible()
    page.get_by_text("Zoo", exact=True).click()
    page.get_by_text("Models", exact=True).click()
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    expect(page).to_have_url(f"{server.address}/models?sample=low-dose-tem")
    page.locator(".st-key-card-carbon-steel button").click()
    page.get_by_role("link", name="Segment with this model").click()
    expect(page.locator(".viewer[data-image]")).to_be_visible()
    assert "sample=low-dose-tem" in page.url
    assert "model=" in page.url
