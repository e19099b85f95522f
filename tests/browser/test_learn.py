"""The lecture in a browser: the seven pages in order, one control on each, and the right number."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, TimeoutError

from core.concepts.convolution.convolution import Walk, output_pixel
from core.concepts.convolution.kernels import sobel
from core.concepts.convolution.output_size import Geometry
from core.concepts.depth.gradient_flow import gradient_flow, patches
from core.concepts.equivariance.equivariance import shift_test, steps
from core.concepts.equivariance.heads import FLATTEN, POOL, moved, outputs, random_heads
from core.concepts.picture import picture, square_around
from pages.components.frame.images import samples
from pages.components.frame.screen import INKS
from pages.components.learn.frame import in_digits
from tests.browser.waiting import expect
from tests.pages.test_contrast import rgb


def middle_of_the_sample() -> np.ndarray:
    """Return the grey levels of gold-tem that the pages of the lecture work on."""
    offer = next(one for one in samples.offers() if one.name == "gold-tem")
    return picture(offer.open_page(0)[0], 256)


def written(value: float) -> str:
    """Return a sum as the page writes it."""
    return f"{value:.4f}".replace("-", "−")


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


def the_question_answers_only_after_a_guess(page: Page) -> None:
    expect(page.get_by_role("switch", name="Show the answer")).to_be_disabled()
    page.get_by_role("radio", name="1 1 1 1").click()
    page.get_by_text("Show the answer").click()
    expect(page.get_by_text("Right: it is 1 1 1 1.")).to_be_visible()


def test_the_whole_lecture_page_by_page(
    server, open_tab: Callable[..., Page], screenshot: Callable[..., None]
) -> None:
    page = open_tab(height=1000)
    page.goto(f"{server.address}/image-problem?sample=gold-tem")
    expect(page.get_by_text("17,592,186,044,416 weights, 64 TiB")).to_be_visible()
    page.get_by_role("radio", name="double").click()
    expect(page.get_by_text("17,592,186,044,416 weights, 128 TiB")).to_be_visible()
    screenshot(page, "learn-image-problem", docs=True)

    page.get_by_role("link", name="Next: Convolution").click()
    expect(page.get_by_text("Feature map by cross-correlation, 256 x 256.")).to_be_visible()
    expect(page.locator(".viewer[data-image]")).to_have_count(2)
    expect(page.locator(".slide[data-reached='144']")).to_be_visible()
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
    expect(page.get_by_text("Not shifted. Drag the micrograph.")).to_be_visible()
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
    expect(page.get_by_text("20 and 56 layers, 640 steps")).to_be_visible()
    page.get_by_role("radio", name="Gradients").click()
    expect(page.get_by_text("First layer, plain")).to_be_visible()
    slide(page, "Depth (convolutions)", "Home")
    expect(page.get_by_text(first_layer_of_the_plain_network(4))).to_be_visible()
    screenshot(page, "learn-skip-connections", docs=True)
    page.get_by_role("link", name="Next: Gold nanoparticles").click()
    expect(page).to_have_url(re.compile("/gold-nanoparticles"))


@pytest.mark.parametrize("themes", [("light", "dark"), ("dark", "light")])
def test_the_words_of_a_drawing_follow_the_theme_while_the_page_stays_open(
    server, open_tab: Callable[..., Page], themes: tuple[str, str]
) -> None:
    page = open_tab(theme=themes[0])
    page.goto(f"{server.address}/skip-connections?sample=gold-tem")
    words = page.locator('[data-testid="stPlotlyChart"] .annotation-text')
    expect(words.filter(has_text="skip: x, unchanged")).to_be_visible()
    for theme in themes:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        ink = "rgb({}, {}, {})".format(*(round(255 * one) for one in rgb(INKS[theme])))
        expect(page.locator(".stApp")).to_have_css("color", ink)
        for written in ("3 × 3", "ReLU", "plain:", "residual:", "skip: x, unchanged"):
            expect(words.filter(has_text=written).first).to_have_css("fill", ink)


def test_a_link_brings_the_whole_state_back(server, open_tab: Callable[..., Page]) -> None:
    page = open_tab(theme="dark")
    page.goto(
        f"{server.address}/convolution?sample=low-dose-tem&conv_flip=true"
        "&conv_kernel=0,0,0;0,3,0;0,0,0&conv_pixel=3,5&conv_topic=Separable"
    )
    expect(page.get_by_text("Feature map by convolution, 256 x 256.")).to_be_visible()
    expect(page.get_by_text("Sum: row 3, column 5")).to_be_visible()
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
    page.get_by_role("button", name="Edit the kernel").click()
    empty_first_cell(page)
    expect(page.get_by_text("row 1, column 1 holds no number; type one.")).to_be_visible()
    expect(page.get_by_text("Feature map by cross-correlation, 128 x 128.")).to_be_visible()


def test_the_kernel_fills_the_map_and_shows_the_sums_of_the_core(
    server, open_tab: Callable[..., Page]
) -> None:
    page = open_tab()
    page.goto(f"{server.address}/convolution?sample=gold-tem&conv_stride=2&conv_at=40,60")
    slide, total = page.locator(".slide"), page.locator(".slide output")
    # Where nothing may move the map is whole at once.
    expect(slide).to_have_attribute("data-reached", "36")
    slide.press("Home")
    expect(slide).to_have_attribute("data-reached", "1")
    for _ in range(8):
        slide.press("s")
    expect(slide).to_have_attribute("data-reached", "9")
    image = middle_of_the_sample()
    patch = image[square_around(image.shape, 40, 60, 12)]
    # The ninth of six in a row: the third of the second row.
    walk = Walk(sobel(3), Geometry(2, 1))
    found = output_pixel(patch, walk, 1, 2)
    expect(total).to_have_text(written(found.total))
    cells = page.locator(".products td").evaluate_all("all => all.map((one) => one.title)")
    assert [float(one) for one in cells] == pytest.approx(found.products.ravel(), abs=5e-5)
    slide.press("ArrowDown")
    expect(total).to_have_text(written(output_pixel(patch, walk, 2, 2).total))
    expect(page).to_have_url(re.compile("conv_pixel=2%2C2|conv_pixel=2,2"))
    for _ in range(5):
        slide.press("+")
    slide.press(" ")
    expect(slide).to_have_attribute("data-reached", "36")
    expect(slide).to_have_attribute("data-playing", "false")


def test_a_dragged_micrograph_takes_its_map_along_as_the_core_says(
    server, open_tab: Callable[..., Page]
) -> None:
    page = open_tab()
    page.goto(f"{server.address}/sharing?sample=gold-tem")
    expect(page.get_by_text("Not shifted. Drag the micrograph.")).to_be_visible()
    micrograph = page.locator(".shifting .micrograph")
    box = micrograph.bounding_box()
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 70, steps=4)
    expect(page.get_by_text("the map moves with the image, exactly.")).to_be_visible()
    page.mouse.up()
    micrograph.press("Home")
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowUp"):
        micrograph.press(key)
    expect(page).to_have_url(re.compile("share_shift=-1(%2C|,)3"))
    grey = np.rint(middle_of_the_sample() * 255).astype(np.float64) / 255
    for step in steps(sobel(3))[1:]:
        choose(page, "Layer", step.name)
        found = shift_test(grey, step, -1, 3)
        differs = f"{float(f'{100 * found.differing:.3g}'):g} % of the pixels differ"
        largest = f"largest difference {float(f'{found.largest:.3g}'):g} "
        relative = f"contrast {float(f'{found.relative:.3g}'):g}"
        for words in (step.name, differs, largest, relative):
            expect(page.locator(".shifting")).to_contain_text(words)
    page.get_by_text("Does the answer stay?").click()
    choose(page, "Layer", "Convolution, circular padding")
    expect(page.locator(".head .moved").nth(2)).to_have_text("unchanged")
    heads = random_heads(grey.shape)
    run = steps(sobel(3))[0].run
    before, after = (outputs(run(one), heads) for one in (grey, np.roll(grey, (-1, 3), (0, 1))))
    for place, head in enumerate((FLATTEN, POOL)):
        share = 100 * moved(before[head], after[head])
        expect(page.locator(".head .moved").nth(place)).to_have_text(
            f"changes by {float(f'{share:.2g}'):g} %"
        )
    the_question_answers_only_after_a_guess(page)


def test_what_a_link_cannot_have_is_said_until_its_control_is_moved(
    server, open_tab: Callable[..., Page]
) -> None:
    """Also where moving it draws no more than a part of the page anew."""
    page = open_tab()
    page.goto(f"{server.address}/convolution?conv_stride=nan&conv_topic=Magic")
    said = page.get_by_text("which is not on offer")
    expect(said).to_have_count(2)
    page.get_by_text("The border", exact=True).click()
    expect(said).to_have_count(1)
    expect(said).to_contain_text("conv_stride=nan")
