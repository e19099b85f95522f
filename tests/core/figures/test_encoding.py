"""What a browser reads back from a picture is what was put in."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from core.figures.encoding import EncodedImage, encode_grey, encode_objects


def read(image: EncodedImage) -> np.ndarray:
    assert image.media_type == "image/png"
    return np.asarray(Image.open(io.BytesIO(image.data)))


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (201, 7)])
def test_every_grey_level_comes_back(shape: tuple[int, int]) -> None:
    levels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert np.array_equal(read(encode_grey(levels / 255)), levels)


def test_grey_levels_outside_the_range_are_its_ends() -> None:
    assert read(encode_grey(np.array([[-0.5, 0.5, 1.5]]))).tolist() == [[0, 128, 255]]


def test_every_object_comes_back_in_red_green_and_blue() -> None:
    ids = np.array([[0, 1, 255, 256], [65_535, 65_536, 1_000_000, 2**24 - 1]], np.uint32)
    channels = read(encode_objects(ids)).astype(np.uint32)
    assert np.array_equal(channels @ np.array([1, 256, 65_536], np.uint32), ids)
