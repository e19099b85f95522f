"""What authors paint over their micrographs: letters, numbers, arrows, scale bars, frames."""

from __future__ import annotations

import string

import numpy as np
from PIL import Image, ImageDraw, ImageFont

UNITS = ("nm", "um", " nm", " um")


def annotate(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return ``image`` (H, W) float32 in [0, 1] with one to four annotations painted over it."""
    page = Image.fromarray(np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8))
    draw = ImageDraw.Draw(page)
    for _ in range(int(random.integers(1, 5))):
        kind = (_letter, _scale_bar, _arrow, _frame)[random.choice(4, p=(0.4, 0.3, 0.2, 0.1))]
        kind(draw, random, page.size, 255 if random.random() < 0.6 else 0)
    return np.asarray(page, np.float32) / 255


def _font_px(random: np.random.Generator, size: tuple[int, int]) -> int:
    return int(random.integers(9, max(12, min(size) // 6)))


def _letter(
    draw: ImageDraw.ImageDraw, random: np.random.Generator, size: tuple[int, int], ink: int
) -> None:
    letter = random.choice([*string.ascii_letters, *string.digits])
    text = random.choice([letter, f"({letter})", f"{letter})", f"{letter}{random.integers(1, 9)}"])
    place = (random.uniform(0, size[0] * 0.85), random.uniform(0, size[1] * 0.85))
    font = ImageFont.load_default(_font_px(random, size))
    if random.random() < 0.3:
        draw.rectangle(draw.textbbox(place, str(text), font), fill=255 - ink)
    draw.text(place, str(text), ink, font)


def _scale_bar(
    draw: ImageDraw.ImageDraw, random: np.random.Generator, size: tuple[int, int], ink: int
) -> None:
    length, thick = random.uniform(0.1, 0.5) * size[0], random.integers(2, 9)
    left = random.uniform(0, size[0] - length)
    top = random.uniform(0.05, 0.95) * size[1]
    if random.random() < 0.2:
        draw.rectangle([left - 6, top - 24, left + length + 6, top + 2 * thick], fill=255 - ink)
    draw.rectangle([left, top, left + length, top + thick], fill=ink)
    if random.random() < 0.3:
        for end in (left, left + length):
            draw.line([end, top - 2 * thick, end, top + 3 * thick], fill=ink, width=2)
    if random.random() < 0.7:
        font_px = _font_px(random, size)
        text = f"{random.choice((1, 2, 5, 10, 20, 50, 100, 200, 500))}{random.choice(UNITS)}"
        draw.text(
            (left + 0.2 * length, top - 1.3 * font_px), text, ink, ImageFont.load_default(font_px)
        )


def _arrow(
    draw: ImageDraw.ImageDraw, random: np.random.Generator, size: tuple[int, int], ink: int
) -> None:
    tip = random.uniform(0.1, 0.9, 2) * size
    angle, length = random.uniform(0, 2 * np.pi), random.uniform(0.06, 0.25) * size[0]
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    width = int(random.integers(1, 6))
    head = (3 + 2 * width) * random.uniform(0.8, 1.3)
    draw.line([*(tip - along * head), *(tip - along * length)], fill=ink, width=width)
    corners = [tip, tip - along * head + across * head / 2, tip - along * head - across * head / 2]
    draw.polygon([tuple(corner) for corner in corners], fill=ink)


def _frame(
    draw: ImageDraw.ImageDraw, random: np.random.Generator, size: tuple[int, int], ink: int
) -> None:
    left, top = random.uniform(0, 0.7, 2) * size
    right, bottom = np.array([left, top]) + random.uniform(0.15, 0.6, 2) * size
    shape = draw.rectangle if random.random() < 0.7 else draw.ellipse
    shape([left, top, right, bottom], outline=ink, width=int(random.integers(1, 4)))
