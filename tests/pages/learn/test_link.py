"""What a link asks for and a page of the lecture cannot have: one sentence, and the page stands."""

from __future__ import annotations

import gc

import pytest

from pages.components.learn.frame import in_digits, lessons
from tests.pages.running import lesson, warnings

ABSURD = [
    ("image_problem", {"image_side": "7"}, "shown: 1024"),
    ("image_problem", {"image_snapshot": "-5"}, "shown: 55"),
    ("image_problem", {"image_precision": "quadruple"}, "shown: float32"),
    ("image_problem", {"image_card": "abacus"}, "shown: H100"),
    ("convolution", {"conv_stride": "nan"}, "shown: 1"),
    ("convolution", {"conv_at": "9999,0"}, "no row and column of 256 x 256 px"),
    ("convolution", {"conv_pixel": "99,0"}, "no row and column of 14 x 14 px"),
    ("convolution", {"conv_topic": "Magic"}, "shown: Output size"),
    ("sharing", {"share_side": "1e9"}, "shown: "),
    ("sharing", {"share_shift": "129,0"}, "half of it at most; shown: at rest"),
    ("sharing", {"share_layer": "<script>"}, "shown: Convolution, circular padding"),
    ("receptive_field", {"field_network": "GPT"}, "shown: "),
    ("receptive_field", {"layers": "pool 999999"}, "What you see is a first example."),
    ("pooling", {"window": "99"}, "shown: "),
    ("pooling", {"dose": "banana"}, "shown: 100"),
    ("pooling", {"pool_at": "1,2,3"}, "no row and column of 256 x 256 px"),
    ("architectures", {"architecture": "ResNet-9000"}, "shown: AlexNet"),
    ("skip_connections", {"skips_topic": "Gradients", "depth": "1000000"}, "shown: 16"),
    ("skip_connections", {"skips_topic": "Magic"}, "shown: Plain or residual"),
]


@pytest.mark.parametrize(("page", "link", "sentence"), ABSURD)
def test_an_absurd_link_gets_one_sentence(page: str, link: dict[str, str], sentence: str) -> None:
    app = lesson(page, **link)
    assert not app.exception and not app.error
    assert [sentence in one for one in warnings(app)] == [True]
    assert any(one.value.startswith("Reference:") for one in app.caption)


SENSIBLE = [
    ("image_problem", {"image_side": "2048", "image_training": "true", "image_card": "H100"}),
    ("convolution", {"conv_stride": "4", "conv_flip": "false", "conv_pixel": "11,11"}),
    ("convolution", {"conv_at": "255,255"}),
    ("sharing", {"share_side": "12", "share_layer": "Max pooling of 2", "share_shift": "5,-3"}),
    ("receptive_field", {"layers": "conv 5", "field_row": "3", "structure_nm": "12.5"}),
    ("pooling", {"pooling": "median", "window": "3", "dose": "10", "pool_at": "255,0"}),
    ("architectures", {"architecture": "VGG16"}),
    ("skip_connections", {"skips_topic": "Gradients", "depth": "4", "batch_norm": "TRUE"}),
    ("skip_connections", {"skips_topic": "Hundreds of layers", "family_layers": "110"}),
]


@pytest.mark.parametrize(("page", "link"), SENSIBLE)
def test_a_sensible_link_gets_none(page: str, link: dict[str, str]) -> None:
    app = lesson(page, **link)
    assert not app.exception and not app.error
    assert not warnings(app)


def test_every_page_of_the_lecture_is_tried() -> None:
    pages = {path.stem for _, path in lessons()}
    assert {page for page, _, _ in ABSURD} == {page for page, _ in SENSIBLE} == pages


def test_the_state_of_the_pooling_page_is_in_its_link() -> None:
    app = lesson("pooling", pooling="average", window="3", stride="3", pool_at="30,60")
    values = {one.label: one.value for one in app.slider}
    assert (values["Window (px)"], values["Stride (px)"]) == (3, 3)
    # floor((256 - 3) / 3) + 1
    assert any("After**, 85 × 85 px" in one.value for one in app.markdown)


def test_a_typed_structure_is_in_the_link() -> None:
    app = lesson("receptive_field", structure_nm="14")
    # The example stack sees 28 px of 0.25 nm: half of 14 nm.
    assert {one.label: one.value for one in app.metric}["Field / structure"] == "0.5"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.0943, "0.094"), (2.34e-7, "2.3 × 10⁻⁷"), (9.96e-5, "1.0 × 10⁻⁴"), (12, "12")],
)
def test_numbers_in_digits(value: float, text: str) -> None:
    assert in_digits(value) == text


def test_tables_have_their_numbers_on_the_right() -> None:
    app = lesson("pooling", ground="flat")
    table = next(one.value for one in app.markdown if one.value.startswith("| pooling"))
    header, alignment, *rows = table.splitlines()
    assert alignment == "| --- | ---: | ---: | ---: | ---: |"
    assert [row.split(" | ")[0] for row in rows] == ["| none", "| max", "| average", "| median"]
    assert header.count("|") == rows[0].count("|") == 6


def test_the_collector_leaves_imported_modules_alone() -> None:
    lesson("pooling")
    assert gc.get_freeze_count() > 10_000


def test_a_switch_says_what_it_cannot_be() -> None:
    app = lesson("pooling", presenter="banana")
    said = warnings(app)
    assert said == ["The link asks for presenter=banana, which is not on offer; shown: off."]


def test_what_is_not_on_offer_is_said_until_its_control_is_moved() -> None:
    app = lesson("pooling", window="99", dose="banana")
    said = warnings(app)
    assert len(said) == 2
    assert warnings(app.run()) == said
    app.select_slider(key="dose").set_value(10).run()
    assert len(warnings(app)) == 1 and "window=99" in warnings(app)[0]
