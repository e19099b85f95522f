"""A micrograph with its phases laid over it and a scale bar burnt in, for files and reports."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.figures.size_histogram import round_length
from core.palette import rgb
from core.types.pixel_size import PixelSize
from core.types.segmentation import Phase

LONGEST_BAR = 0.25
SMALLEST_WITH_BAR_PX = 64
# Source Sans, as in the app. Pillow's own font has no \N{MICRO SIGN} and draws an empty box.
FONT = Path(__file__).with_name("fonts") / "SourceSansPro-Regular.ttf"
UNITS = (("mm", 1e6), ("\N{MICRO SIGN}m", 1e3), ("nm", 1.0), ("pm", 1e-3))


@dataclass(frozen=True)
class ScaleBar:
    """``length_px``: not rounded. ``label``: such as "200 nm"."""

    length_px: float
    label: str


def overlay(
    pixels: np.ndarray,
    labels: np.ndarray,
    phases: Sequence[Phase],
    objects: np.ndarray | None = None,
    opacity: float = 0.35,
    transparent: Collection[int] = (0,),
) -> np.ndarray:
    """Tint each phase and draw outlines, of the objects where they are given, else of the phases.

    ``pixels``: (H, W) in [0, 1]. ``labels``: (H, W) class indices. ``objects``: (H, W) ids, 0 =
    none. ``opacity``: 0 (outlines alone) to 1. ``transparent``: phases without tint and outline.
    Returns (H, W, 3) uint8.
    """
    grey = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    picture = np.repeat(grey[..., None], 3, axis=2)
    bounds = _inner_bounds(labels) if objects is None else _inner_bounds(objects) & (objects > 0)
    for index, phase in enumerate(phases):
        if index in transparent:
            continue
        here, color = labels == index, rgb(phase.color)
        tinted = (1 - opacity) * picture[here] + opacity * color.astype(np.float32)
        picture[here] = np.rint(tinted).astype(np.uint8)
        picture[here & bounds] = color
    return picture


def scale_bar(width_px: int, pixel_size: PixelSize) -> ScaleBar:
    """Choose the longest bar of 1, 2 or 5 times a power of ten within a quarter of the width."""
    length = round_length(LONGEST_BAR * width_px * pixel_size.nm)
    unit, nm = next(unit for unit in UNITS if length >= unit[1] * (1 - 1e-9) or unit is UNITS[-1])
    return ScaleBar(length / pixel_size.nm, f"{length / nm:.4g} {unit}")


def draw_scale_bar(
    picture: np.ndarray, pixel_size: PixelSize, info_bar_rows: int = 0
) -> np.ndarray:
    """Return ``picture`` with a scale bar in the lower right corner, above the info bar.

    White on a black box, so that it can be read on any image. ``picture``: (H, W, 3) uint8. Images
    of less than 64 px have no room for one and come back as they are.
    """
    height, width = picture.shape[0] - info_bar_rows, picture.shape[1]
    if min(height, width) < SMALLEST_WITH_BAR_PX:
        return picture.copy()
    bar = scale_bar(width, pixel_size)
    font = ImageFont.truetype(FONT, max(11, round(min(height, width) * 0.035)))
    left, top, right, bottom = (round(side) for side in font.getbbox(bar.label))
    pad, thick, length = max(4, height // 100), max(2, height // 150), round(bar.length_px)
    box_width = max(length, right - left) + 2 * pad
    box_height = bottom - top + thick + 3 * pad
    x, y = width - box_width - pad, height - box_height - pad
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    draw.rectangle([x, y, x + box_width - 1, y + box_height - 1], fill="black")
    text_x = x + (box_width - (right - left)) // 2 - left
    draw.text((text_x, y + pad - top), bar.label, fill="white", font=font)
    bar_x, bar_y = x + (box_width - length) // 2, y + box_height - pad - thick
    draw.rectangle([bar_x, bar_y, bar_x + length - 1, bar_y + thick - 1], fill="white")
    return np.asarray(image)


def _inner_bounds(values: np.ndarray) -> np.ndarray:
    """Return where a 4-neighbour has another value, (H, W) bool; the edge is no bound."""
    values = values.astype(np.float32) if values.dtype == np.uint8 else values.astype(np.float64)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    return cv2.dilate(values, cross) != cv2.erode(values, cross)
