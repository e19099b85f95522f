"""The page Measure: the numbers of core/fields on screen, and the files that leave it."""

from __future__ import annotations

import io
from dataclasses import replace
from threading import Event
from types import SimpleNamespace

import numpy as np
import openpyxl
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.correction.corrected import corrected
from core.correction.state import begin
from core.errors import DataError
from core.fields import field
from core.fields.result import Drawing, DrawnHits, FieldMeasurement
from core.fields.settings import MeasureSettings
from core.fields.words import interval_in_words, value_in_words
from core.segmentation.grains.intercepts import intercepts_of
from core.segmentation.settings import ObjectSettings
from pages.components.measure import measured
from pages.components.segment import results
from pages.components.segment.kept import Reference
from pages.components.viewer.viewer import ViewerEvent
from tests.core.fields.made_analysis import analysis_of, card_of
from tests.pages.running import by_key, fetched, finish, opened, texts


def measured_page(**link: str) -> AppTest:
    return finish(finish(opened("measure", sample="gold-tem", model="otsu", **link)), "measure")


@pytest.fixture
def particles() -> AppTest:
    return measured_page()


def test_the_headline_has_its_interval_and_the_standard(particles: AppTest) -> None:
    assert not particles.exception
    (metric,) = particles.metric
    assert metric.label == "Median diameter (D50)"
    assert metric.value.endswith(" nm")
    assert "95 % interval: **" in texts(particles)
    assert "by number after ISO 9276-1." in texts(particles)
    assert particles.metric[0].help.startswith("Half of the particles are smaller")
    assert "after ISO 13322-1" in texts(particles)


def test_values_leave_as_they_are_on_screen(particles: AppTest) -> None:
    data = fetched(particles, "measure-measured.xlsx").content
    sheets = openpyxl.load_workbook(io.BytesIO(data))
    header, first, *_ = sheets["values"].iter_rows(values_only=True)
    row = dict(zip(header, first, strict=True))
    assert (row["key"], row["unit"]) == ("d50", "nm")
    assert f"{row['value']:.2f} nm" == particles.metric[0].value
    assert sheets["particles"].max_row > 50
    assert fetched(particles, "measure-report.pdf").content.startswith(b"%PDF-")
    assert particles.metric[0].value in fetched(particles, "measure-report.html").text
    # 85 mm in points.
    assert 'width="240.94' in fetched(particles, "measure-distribution.svg").text


def test_what_is_measured_is_in_the_link() -> None:
    app = measured_page(what="phases", method="point count")
    (metric,) = app.metric
    assert metric.label.startswith("Fraction of ")
    assert "point count after ASTM E562." in texts(app)
    by_key(app.selectbox, "measure-what").set_value("particles").run()
    app = finish(app, "measure")
    # The method was of the fractions.
    assert "method" not in app.query_params
    assert app.metric[0].label == "Median diameter (D50)"


def test_a_method_of_something_else_is_refused_in_a_sentence() -> None:
    app = measured_page(what="phases", method="x")
    assert not app.exception
    assert 'The link asks for method "x"; choose one of' in texts(app)


def test_a_long_measurement_shows_its_progress_and_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go_on = Event(), Event()

    def slow(*args: object) -> FieldMeasurement:
        args[-1](3, 7)
        begun.set()
        assert go_on.wait(60)
        args[-1](4, 7)
        raise AssertionError("it was cancelled")

    finish(opened("measure", sample="gold-tem", model="otsu"))
    monkeypatch.setattr(measured, "AT_ONCE_S", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(field, "measure_field", slow)
        app = opened("measure", sample="gold-tem", model="otsu", what="cracks")
        assert begun.wait(60)
        app = app.run()
        assert not app.metric
        (bar,) = (one.proto for one in app.get("progress"))
        assert bar.text == "Step 3 of 7."
        by_key(app.button, "work_measure_cancel").click().run()
        go_on.set()
        app = finish(app, "measure")
    assert "Measuring was stopped." in texts(app)
    app = next(one for one in app.button if one.label == "Measure").click().run()
    app = finish(app, "measure")
    assert app.metric[0].label == "Crack length per area"


def test_what_cannot_be_measured_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object) -> FieldMeasurement:
        raise DataError("The image is too small; use a larger one.")

    monkeypatch.setattr(field, "measure_field", refused)
    app = measured_page(what="layer")
    assert not app.exception and not app.metric
    assert "The image is too small; use a larger one." in texts(app)


