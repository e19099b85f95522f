"""Find the scale bar of an image, read its label, and say the pixel size: or that it is not sure.

A wrong scale is worse than none, so a reading counts only where several looks at it agree: the
label is read the same from the whole image, enlarged by itself, and as a negative; it is a round
number with a unit; one bar stands beside it; and no second label and bar say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from core.errors import LamellaError
from core.scale_bar.bar import bars_near
from core.scale_bar.label import Length, length_of
from core.scale_bar.shapes import Bar
from core.scale_bar.size import pixel_size_of_bar
from core.scale_bar.text import Reader, Text
from core.segmentation.annotations.drawn_marks import Box
from core.types.pixel_size import PixelSize
from core.types.progress import ProgressCallback, no_progress

BY_HAND = "Drag along the bar and type its length."
NOT_FOUND = f"No scale bar with a label that can be read was found. {BY_HAND}"
AMBIGUOUS = f"Several scale bars were found, and they do not agree: {{}}. {BY_HAND}"
UNSURE = f"The label {{!r}} was read in several ways. {BY_HAND}"

SEEN_PX, LARGEST_FACTOR = 1400, 2.0
"""Side that the image is enlarged to before it is first read, and by how much at most."""
LETTER_PX = 40
"""Height of the label when it is read again."""
LEAST_CONFIDENCE = 0.7
AGREE = 0.02
FEWEST_AGREEING, STEPS = 2, 6
"""Of four more looks at the label: how many must read it so; none may read another length."""
SMALLEST_NM, LARGEST_NM = 1e-3, 2e4
"""Of a pixel: of a scanning transmission and of a light microscope."""


@dataclass(frozen=True)
class ScaleBar:
    """A bar with what it is long, by its ``label``. ``shown``: the part of the image with both."""

    bar: Bar
    length: Length
    label: Box
    shown: Box

    @property
    def nm_per_px(self) -> float:
        """Width of a pixel."""
        return self.length.nm / self.bar.length_px

    @property
    def pixel_size(self) -> PixelSize:
        """It as the size of a pixel, with where it comes from."""
        return pixel_size_of_bar(self.length.nm, self.bar.length_px, self.length.in_words, "read")


def find_scale_bar(
    pixels: np.ndarray, read: Reader, progress: ProgressCallback = no_progress
) -> ScaleBar:
    """Return the scale bar of an image. ``pixels``: (H, W) in [0, 1], its info bars included.

    Raises:
        LamellaError: there is none, or what there is cannot be trusted.
    """
    progress(0, STEPS)
    grey = np.clip(pixels, 0, 1).astype(np.float32)
    for step, factor in enumerate(_factors(grey.shape), start=1):
        found = list(_candidates(grey, _read_whole(grey, factor, read)))
        progress(step, STEPS)
        if found:
            break
    if not found:
        raise LamellaError(NOT_FOUND)
    best = found[0]
    if any(abs(one.nm_per_px / best.nm_per_px - 1) > AGREE for one in found):
        said = ", ".join(
            sorted({f"{one.length.in_words} = {one.bar.length_px:.0f} px" for one in found})
        )
        raise LamellaError(AMBIGUOUS.format(said))
    agreeing = 0
    for step, part in enumerate(_looks(grey, best.label), start=3):
        again = length_of(read.line(part))
        if again is not None and again.nm != best.length.nm:
            raise LamellaError(UNSURE.format(best.length.in_words))
        agreeing += again is not None
        progress(step, STEPS)
    if agreeing < FEWEST_AGREEING:
        raise LamellaError(UNSURE.format(best.length.in_words))
    return best


def _factors(shape: tuple[int, ...]) -> tuple[float, ...]:
    """Return by how much an image is enlarged to be read: small letters need it, of large ones the
    networks see too little then."""
    factor = min(LARGEST_FACTOR, SEEN_PX / max(shape))
    return (factor, 1.0) if factor > 1 else (1.0,)


def _read_whole(grey: np.ndarray, factor: float, read: Reader) -> tuple[Text, ...]:
    return tuple(_shrunk(one, factor) for one in read.lines(_enlarged(grey, factor)))


def _looks(grey: np.ndarray, label: Box) -> list[np.ndarray]:
    """Return the label enlarged, and its negative, each with little and with much room at its
    sides: what was cut off, such as the 2 of 200 nm, shows where there is room."""
    found = []
    for room in (0.2, 0.7):
        across = round(room * label.height)
        columns = slice(max(label.left - across, 0), label.right + across)
        part = grey[max(label.top, 0) : label.bottom, columns]
        found += [_enlarged(one, LETTER_PX / label.height) for one in (part, 1 - part)]
    return found


def _enlarged(grey: np.ndarray, factor: float) -> np.ndarray:
    bytes_ = np.rint(grey * 255).astype(np.uint8)
    return cv2.resize(bytes_, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def _shrunk(text: Text, factor: float) -> Text:
    top, left, height, width = text.box.top, text.box.left, text.box.height, text.box.width
    sides = (round(side / factor) for side in (top, left, height, width))
    return Text(text.words, text.confidence, Box(*sides))


def _candidates(grey: np.ndarray, texts: tuple[Text, ...]) -> Iterator[ScaleBar]:
    for text in texts:
        length = length_of(text.words)
        if length is None or text.confidence < LEAST_CONFIDENCE:
            continue
        for bar in bars_near(grey, text.box):
            if SMALLEST_NM <= length.nm / bar.length_px <= LARGEST_NM:
                yield ScaleBar(bar, length, text.box, _part(grey.shape, text.box, bar))


def _part(shape: tuple[int, ...], label: Box, bar: Bar) -> Box:
    """Return the part of an image with a label and its bar, and some room around them."""
    room = label.height
    top = max(0, min(label.top, bar.top) - room)
    bottom = min(shape[0], max(label.bottom, bar.bottom) + room)
    left = max(0, min(label.left, int(bar.left)) - room)
    right = min(shape[1], max(label.right, int(bar.right) + 1) + room)
    return Box(top, left, bottom - top, right - left)
