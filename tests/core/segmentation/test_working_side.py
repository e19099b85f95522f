"""Images larger than a model works at are seen reduced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.segmentation.engines.engine import Engine
from core.segmentation.segment import segment
from core.types.micrograph import Micrograph
from tests.threshold_model import CARD, threshold_network

WORKING = replace(CARD, working_side_px=200)


@pytest.mark.parametrize(
    ("shape", "scale"),
    [((100, 160), None), ((200, 200), None), ((300, 400), 0.5), ((1000, 700), 0.2)],
)
def test_only_a_longer_side_is_reduced(shape: tuple[int, int], scale: float | None) -> None:
    assert WORKING.scale_for(shape) == scale
    assert CARD.scale_for(shape) is None


def test_a_result_says_at_what_scale_the_image_was_seen() -> None:
    pixels = np.zeros((256, 400), np.float32)
    pixels[60:160, 100:300] = 1
    image = Micrograph(pixels, "rectangle", digest="rectangle")
    found = segment(image, Engine(WORKING, threshold_network(), "cpu"))
    assert found.execution.scale == 0.5
    assert "seen at 0.5 times its size" in found.execution.in_words
    assert found.labels.shape == pixels.shape
    assert np.mean(found.labels == pixels) > 0.995
    assert found.digest != segment(image, Engine(CARD, threshold_network(), "cpu")).digest
