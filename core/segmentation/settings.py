"""What a user may choose about a segmentation."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.types.model_card import ModelCard

MULTIPLE_PX = 32
MOST_BYTES, EMPTY_BYTES = 1.45e9, 0.2e9
"""Memory that an image may be segmented in, and of a process that has done nothing yet."""
TILE_BYTES, IMAGE_BYTES = 260, 42
"""Of a pixel of a tile in OpenVINO, and of an image with what is made of it, at their peak."""

TOGETHER_PX = 8_000_000
"""Up to here what is found of one image is found at once, in the memory of all of it."""


@dataclass(frozen=True)
class TileSettings:
    """How an image is cut for the network: the largest ``side_px`` of a tile and the ``overlap_px``
    of two, multiples of 32; None = as far as the model looks, which its card says.

    The memory of a network grows with them; :func:`tiles_for` says how large they may be.
    """

    side_px: int = 1088
    overlap_px: int | None = None

    def shared_px(self, card: ModelCard) -> int:
        """Return how many pixels two tiles of a model share."""
        return card.overlap_px if self.overlap_px is None else self.overlap_px

    def halved(self, card: ModelCard) -> TileSettings:
        """Return tiles of half the side, or the smallest, with no more than half of it shared."""
        side = max(MULTIPLE_PX, self.side_px // 2 // MULTIPLE_PX * MULTIPLE_PX)
        return TileSettings(side, min(self.shared_px(card), side // 2 // MULTIPLE_PX * MULTIPLE_PX))


def tiles_for(shape: tuple[int, int], backend: str) -> TileSettings:
    """Return the tiles of an image (H, W): the largest with which it is segmented in 1.5 GB, since
    what two tiles share is computed twice. ``backend``: that runs the network; others than OpenVINO
    need more memory for a tile, and get the usual ones."""
    usual = TileSettings()
    if backend != "openvino":
        return usual
    left = MOST_BYTES - EMPTY_BYTES - IMAGE_BYTES * math.prod(shape)
    side = math.isqrt(max(0, round(left / TILE_BYTES))) // MULTIPLE_PX * MULTIPLE_PX
    return TileSettings(max(usual.side_px, side))


@dataclass(frozen=True)
class ObjectSettings:
    """How regions of a phase become objects.

    ``split``: 0 keeps touching objects together, 1 separates at the slightest neck. Pieces are
    as sure as what they were cut from, so none is lost to ``minimum_confidence`` by a larger one.
    ``minimum_area_px``: smaller objects are dropped. ``fill_holes``: holes inside an object belong
    to it. ``keep_annotations``: objects in burnt-in writing and scale bars count too.
    ``minimum_confidence``: objects below it do not count, of a model that tells how sure it is of
    each; below the default 46 of 49 were wrong or doubtful on the validation images of EMPS (IoU
    under 0.75 with what was traced). 0 counts every object, also where the image seems to hold none
    (``least_mean`` of :class:`core.types.model_card.ObjectConfidence`). ``at_grey_edge``: outlines
    go where the grey level changes fastest
    (:func:`core.segmentation.objects.grey_edges.move_outlines`), not where the model draws them.
    ``keep_second_phase``: the outlines of particles among grains count as borders too, of a model
    that tells a second phase from grain boundaries (:mod:`core.segmentation.grains.second_phase`).
    """

    split: float = 0.5
    minimum_area_px: int = 20
    fill_holes: bool = True
    keep_annotations: bool = False
    minimum_confidence: float = 0.35
    at_grey_edge: bool = False
    keep_second_phase: bool = False
