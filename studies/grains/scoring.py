"""What the page Grain boundaries computes: a short training, a scored segmentation, a distance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from core.errors import DataError
from core.evaluation.boundary_agreement import GrainAgreement, grain_agreement
from core.formats.isolation.masks import isolated_marked
from core.image_size import width_x_height
from core.measurement.grains.grain_lines import grain_lines, in_short
from core.measurement.grains.grain_size import GrainCount, Intercepts, count_grains
from core.segmentation.engines.engine import Engine
from core.segmentation.grains.merging import grains_from_probability
from core.segmentation.grains.network import boundaries, separate_grains
from core.segmentation.grains.second_phase import closing_probability
from core.segmentation.preprocessing import grey_levels
from core.segmentation.segment import predict_magnified
from core.segmentation.settings import TileSettings
from core.training.live_training import LiveTraining, train_short
from core.training.recipe import Recipe
from core.training.source import SyntheticData
from core.training.synthetic_grains import grain_data
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.progress import ProgressCallback, no_progress

LIVE_SIDE_PX = 96
SCORED_SIDE_PX = 1024
STRIDE = 32


@dataclass(frozen=True, eq=False)
class GrainResult:
    """Grains of one micrograph.

    ``grey``: (H, W) float32 in [0, 1], what was segmented. ``lines``: (H, W) bool, the closed
    network. ``reference``: the reference's, where there is one, with the ``agreement``.
    """

    grey: np.ndarray
    lines: np.ndarray
    intercepts: Intercepts
    count: GrainCount
    reference: np.ndarray | None
    agreement: GrainAgreement | None


def find_grains(
    engine: Engine, pixels: np.ndarray, reference: np.ndarray | None = None
) -> GrainResult:
    """Return the grains in the middle 1024 px of ``pixels`` (H, W) in [0, 1].

    ``reference``: (H, W) bool, True on a boundary.

    Raises:
        DataError: a reference of another shape.
        LamellaError: not enough memory.
    """
    if reference is not None and reference.shape != pixels.shape:
        raise DataError(
            f"The mask is {width_x_height(reference.shape)} px and the micrograph "
            f"{width_x_height(pixels.shape)} px; they must be the same."
        )
    top, left = (max(0, (side - SCORED_SIDE_PX) // 2) for side in pixels.shape)
    field = np.s_[top : top + SCORED_SIDE_PX, left : left + SCORED_SIDE_PX]
    # Of the whole image, as the page Segment has it.
    grey = np.ascontiguousarray(grey_levels(pixels)[field])
    found = predict_magnified(grey, engine, TileSettings())
    probability = found[engine.card.boundary_phase or 1]
    grains = grains_from_probability(closing_probability(found.__getitem__, engine.card))
    agreement, theirs = None, None
    if reference is not None:
        theirs = boundaries(separate_grains(reference[field], split=0))
        agreement = grain_agreement(reference[field], probability > 0.5, grains)
    return GrainResult(
        grey,
        boundaries(grains),
        in_short(grain_lines(grains)),
        count_grains(grains),
        theirs,
        agreement,
    )


def boundary_probability(engine: Engine, grey: np.ndarray) -> np.ndarray:
    """Return how likely each pixel of ``grey`` (H, W) in [0, 1] lies on a boundary, (H, W), as the
    page Segment has it: at the card's test-time scales."""
    phase = engine.card.boundary_phase or 1
    return predict_magnified(grey, engine, TileSettings())[phase]


def read_boundary_mask(data: bytes, name: str) -> np.ndarray:
    """Return a mask file's boundaries (H, W) bool: every value above 0.

    Raises:
        DataError: no PNG or TIFF, more than one channel, or nothing marked.
        FormatError: it crashed its reader, or took too long.
    """
    return isolated_marked(data, name, "boundary/boundaries")


def without_bars(mask: np.ndarray, micrograph: Micrograph) -> np.ndarray:
    """Return a mask (H, W) of the whole file without the rows of the micrograph's info bars; one of
    another size, such as of the image alone, as it came."""
    return mask[micrograph.image_rows] if mask.shape == micrograph.shape else mask


def train_live(
    card: ModelCard,
    recipe: Recipe,
    steps: int,
    without: tuple[str, ...] = (),
    seed: int = 1,
    progress: ProgressCallback = no_progress,
    seen: Callable[[float], None] = lambda loss: None,
) -> LiveTraining:
    """Train ``card``'s network for a few steps, without some effects of the generator.

    See ``core.training.live_training.train_short``.

    Raises:
        DataError: no steps.
    """

    def make() -> SyntheticData:
        return grain_data(without, LIVE_SIDE_PX, validation=8, train=1)

    return train_short(card, recipe, make, steps, LIVE_SIDE_PX, seed, progress, seen)


def encoder_features(engine: Engine, image: np.ndarray, stage: int = 2) -> np.ndarray:
    """Return what a stage of the encoder answers to the middle 256 px: (C, N) float32.

    ``image``: (H, W) in [0, 1]. ``stage``: 1 has half the resolution, 2 a quarter.
    """
    grey = grey_levels(image)[tuple(_middle(length) for length in image.shape)]
    if min(grey.shape) < STRIDE:
        grey = cv2.resize(grey, (STRIDE, STRIDE))
    with engine.lock, torch.inference_mode():
        maps = engine.network.get_submodule("encoder")(engine.tensor(grey[None]))[stage][0]
    return maps.flatten(1).cpu().numpy()


def _middle(length: int) -> slice:
    side = length if length < STRIDE else min(256, length - length % STRIDE)
    return slice((length - side) // 2, (length - side) // 2 + side)
