"""The random forest: two textures of one mean grey level, told apart from a few marked pixels."""

from dataclasses import replace

import numpy as np
import pytest

from core.analysis.analyse import analyse
from core.errors import Cancelled, DataError, ModelError
from core.segmentation.engines.forest_engine import features_of, fit
from core.segmentation.forest import pixel_forest
from core.segmentation.forest.example_strokes import correcting_stroke, example_strokes
from core.segmentation.forest.marks import Marks, marks_of, named_phases
from core.segmentation.forest.pixel_forest import FeatureBands, ForestSettings, fit_forest
from core.segmentation.forest.strokes import draw_strokes
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize
from models import zoo

PHASES = named_phases(["smooth", "rough"])
CARD = zoo.card("random-forest")
FEW = ForestSettings(trees=12)


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    """Rough right of a slanting line."""
    rows, columns = np.mgrid[:160, :200]
    return (columns + 0.3 * rows > 120).astype(np.uint8)


@pytest.fixture(scope="module")
def micrograph(truth) -> Micrograph:
    """Both textures have mean 0.5, so no threshold tells them apart."""
    noise = np.random.default_rng(4).standard_normal(truth.shape)
    pixels = 0.5 + noise * np.where(truth == 1, 0.12, 0.02)
    return Micrograph(pixels.clip(0, 1), "textures.png", "d1", PixelSize(2.0, "typed by user"))


@pytest.fixture(scope="module")
def marks(truth) -> Marks:
    """Two squares of 10 x 10 px: 200 marked pixels."""
    values = np.zeros(truth.shape, np.uint8)
    values[60:70, 30:40], values[90:100, 160:170] = 1, 2
    return marks_of(values, PHASES)


def test_two_textures_are_told_apart_from_200_pixels(micrograph, truth, marks):
    analysis = analyse(micrograph, fit(CARD, micrograph, marks))
    made = analysis.segmentation
    # Within 3 px of the line nobody could tell; that is 4 % of the image.
    assert (made.labels == truth).mean() > 0.93
    assert made.phases == PHASES == analysis.card.phases
    np.testing.assert_allclose(made.probabilities.astype(float).sum(0), 1, atol=2e-3)
    assert len(np.unique(made.probabilities)) > 10
    assert len(analysis.table) >= 1 and analysis.card.objects_phase == 1
    assert analysis.forest_training.marks.pixels_of_phases() == {"smooth": 100, "rough": 100}


def test_the_same_marks_give_the_same_forest_and_others_another_digest(micrograph, marks):
    first, second = (analyse(micrograph, fit(CARD, micrograph, marks, FEW)) for _ in range(2))
    np.testing.assert_array_equal(
        first.segmentation.probabilities, second.segmentation.probabilities
    )
    assert first.segmentation.digest == second.segmentation.digest
    more = marks.values.copy()
    more[0, 0] = 1
    renamed = marks_of(marks.values, named_phases(["a", "b"]))
    digests = {first.segmentation.digest}
    for other in (marks_of(more, PHASES), renamed):
        digests.add(analyse(micrograph, fit(CARD, micrograph, other, FEW)).segmentation.digest)
    seeded = fit(CARD, micrograph, marks, replace(FEW, seed=1))
    assert len({*digests, analyse(micrograph, seeded).segmentation.digest}) == 4


def test_band_by_band_is_the_same_as_whole(monkeypatch, micrograph, marks):
    whole = features_of(micrograph)
    assert whole.bands == [(0, 160)]
    monkeypatch.setattr(pixel_forest, "BAND_PIXELS", 70 * 200)
    banded = FeatureBands(whole.grey)
    assert banded.bands == [(0, 70), (70, 140), (140, 160)]
    joined = np.concatenate([banded.band(index) for index in range(3)])
    np.testing.assert_allclose(joined, whole.band(0), atol=2e-6)
    ours, theirs = (
        fit_forest(bands, marks, FEW).probabilities(bands).argmax(0) for bands in (banded, whole)
    )
    # Where two trees' worth of votes are even, the last bit of a sum may decide.
    assert (ours == theirs).mean() > 0.998


