"""More split, never fewer objects: pieces are as sure as the object that they were cut from."""

from dataclasses import replace

import numpy as np
import pytest

from core.segmentation.objects.confidence import object_confidence
from core.segmentation.objects.counted import confidence_of, counted_objects, find_objects
from core.segmentation.settings import ObjectSettings
from core.types.model_card import ObjectConfidence
from core.types.segmentation import Phase, Segmentation
from models.zoo.particles import CARD

# An object of which half the outline is a cut is doubtful, whatever else is known of it.
DOUBTS_CUTS = replace(CARD, object_confidence=ObjectConfidence(3, 0, 0, -12, 0, 0, 0))
PHASES = (Phase("background", "#000000"), Phase("particle", "#ffffff"))
STEPS = tuple(round(0.1 * step, 1) for step in range(11))


def in_a_row() -> Segmentation:
    """Five squares of 24 px in a row; passes of 0.2, 0.45, 0.58 and 0.7 between their middles."""
    distance, particle = np.zeros((2, 40, 140))
    particle[8:32, 10:130] = 1
    passes = (0, 0.2, 0.45, 0.58, 0.7, 0)
    at = [10 + 12 * step for step in range(11)]
    levels = [level for one in passes for level in (one, 1.0)][:11]
    distance[8:32, 10:130] = np.interp(np.arange(10, 130), at, levels)
    return Segmentation(
        labels=particle.astype(np.uint8),
        probabilities=np.stack([1 - particle, particle]).astype(np.float16),
        phases=PHASES,
        pixel_size=None,
        model="row",
        digest="row",
        contact=np.zeros((40, 140), np.float16),
        distance=distance.astype(np.float16),
    )


def test_counts_never_fall_when_split_rises():
    made, counts = in_a_row(), []
    for split in STEPS:
        settings = ObjectSettings(split, keep_annotations=True)
        pixels = made.labels.astype(np.float32)
        everything = np.ones(pixels.shape, bool)
        counts.append(
            int(counted_objects(pixels, made, DOUBTS_CUTS, settings, everything)[0].max())
        )
    # Smoothing lifts the passes against the peaks by about 0.07.
    assert counts == [1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5]


def test_pieces_are_as_sure_as_the_whole():
    made, usual = in_a_row(), ObjectSettings()
    whole = find_objects(made, 1, usual)
    sure = object_confidence(whole, made, DOUBTS_CUTS)
    assert confidence_of(whole, made, DOUBTS_CUTS, usual) == pytest.approx(sure)
    most = replace(usual, split=1)
    pieces = find_objects(made, 1, most)
    middles = [15 + 24 * step for step in range(5)]
    within = whole[20, middles]
    found = confidence_of(pieces, made, DOUBTS_CUTS, most)
    assert found[pieces[20, middles]] == pytest.approx(sure[within])
    assert object_confidence(pieces, made, DOUBTS_CUTS)[3] < 0.1 < 0.8 < sure[2]
    together = replace(usual, split=0)
    found = confidence_of(find_objects(made, 1, together), made, DOUBTS_CUTS, together)
    assert found == pytest.approx([1, sure[1:].max()])
