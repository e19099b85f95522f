"""The lecture in a browser: the seven pages in order, one control on each, and the right number."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, TimeoutError, expect

from core.concepts.gradient_flow import gradient_flow, patches
from core.concepts.picture import picture
from pages.components.frame import samples
from pages.components.learn.frame import in_digits


def choose(page: Page, label: str, option: str) -> None:
    wanted = page.get_by_role("option", name=option, exact=True)
    for _ in range(5):
        # A page that is still drawing closes the list again.
        page.get_by_role("combobox", name=label).click()
        try:
            wanted.click(timeout=8_000)
            return
        except TimeoutError:
            page.keyboard.press("Escape")
    raise AssertionError(f"{label} does not offer {option}")


def slide(page: Page, label: str, key: str) -> None:
    slider = page.locator("[data-testid=stSlider]").filter(has_text=label)
    slider.get_by_role("slider").press(key)


def empty_first_cell(page: Page) -> None:
    # The scroller lies over the drawn cells and takes their clicks.
    page.locator("[data-testid=stDataFrame] .dvn-scroller").click(position={"x": 60, "y": 52})
    page.keyboard.press("Delete")


def first_layer_of_the_plain_network(depth: int) -> str:
    """Return its gradient norm on gold-tem, as the page writes it."""
    offer = next(one for one in samples.offers() if one.name == "gold-tem")
    micrograph, _ = offer.open_page(0)
    plain, _ = gradient_flow(patches(picture(micrograph, 256)), depth, norm=False)
    return in_digits(plain.norms[0])


def test_the_whole_lecture_page_by_page(
    server, open_tab: Callable[..., Page], screenshot: Callable[..., None]
) -> None:
    page = open_tab(height=1000)
    page.goto(f"{server.address}/image-problem?sample=gold-tem")
    expect(page.get_by_text("536,870,912 weights")).to_be_visible()
    page.get_by_role("radio", name="double").click()
    expect(page.get_by_text("16 GiB", exact=True)).to_be_visible()
    screenshot(page, "learn-image-problem", docs=True)

    page.get_by_role("link", name="Next: Convolution").click()
    expect(page.get_by_text("Feature map by cross-correlation, 256 x 256.")).to_be_visible()
    expect(page.locator(".viewer[data-image]")).to_have_count(2)
    expect(page.get_by_text("scipy: equal")).to_be_visible()
    page.locator(".viewer canvas").first.click(position={"x": 150, "y": 120})
    expect(page).to_have_url(re.compile("conv_at="))
    stride = page.get_by_role("spinbutton", name="Stride")
    stride.fill("4")
    stride.press("Enter")
    # (256 + 2 - 3) / 4 = 63.75, rounded down, plus 1.
    expect(page.get_by_text("Feature map by cross-correlation, 64 x 64.")).to_be_visible()
    expect(page).to_have_url(re.compile("conv_stride=4"))
    screenshot(page, "learn-convolution", docs=True)

    page.get_by_role("link", name="Next: Sharing").click()
    expect(page.get_by_text("the map follows a shift of 1 px exactly")).to_be_visible()
    choose(page, "Layer", "Convolution of stride 2")
    expect(page.get_by_text("1 px are no multiple of the stride 2")).to_be_visible()
    page.get_by_text("Fully connected", exact=True).click()
    expect(page.get_by_text("2,304", exact=True)).to_be_visible()
    screenshot(page, "learn-sharing", docs=True)

    page.get_by_role("link", name="Next: Pooling").click()
    expect(page.get_by_text("After, 128 × 128 px")).to_be_visible()
    expect(page.get_by_text("of 4 standard normal values is 1.0294")).to_be_visible()
    slide(page, "Window (px)", "ArrowRight")
    # David and Nagaraja 2003: the largest of nine standard normal values.
    expect(page.get_by_text("of 9 standard normal values is 1.4850")).to_be_visible()
    expect(page).to_have_url(re.compile("window=3"))
    screenshot(page, "learn-pooling", docs=True)

    page.get_by_role("link", name="Next: Receptive field").click()
    expect(page.get_by_text("28 × 28 px")).to_be_visible()
    expect(page.locator(".viewer[data-image]")).to_have_count(1)
    page.get_by_role("radio", name="AlexNet").click()
    expect(page.get_by_text("195 × 195 px")).to_be_visible()
    page.locator(".viewer canvas").first.click(position={"x": 300, "y": 200})
    expect(page).to_have_url(re.compile("field_row="))
    screenshot(page, "learn-receptive-field", docs=True)

    page.get_by_role("link", name="Next: Architectures").click()
    expect(page.get_by_text("61,100,840").first).to_be_visible()
    page.get_by_role("radio", name="VGG16").click()
    expect(page.get_by_text("15.470 billion")).to_be_visible()
    screenshot(page, "learn-architectures", docs=True)

    page.get_by_role("link", name="Next: Skip connections").click()
    expect(page.get_by_text("First layer, plain")).to_be_visible()
    slide(page, "Depth (convolutions)", "Home")
    expect(page.get_by_text(first_layer_of_the_plain_network(4))).to_be_visible()
    screenshot(page, "learn-skip-connections", docs=True)
    page.get_by_role("link", name="Next: the case study Gold nanoparticles").click()
    expect(page).to_have_url(re.compile("/gold-nanoparticles"))


def test_a_link_brings_the_whole_state_back(server, open_tab: Callable[..., Page]) -> None:
    page = open_tab(theme="dark")
    page.goto(
        f"{server.address}/convolution?sample=low-dose-tem&conv_flip=true"
        "&conv_kernel=0,0,0;0,3,0;0,0,0&conv_at=10,20&conv_topic=Separable"
    )
    expect(page.get_by_text("Feature map by convolution, 256 x 256.")).to_be_visible()
    expect(page.get_by_text("in row 10, column 20.")).to_be_visible()
    expect(page.get_by_text("Rank 1: separable.")).to_be_visible()


def test_what_a_student_types_gets_one_sentence_and_breaks_nothing(
    server, open_tab: Callable[..., Page]
) -> None:
    page = open_tab(theme="dark")
    page.goto(f"{server.address}/receptive-field?sample=gold-tem&layers=conv+nan")
    expect(page.get_by_text('"conv nan" is not a layer')).to_be_visible()
    expect(page.get_by_text("3 × 3 px")).to_be_visible()

    page.goto(f"{server.address}/convolution?sample=gold-tem&conv_stride=4")
    expect(page.get_by_text("Feature map by cross-correlation, 64 x 64.")).to_be_visible()
    stride = page.get_by_role("spinbutton", name="Stride")
    stride.fill("999")
    stride.press("Enter")
    expect(page.get_by_text("steps over the whole image of 256 px")).to_be_visible()
    expect(page.get_by_text("Feature map by cross-correlation, 64 x 64.")).to_be_visible()
    stride.fill("2")
    stride.press("Enter")
    expect(page.get_by_text("Feature map by cross-correlation, 128 x 128.")).to_be_visible()
    empty_first_cell(page)
    expect(page.get_by_text("row 1, column 1 holds no number; type one.")).to_be_visible()
    expect(page.get_by_text("Feature map by cross-correlation, 128 x 128.")).to_be_visible()


def test_the_question_answers_only_after_a_guess(server, open_tab: Callable[..., Page]) -> None:
    page = open_tab()
    page.goto(f"{server.address}/sharing?sample=gold-tem")
    expect(page.get_by_role("switch", name="Show the answer")).to_be_disabled()
    page.get_by_role("radio", name="1 1 1 1").click()
    page.get_by_text("Show the answer").click()
    expect(page.get_by_text("Right: it is 1 1 1 1.")).to_be_visible()
