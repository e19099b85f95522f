"""The page Gold nanoparticles without a browser: every step, a slider, a click, a training."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.segmentation.out_of_distribution import out_of_distribution_warnings
from core.synthesis.gold.image import simulate
from core.synthesis.gold.settings import GoldSettings
from models import zoo
from pages.components.frame import stores
from pages.components.studies.gold import result as study_gold_result
from pages.components.studies.gold import settings as study_gold_settings
from pages.components.viewer.viewer import ViewerEvent, ViewerImage
from tests.pages.running import finish, opened, texts, warnings


@pytest.fixture
def open_study(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Return a function that opens the page with a link's parameters; its images are small."""
    monkeypatch.setattr(study_gold_settings, "SIDE", 192)
    monkeypatch.setattr(study_gold_settings, "COARSE_SIDE", 96)
    stores._store.clear("results", stores.RESULT_BYTES)

    def open_page(**link: str) -> AppTest:
        return opened("gold_nanoparticles", **link)

    return open_page


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


def metrics(app: AppTest) -> dict[str, str]:
    return {one.label: one.value for one in app.metric}


def png(mask: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG")
    return buffer.getvalue()


def test_another_defocus_changes_the_image_and_not_the_label(open_study):
    app = open_study()
    assert not app.exception and not app.error and not app.warning
    assert app.title[0].value == "Gold nanoparticles"
    before = app.session_state["gold_preview"]
    next(one for one in app.slider if one.label.startswith("Defocus")).set_value(-20.0).run()
    after = app.session_state["gold_preview"]
    assert app.query_params["defocus"] == "-20.0"
    assert not np.array_equal(before.grey, after.grey)
    np.testing.assert_array_equal(before.labels, after.labels)


def test_what_cannot_be_is_one_sentence(open_study):
    app = open_study(dose="0")
    assert_says(app, "makes no image")
    for link, words in (
        ({"dose": "20000", "count": "0"}, "No particles were asked for"),
        ({"count": "2", "pixel": "0.07"}, "choose one of 0.02"),
        ({"specimen": "-3"}, "0 or more"),
        ({"step": "network", "training_steps": "0"}, "1 to 300"),
    ):
        for name, value in link.items():
            app.query_params[name] = value
        assert_says(app.run(), words)


def assert_says(app: AppTest, words: str) -> None:
    assert not app.exception
    assert sum(words in one for one in warnings(app)) == 1


def test_pixels_too_coarse_for_the_lattice_say_so(open_study):
    app = open_study(pixel="0.15")
    assert not app.exception and not app.warning
    assert "A pixel of 0.15 nm cannot show {111}" in texts(app)


def test_no_threshold_reaches_the_best_and_a_slider_moves_yours(open_study):
    app = open_study(step="question")
    assert not app.exception and not app.warning
    before = metrics(app)
    best = next(value for name, value in before.items() if name.startswith("Dice, best"))
    assert all(float(value) <= float(best) for name, value in before.items() if "Dice" in name)
    next(one for one in app.slider if one.label.startswith("Threshold")).set_value(0.2).run()
    assert metrics(app)["Dice, your threshold"] != before["Dice, your threshold"]


def test_the_shipped_network_finds_particles_and_their_lattice(open_study, monkeypatch):
    app = open_study(step="result", axis="110", count="3", pixel="0.05")
    assert not app.exception and not app.warning
    button(app, "Find the particles").click().run()
    app = finish(app, "gold_result")
    assert not app.exception
    assert float(metrics(app)["Dice"]) > 0.8
    table = app.dataframe[0].value
    error = table["Diameter (nm)"] / table["True diameter (nm)"] - 1
    assert abs(error).max() < 0.2
    assert "{111}" in list(app.table[0].value["plane"])
    objects = app.session_state["gold_shown"].objects
    chosen = next(one for one in app.selectbox if one.label.startswith("Particle ("))
    other = next(number for number in table["Particle"] if str(number) != chosen.value)

    def clicked(image: ViewerImage, settings: object, **given: object) -> None:
        if given.get("on_click") is not None:
            given["on_click"](ViewerEvent(*(int(one[0]) for one in np.nonzero(objects == other))))

    monkeypatch.setattr(study_gold_result, "viewer", clicked)
    app = app.run().run()
    assert f"The lattice of particle {other}" in texts(app)


def test_two_annotations_are_compared(open_study):
    app = open_study(step="result")
    first, second = np.zeros((2, 40, 50), np.uint8)
    first[10:20, 10:20], second[10:20, 10:25] = 255, 255
    for one, mask in zip(app.file_uploader, (first, second), strict=True):
        one.upload("mask.png", png(mask), "image/png")
    app = app.run()
    assert not app.exception and not app.warning
    row = app.table[0].value.iloc[0]
    assert row["Dice"] == "0.800" and row["particles"] == "1 and 1, 1 matched"


def test_the_last_step_shows_what_was_measured(open_study):
    app = open_study(step="breaks")
    assert not app.exception and not app.error and not app.warning
    assert "0.72 to 0.78" in texts(app) or any("0.72" in str(t.value) for t in app.table)


def test_the_first_image_is_like_those_that_the_model_was_trained_on() -> None:
    first = study_gold_settings
    made = simulate(
        GoldSettings(
            diameter_nm=(3.2, 4.8),
            kind="fcc",
            pixel_size_nm=first.PIXEL,
            defocus_nm=first.SLIDERS["defocus"].default,
            cs_mm=first.SLIDERS["cs"].default,
            focal_spread_nm=first.SLIDERS["spread"].default,
            dose_e_per_nm2=first.DOSE,
        ),
        first.SIDE,
        first.FIRST_SPECIMEN,
    )
    assert out_of_distribution_warnings(zoo.card("gold"), made.micrograph()) == ()
