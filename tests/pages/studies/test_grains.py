"""The page Grain boundaries without a browser: every step, a switch, a fit, a short training."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.synthesis.grains.settings import GrainSettings
from pages.components.frame import stores
from studies.grains.networks import results as grains_study
from tests.pages.running import finish, opened, texts, warnings


@pytest.fixture
def open_study(open_link: Callable[..., AppTest]) -> Callable[..., AppTest]:
    return lambda **link: open_link("grain_boundaries", **link)


@pytest.fixture
def open_link() -> Callable[..., AppTest]:
    """Return a function that opens a page, by the name of its file, with a link's parameters."""

    def open_page(name: str, **link: str) -> AppTest:
        stores._store.clear("results", stores.RESULT_BYTES)
        return opened(name, **link)

    return open_page


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


def test_the_last_step_shows_what_was_measured(open_study):
    app = open_study(step="breaks")
    assert not app.exception and not app.error and not app.warning
    assert app.title[0].value == "Grain boundaries"
    assert len(app.table[0].value) == len(grains_study.ablation())


def test_a_switched_effect_changes_the_image_and_not_the_label(open_study):
    app = open_study()
    assert not app.exception and not app.warning
    before = app.session_state["grain_preview"]
    effects = next(one for one in app.button_group if one.label == "Preparation")
    assert effects.value == ["grooves"]
    effects.set_value([*effects.value, "attack"]).run()
    after = app.session_state["grain_preview"]
    assert app.session_state["grain_settings"].attack is not None
    assert not np.array_equal(before.grey, after.grey)
    np.testing.assert_array_equal(before.labels, after.labels)


def test_a_slider_moves_one_number_and_the_start_comes_back(open_study):
    app = open_study(adjust="noise")
    slider = next(one for one in app.slider if one.label.startswith("Electrons"))
    slider.set_value(50.0).run()
    assert app.session_state["grain_settings"].noise.electrons == 50
    button(app, "Back to the start").click().run()
    assert app.session_state["grain_settings"] == GrainSettings()


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"structure": "-4"}, "0 or more"),
        ({"step": "network", "training_steps": "0"}, "1 to 400"),
        ({"step": "answer"}, "choose one of"),
    ],
)
def test_what_cannot_be_is_one_sentence(link, words, open_study):
    app = open_study(**link)
    assert not app.exception
    assert any(words in one for one in warnings(app))


def test_a_fit_brings_the_generator_closer(open_study):
    app = open_study(step="question")
    assert not app.exception and not app.warning
    assert len(app.metric) == 3
    button(app, "Fit to this micrograph").click().run()
    app = finish(app, "grain_fit")
    button(app, "Use these settings").click().run()
    assert app.session_state["grain_settings"] != GrainSettings()
    assert not app.exception


def test_the_shipped_network_measures_a_synthetic_sample(open_study):
    app = open_study(step="result")
    assert not app.exception and not app.warning
    button(app, "Find the grains").click().run()
    app = finish(app, "grain_result")
    metrics = {one.label: one.value for one in app.metric}
    assert float(metrics["Boundary Dice within 3 px"]) > 0.8
    assert "µm" in metrics["Mean intercept"]
    low, high = re.search(r"95 % interval ([\d.]+) to ([\d.]+)", texts(app)).groups()
    assert 0 < float(low) < float(metrics["ASTM G"]) < float(high)
    assert 0.6 < float(high) - float(low) < 2.5
    assert "after ASTM E112, Heyn's lines" in texts(app)


def test_a_mask_of_another_size_is_refused_in_one_sentence():
    from core.errors import DataError
    from models import zoo
    from studies.grains.scoring import find_grains, read_boundary_mask

    buffer = io.BytesIO()
    Image.fromarray(np.full((40, 40), 255, np.uint8)).save(buffer, "PNG")
    mask = read_boundary_mask(buffer.getvalue(), "mask.png")
    with pytest.raises(DataError, match="must be the same"):
        find_grains(zoo.load("grains", "cpu"), np.zeros((64, 64), np.float32), mask)
    with pytest.raises(DataError, match="no readable"):
        read_boundary_mask(b"nothing", "mask.png")


def test_the_shipped_table_holds_every_run_against_the_whole():
    rows = grains_study.ablation()
    assert rows[0].without == ()
    assert {row.without for row in rows} <= set(grains_study.RUNS)
    assert len(rows) == len({row.without for row in rows}) > 1
    for row in rows:
        assert 0 < row.low <= row.dice <= row.high < 1
        assert row.images == rows[0].images
