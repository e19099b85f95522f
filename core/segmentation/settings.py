"""What a user may choose about a segmentation."""

from __future__ import annotations

from dataclasses import dataclass

MULTIPLE_PX = 32


@dataclass(frozen=True)
class TileSettings:
    """How an image is cut for the network: ``side_px`` and ``overlap_px``, multiples of 32.

    The defaults are measured: on fields of 2048 px unlike its training images the model
    `particles` labels 99.5 % of the pixels as in one piece; with 512 and 128 px it was 95 %.
    """

    side_px: int = 1024
    overlap_px: int = 384

    def halved(self) -> TileSettings:
        """Return tiles of half the side, or the smallest, with no more than half of it shared."""
        side = max(MULTIPLE_PX, self.side_px // 2 // MULTIPLE_PX * MULTIPLE_PX)
        shared = side // 2 // MULTIPLE_PX * MULTIPLE_PX
        return TileSettings(side, min(self.overlap_px, shared))


@dataclass(frozen=True)
class ObjectSettings:
    """How regions of a phase become objects.

    ``split``: 0 keeps touching objects together, 1 separates at the slightest neck.
    ``minimum_area_px``: smaller objects are dropped. ``fill_holes``: holes inside an object belong
    to it. ``keep_annotations``: objects in burnt-in writing and scale bars count too.
    """

    split: float = 0.5
    minimum_area_px: int = 20
    fill_holes: bool = True
    keep_annotations: bool = False