def test_a_click_on_a_hit_removes_it_and_another_brings_it_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state: dict[str, object] = {}
    monkeypatch.setattr(measured.session, "value_of", state.get)
    monkeypatch.setattr(measured.session, "remember", state.__setitem__)
    reference = Reference(("a",), ObjectSettings(), "a.png", None)
    hits = DrawnHits(np.array([7, 9]), np.array([[10.0, 20.0], [40.0, 20.0]]), np.ones(2))
    found = SimpleNamespace(kind="grains", drawing=Drawing(hits=hits))
    image = SimpleNamespace(shape=(64, 64), digest="a", name="a.png", pixel_size=None)
    shown = SimpleNamespace(micrograph=image, objects_digest="objects")
    monkeypatch.setattr(Reference, "analysis", lambda self: shown)
    settings = MeasureSettings(kind="grains")
    measured.stores.results().put(measured._key(shown, settings), found, 1)

    measured.toggle_hit(reference, settings, ViewerEvent(41, 22))
    assert measured.removed_hits(shown) == (9,)
    measured.toggle_hit(reference, settings, ViewerEvent(25, 20))
    assert measured.removed_hits(shown) == (9,)
    measured.toggle_hit(reference, settings, ViewerEvent(9, 20))
    assert measured.removed_hits(shown) == (7, 9)
    measured.toggle_hit(reference, settings, ViewerEvent(41, 22))
    assert measured.removed_hits(shown) == (7,)
    measured.restore_hits(measured.identity(shown))
    assert measured.removed_hits(shown) == ()


def test_what_was_corrected_since_is_measured_anew() -> None:
    drawn = analysis_of(np.pad(np.ones((8, 8), np.uint8), 8))
    state = begin(drawn)
    state.ids[10:12, 10:12] = 0
    assert measured.identity(corrected(drawn, state)) != measured.identity(drawn)


def png(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.png", b"", "empty.png"),
        ("other.png", png(np.zeros((8, 8), np.uint8)), "8 x 8 px"),
        ("text.tif", b"no image", "text.tif"),
    ],
)
def test_a_reference_that_is_none_is_refused_in_a_sentence(
    particles: AppTest, name: str, data: bytes, said: str
) -> None:
    app = by_key(particles.file_uploader, "reference-").upload(name, data, "image/png").run()
    assert not app.exception
    assert said in texts(app) and "Traceback" not in texts(app)
    assert app.metric[0].value.endswith(" nm")


@pytest.mark.parametrize("typed", ["abc", "1e400"])
def test_a_pixel_size_that_none_has_is_refused_in_a_sentence(
    particles: AppTest, typed: str
) -> None:
    before = particles.metric[0].value
    app = by_key(particles.text_input, "pixel").set_value(typed).run()
    app = finish(finish(app), "measure")
    assert not app.exception
    assert len(app.warning) + len(app.error) == 1
    assert app.metric[0].value == before


def test_segment_tells_the_g_of_measure() -> None:
    drawn = np.zeros((300, 300), np.uint8)
    for first in (28, 29, 30):
        drawn[first::30] = drawn[:, first::30] = 1
    card = card_of("grain", "grain boundary", objects=0, boundary=1)
    analysis = analysis_of(drawn, 1000.0, card=card)
    lines = intercepts_of(
        analysis.micrograph, card, analysis.segmentation, analysis.object_settings
    )
    rows = results._grain_size(replace(analysis, intercepts=lines))
    number = field.measure_field(analysis).quantity("g_lines")
    assert rows["Grain size, ASTM G"] == (
        f"{value_in_words(number)} (95 %: {interval_in_words(number)}; after ASTM E112, Heyn's "
        "lines, 390 intercepts)"
    )
