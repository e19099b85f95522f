"""Micrographs with a scale bar whose length is known: noise, a bar, and its label."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.segmentation.annotations.drawn_marks import Box

FONT = Path("core/figures/fonts/SourceSansPro-Regular.ttf")
SHAPE = (400, 600)


@dataclass(frozen=True)
class Drawn:
    """``pixels``: (H, W) in [0, 1]. ``label``: the box around the writing."""

    pixels: np.ndarray
    label: Box


def micrograph(level: float = 0.5, noise: float = 0.04) -> Image.Image:
    """Return grey noise as an image to draw on."""
    grey = np.clip(np.random.default_rng(7).normal(level, noise, SHAPE), 0, 0.95)
    return Image.fromarray(np.rint(255 * grey).astype(np.uint8))


def pixels_of(image: Image.Image) -> np.ndarray:
    """Return an image as (H, W) in [0, 1]."""
    return np.asarray(image, np.float32) / 255


def rectangle(image: Image.Image, top: int, left: int, height: int, width: int, ink: int) -> None:
    """Fill a rectangle."""
    place = (left, top, left + width - 1, top + height - 1)
    ImageDraw.Draw(image).rectangle(place, fill=ink)


def write(image: Image.Image, text: str, at: tuple[float, float], anchor: str, ink: int) -> Box:
    """Write at (x, y), as Pillow anchors text; return the box around it."""
    font = ImageFont.truetype(str(FONT), 30)
    pen = ImageDraw.Draw(image)
    pen.text(at, text, ink, font, anchor)
    x0, y0, x1, y1 = (round(side) for side in pen.textbbox(at, text, font, anchor))
    return Box(y0, x0, y1 - y0, x1 - x0)


def draw(
    text: str,
    image: Image.Image | None = None,
    *,
    left: int = 60,
    top: int = 340,
    length: int = 120,
    below: bool = False,
    ink: int = 255,
    plate: int | None = None,
) -> Drawn:
    """Return a bar of ``length`` px at (``top``, ``left``), its label above it or ``below`` it.

    ``plate``: grey of a rectangle behind both.
    """
    image = image or micrograph()
    if plate is not None:
        rectangle(image, top - 50, left - 15, 100, length + 30, plate)
    rectangle(image, top, left, 7, length, ink)
    at = (left + length / 2, top + 12 if below else top - 4)
    label = write(image, text, at, "ma" if below else "md", ink)
    return Drawn(pixels_of(image), label)
