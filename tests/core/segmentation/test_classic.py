"""Classic methods on images whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from skimage.filters import threshold_multiotsu

from core.analysis.analyse import analyse
from core.errors import ModelError
from core.measurement.agreement import confusion_matrix, intersection_over_union
from core.segmentation.classic import gradient_watershed, local_threshold, multi_otsu, otsu
from core.segmentation.out_of_distribution import ONE_GREY_LEVEL
from core.synthesis.samples import samples
from core.types.micrograph import Micrograph
from models import classic, zoo
from models.weights_file import trained

# The random forest learns first; tests/core/segmentation/forest/test_pixel_forest.py teaches it.
METHODS = [card for card in classic.CARDS if not card.needs_marks]


@pytest.fixture
def discs() -> np.ndarray:
    """Six discs of radius 12 px."""
    rows, columns = np.mgrid[:160, :240]
    mask = np.zeros((160, 240), bool)
    for row in (40, 120):
        for column in (40, 120, 200):
            mask |= (rows - row) ** 2 + (columns - column) ** 2 <= 144
    return mask


def overlap(reference: np.ndarray, labels: np.ndarray) -> float:
    return intersection_over_union(confusion_matrix(reference.astype(np.uint8), labels, 2))[1]


@pytest.mark.parametrize("method", [otsu, local_threshold, gradient_watershed])
@pytest.mark.parametrize("bright", [True, False])
def test_discs_are_found_whether_they_are_bright_or_dark(method, bright, discs):
    grey = np.where(discs == bright, 0.7, 0.3)
    grey = grey + np.random.default_rng(2).normal(0, 0.03, grey.shape)
    assert overlap(discs, method(grey.astype(np.float32))) > 0.9


def test_only_the_local_threshold_stands_a_slope_in_brightness(discs):
    slope = np.linspace(0, 0.8, discs.shape[1])[None]
    grey = (0.1 + slope + 0.15 * discs).astype(np.float32)
    assert overlap(discs, local_threshold(grey)) > 0.8
    assert overlap(discs, otsu(grey)) < 0.4


def test_gradient_watershed_puts_the_border_on_the_edge_and_not_on_the_threshold():
    # A ramp from 0 to 0.5, then a step to 1 at column 60: Otsu cuts at the same step, but a
    # threshold of the mean would cut the ramp.
    grey = np.concatenate([np.linspace(0, 0.3, 60), np.full(40, 1.0)])[None].repeat(50, 0)
    found = gradient_watershed(grey.astype(np.float32))
    assert np.array_equal(np.flatnonzero(np.diff(found[25].astype(int))), [59])


def test_multi_otsu_is_that_of_scikit_image_from_dark_to_bright():
    grey = np.repeat([0.1, 0.5, 0.9], 100).reshape(3, 100).astype(np.float32)
    assert multi_otsu(grey).tolist() == [[0] * 100, [1] * 100, [2] * 100]
    noisy = np.random.default_rng(1).random((64, 64))
    first, second = threshold_multiotsu(noisy, 3)
    assert np.array_equal(multi_otsu(noisy), (noisy >= first) * 1 + (noisy >= second))


@pytest.mark.parametrize("card", METHODS, ids=lambda card: card.name)
@pytest.mark.parametrize("shape", [(16, 16), (33, 70)])
@pytest.mark.parametrize("values", ["constant", "noise"])
def test_every_method_takes_any_image(card, shape, values):
    random = np.random.default_rng(0)
    grey = np.full(shape, 0.5) if values == "constant" else random.random(shape)
    labels = card.method(grey.astype(np.float32))
    assert labels.shape == shape and labels.dtype == np.uint8
    assert labels.max() < len(card.phases)
    assert values == "noise" or labels.max() == 0


def test_a_method_goes_the_same_way_as_a_network_and_whole_images_are_not_cut():
    calls = []
    sample = next(one for one in samples() if one.name == "gold-tem").build()
    engine = zoo.load("otsu")
    made = analyse(
        sample.micrograph, engine, progress=lambda done, total: calls.append((done, total))
    )
    assert calls == [(0, 1), (1, 1)]
    assert overlap(sample.labels == 1, made.segmentation.labels) > 0.8
    assert len(made.table) > 20 and made.warnings == ()


def test_two_methods_on_one_image_do_not_share_a_digest():
    image = Micrograph(np.random.default_rng(5).random((40, 40)), "noise", "digest")
    digests = {analyse(image, zoo.load(card.name)).segmentation.digest for card in METHODS}
    assert len(digests) == len(METHODS)


def test_a_method_has_no_network_no_recipe_and_is_not_called_untrained():
    card = zoo.card("otsu")
    assert not card.untrained
    with pytest.raises(ModelError, match="no network; choose a trained model"):
        trained(card)
    with pytest.raises(ModelError, match="not trained; it has no recipe"):
        zoo.recipe("otsu")


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_an_image_of_one_grey_level_is_said_in_one_sentence(value: float) -> None:
    pixels = np.full((64, 80), value, np.float32)
    pixels[-10:] = 1
    image = Micrograph(pixels, "flat.tif", "flat", info_bar_rows=10)
    found = analyse(image, zoo.load("otsu"))
    assert found.warnings == (ONE_GREY_LEVEL,)
    assert replace(found, doubts=("Nothing like it.",)).reasons_to_doubt == (ONE_GREY_LEVEL,)
