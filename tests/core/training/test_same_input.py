"""Training and inference give a network the same image of one file, info bar or not."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.classification.data import ClassFolder, read_images
from core.evaluation.evaluation import evaluate
from core.formats import read_file
from core.inspection.subject import Expected, open_subject
from core.segmentation.engines.engine import Engine
from core.segmentation.out_of_distribution import network_statistics
from core.segmentation.preprocessing import eight_bit, image_field
from core.segmentation.segment import segment
from core.training.dataset import read_pair
from core.types.pixel_size import PixelSize
from research.ranges import training_ranges
from tests.core.training.test_training import CARD, SMALL, Pixelwise

BAR_ROWS = 20


@pytest.fixture
def files(tmp_path):
    """A dark micrograph above a white info bar, which would set the grey levels of the whole."""
    random = np.random.default_rng(0)
    pixels = random.integers(40, 90, (128, 96)).astype(np.uint8)
    pixels[-BAR_ROWS:] = 255
    pixels[-14:-6, 10:90:8] = 0  # its writing
    labels = np.zeros((128, 96), np.uint8)
    labels[10:40, 20:60] = 1
    labels[-5:] = 1
    image, mask = tmp_path / "images" / "one.png", tmp_path / "masks" / "one.png"
    for path, values in ((image, pixels), (mask, labels)):
        path.parent.mkdir()
        Image.fromarray(values).save(path)
    return image, mask


class Seen(Pixelwise):
    """Keeps what it is given."""

    def forward(self, x):
        self.image = x[0, 0].detach().cpu().numpy()
        return super().forward(x)


def test_training_sees_the_pixels_that_segmentation_sees(files):
    micrograph = read_file(files[0])
    assert micrograph.info_bar_rows == BAR_ROWS
    pair = read_pair(*files, SMALL, phases=2)
    assert pair.image.shape == pair.labels.shape == (128 - BAR_ROWS, 96)
    assert pair.labels.sum() == 30 * 40
    card = replace(CARD, mean=0.0, std=1.0)
    engine = Engine(card, Seen().eval(), "cpu")
    segment(micrograph, engine)
    seen = engine.network.image[:108, :96]
    np.testing.assert_allclose(seen, pair.image / 255, atol=0.5 / 255 + 1e-6)


def test_inspection_classification_and_warnings_see_them_too(files):
    micrograph, pair = read_file(files[0]), read_pair(*files, SMALL, phases=2)
    subject = open_subject(micrograph, Pixelwise(), Expected(), "pixelwise")
    np.testing.assert_array_equal(eight_bit(subject.pixels), pair.image)
    images = read_images(ClassFolder(""), files[0].parents[1], 0)
    np.testing.assert_array_equal(images[0].grey, pair.image)
    found = network_statistics(micrograph)
    for known in training_ranges([pair]):
        assert getattr(found, known.name) == pytest.approx(known.low, rel=0.02, abs=0.02)


def test_a_pixel_size_far_from_that_of_training_is_clipped_everywhere_alike(files):
    micrograph = replace(read_file(files[0]), pixel_size=PixelSize(100.0, "test"))
    assert image_field(micrograph, 1.0).grey.shape == (4 * 108, 4 * 96)
    subject = open_subject(
        micrograph, Pixelwise(), Expected(pixel_size_nm=1.0), "pixelwise", side=4096
    )
    assert subject.shape == (4 * 108, 4 * 96) and subject.field.box.size == (108, 96)
    pair = read_pair(*files, SMALL, phases=2, pixel_size_nm=1.0)
    # The file itself has no pixel size.
    assert pair.image.shape == (108, 96)


def test_an_info_bar_is_not_scored(files):
    engine = Engine(CARD, Pixelwise().eval(), "cpu")
    (scored,) = evaluate(engine, files[0].parent, files[1].parent, "instances").images
    assert scored.confusion.sum() == 108 * 96
    assert scored.confusion[1].sum() == 30 * 40