def test_a_large_phase_does_not_outvote_a_small_one(micrograph, truth):
    values = np.where(truth == 0, 1, 0).astype(np.uint8)
    values[90:100, 160:165] = 2
    settings = replace(FEW, pixels_of_a_phase=300)
    bands = features_of(micrograph)
    forest = fit_forest(bands, marks_of(values, PHASES), settings)
    assert forest.forest.estimators_[0].tree_.n_node_samples[0] <= 350
    found = forest.probabilities(bands).argmax(0)
    assert (found == truth)[truth == 1].mean() > 0.9


def test_progress_is_told_and_a_cancel_stops(monkeypatch, micrograph, marks):
    monkeypatch.setattr(pixel_forest, "CHUNK_PIXELS", 200 * 40)
    engine, calls = fit(CARD, micrograph, marks, FEW), []
    analyse(micrograph, engine, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(0, 160), (40, 160), (80, 160), (120, 160), (160, 160)]

    def stop(done: int, total: int) -> None:
        if done == 80:
            raise Cancelled

    with pytest.raises(Cancelled):
        analyse(micrograph, engine, progress=stop)


def test_an_info_bar_teaches_nothing_and_gets_nothing(micrograph, marks):
    with_bar = replace(micrograph, info_bar_rows=20)
    values = marks.values.copy()
    values[150:, :100] = 2
    ours = analyse(with_bar, fit(CARD, with_bar, marks_of(values, PHASES), FEW))
    theirs = analyse(with_bar, fit(CARD, with_bar, marks, FEW))
    np.testing.assert_array_equal(ours.segmentation.labels, theirs.segmentation.labels)
    assert not ours.segmentation.labels[140:].any()


def test_another_image_is_resampled_to_the_pixel_size_of_the_marked_one(micrograph, truth, marks):
    engine = fit(CARD, micrograph, marks, FEW)
    assert engine.card.pixel_size_nm == 2.0
    pixels = np.repeat(np.repeat(micrograph.pixels, 2, 0), 2, 1)
    finer = Micrograph(pixels, "finer.png", "d2", PixelSize(1.0, "typed by user"))
    labels = analyse(finer, engine).segmentation.labels
    assert labels.shape == (320, 400)
    assert (labels[::2, ::2] == truth).mean() > 0.93


def test_a_phase_that_nothing_was_marked_of_is_found_nowhere(micrograph, marks):
    three = marks_of(marks.values, named_phases(["smooth", "rough", "crack"]))
    made = analyse(micrograph, fit(CARD, micrograph, three, FEW)).segmentation
    assert made.probabilities.shape[0] == 3 and not made.probabilities[2].any()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda values: values * 0, "Nothing is marked"),
        (lambda values: values * (values == 2), "Only 'rough' is marked"),
        (lambda values: values + (values == 2), "hold the value 3 and there are 2 phases"),
        (lambda values: values[:, 1:], "199 x 160 px and textures.png is 200 x 160 px"),
    ],
)
def test_what_is_wrong_with_the_marks_is_said(micrograph, marks, change, words):
    with pytest.raises(DataError, match=words):
        fit(CARD, micrograph, marks_of(change(marks.values), PHASES))


def test_without_marks_there_is_no_engine():
    with pytest.raises(ModelError, match="--marks"):
        zoo.load("random-forest")


def test_example_strokes_lie_inside_their_phases(truth):
    strokes = example_strokes(truth, 3)
    assert [stroke.phase for stroke in strokes] == [0, 0, 1, 1]
    values = draw_strokes(strokes, truth.shape)
    for phase in (0, 1):
        marked = values == phase + 1
        assert 100 < marked.sum() < 1000 and (truth[marked] == phase).all()
    assert example_strokes(truth, 3) == strokes


def test_a_correcting_stroke_lies_where_the_labels_are_wrong(truth):
    found = truth.copy()
    found[20:50, 20:40], found[100:104, 20:24] = 1, 1
    stroke = correcting_stroke(truth, found)
    values = draw_strokes([stroke], truth.shape)
    assert stroke.phase == 0 and (values[20:50, 20:40] == 1).any()
    assert correcting_stroke(truth, truth) is None
