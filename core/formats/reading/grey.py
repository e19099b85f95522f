"""From samples of any kind to grey levels in [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.errors import FormatError
from core.formats.reading.missing import frame, missing
from core.pixels.grey_range import with_sparse_objects

LOW_PERCENTILE, HIGH_PERCENTILE = 0.1, 99.9
"""Grey levels that become 0 and 1 in images of more than 8 bits."""

_SAMPLED = 4_000_000
_BLOCK_ROWS = 256
_RAMP_SHARE, _FEWEST_GREYS = 0.85, 16
_CONSTANT = "The image is constant: each pixel holds {:g}."
_COLOUR_TO_GREY = "Colour was turned into grey (luminance)."


@dataclass(frozen=True, eq=False)
class Levels:
    """Grey levels as stored.

    ``values``: (H, W), any real type. ``full_scale``: the values that are black and white; None
    when the data do not fix them, and percentiles decide. ``inverted``: 0 is white.
    """

    values: np.ndarray
    full_scale: tuple[float, float] | None = None
    inverted: bool = False

    @cached_property
    def absent(self) -> np.ndarray | None:
        """(H, W) bool, True where there is no grey level; None where all pixels hold one."""
        return missing(self.values)


@dataclass(frozen=True, eq=False)
class UnitRange:
    """``pixels``: (H, W) float32 in [0, 1]. ``valid``: (H, W) bool, None where all pixels are."""

    pixels: np.ndarray
    valid: np.ndarray | None
    notes: tuple[str, ...]


def full_scale(dtype: np.dtype, bits: int | None = None) -> tuple[float, float] | None:
    """Return black and white of samples of up to 8 bits, None for wider ones and floats."""
    if dtype == np.bool_:
        return 0.0, 1.0
    if dtype == np.uint8:
        return 0.0, float(2 ** min(bits or 8, 8) - 1)
    return (-128.0, 127.0) if dtype == np.int8 else None


def luminance(color: np.ndarray) -> np.ndarray:
    """Return (H, W) grey of ``color`` (H, W, 3): the channel when all are equal, else ITU-R BT.601.

    Source: ITU-R Recommendation BT.601, 0.299 R + 0.587 G + 0.114 B.
    """
    red, green, blue = (color[..., channel] for channel in range(3))
    if np.array_equal(red, green) and np.array_equal(red, blue):
        return red
    grey = 0.299 * red.astype(np.float32)
    grey += 0.587 * green.astype(np.float32)
    grey += 0.114 * blue.astype(np.float32)
    return grey


def from_color(
    color: np.ndarray, scale: tuple[float, float] | None
) -> tuple[Levels, tuple[str, ...]]:
    """Return the grey levels of ``color`` (H, W, 3 or more), and a note when it is not grey."""
    grey = luminance(color)
    is_grey = np.array_equal(grey, color[..., 0])
    return Levels(grey, scale), () if is_grey else (_COLOUR_TO_GREY,)


def from_palette(index: np.ndarray, palette: np.ndarray) -> tuple[Levels, tuple[str, ...]]:
    """Return grey levels of a palette image, and notes.

    ``index``: (H, W) uint8 or uint16. ``palette``: (N, 3), 0 to 255. Only entries that the image
    uses count. Where they are a grey ramp with a few coloured ones (ZEISS draws annotations in
    those), the index itself is the grey level; mapped through the palette those would become wrong
    greys.
    """
    index = np.minimum(index, len(palette) - 1)
    counts = np.bincount(index.ravel(), minlength=len(palette))
    used = np.flatnonzero(counts)
    is_grey = np.ptp(palette[used], axis=1) < 1
    on_ramp = is_grey & (np.abs(palette[used, 0] - used) <= 1)
    is_ramp = on_ramp[is_grey].all() and counts[used[on_ramp]].sum() >= _RAMP_SHARE * index.size
    if is_ramp and on_ramp.sum() >= _FEWEST_GREYS:
        drawn = int(counts[used[~is_grey]].sum())
        note = (f"{drawn} px are annotations drawn in colour into the image.",) if drawn else ()
        return Levels(index, (0.0, 255.0)), note
    mapped = luminance(palette.astype(np.float32)[index])
    return Levels(mapped, (0.0, 255.0)), () if is_grey.all() else (_COLOUR_TO_GREY,)


def to_unit_range(levels: Levels, image_rows: slice) -> UnitRange:
    """Return ``levels`` scaled to [0, 1].

    Samples of up to 8 bits are scaled by their type. Wider ones and floats are stretched between
    the 0.1 and 99.9 percentiles of ``image_rows``, those that are not info bar, whose black and
    white would set the range otherwise; further where that would clip sparse objects. Pixels
    without a grey level set no range and become 0. An image of one value becomes zeros.

    Raises:
        FormatError: complex samples, or not one grey level.
    """
    values = levels.values
    if np.iscomplexobj(values):
        raise FormatError(
            "The image holds complex numbers, as a Fourier transform does; save its magnitude, or "
            "the image that it was made from."
        )
    absent = _with_frame(values, levels.absent, image_rows)
    if absent is not None and absent.all():
        raise FormatError("The image holds no finite number; save it again from its source.")
    low, high = levels.full_scale or _range(values, absent, image_rows)
    pixels = np.zeros(values.shape, np.float32)
    notes: tuple[str, ...] = () if absent is None else (_about_missing(int(absent.sum())),)
    if levels.full_scale and values.dtype == np.uint8:
        table = np.clip((np.arange(256) - low) / (high - low), 0, 1).astype(np.float32)
        np.take(table, values, out=pixels)
    elif high > low:
        _stretch(values, low, high, pixels)
    if levels.inverted and high > low:
        pixels = 1 - pixels
    if absent is not None:
        pixels[absent] = 0
    if high > low:
        notes += _flat_rows(values[image_rows], None if absent is None else absent[image_rows])
    else:
        notes += (_CONSTANT.format(low),)
    return UnitRange(pixels, None if absent is None else ~absent, notes)


def _with_frame(
    values: np.ndarray, absent: np.ndarray | None, image_rows: slice
) -> np.ndarray | None:
    """Return ``absent`` with the frame that an image which was moved or turned has."""
    found = frame(values[image_rows]) if absent is None else None
    if found is None:
        return absent
    absent = np.zeros(values.shape, np.bool_)
    absent[image_rows] = found
    return absent


def _about_missing(count: int) -> str:
    return (
        f"{count} px hold no grey level (NaN, infinite, a fill value or a frame); they belong to "
        "no phase and no area."
    )


def _stretch(values: np.ndarray, low: float, high: float, pixels: np.ndarray) -> None:
    for top in range(0, len(values), _BLOCK_ROWS):
        block = values[top : top + _BLOCK_ROWS].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            # Halves, since the range of float64 itself is no float64.
            scaled = np.clip((block / 2 - low / 2) / (high / 2 - low / 2), 0, 1)
        pixels[top : top + _BLOCK_ROWS] = np.nan_to_num(scaled)


def _range(values: np.ndarray, absent: np.ndarray | None, image_rows: slice) -> tuple[float, float]:
    """Return what becomes black and white; from the whole image where its rows hold nothing."""
    for rows in (image_rows, slice(None)):
        seen = values[rows].reshape(-1) if absent is None else values[rows][~absent[rows]]
        if seen.size:
            break
    sample = seen[:: max(1, seen.size // _SAMPLED)].astype(np.float64)
    low, high = 2 * np.percentile(sample / 2, (LOW_PERCENTILE, HIGH_PERCENTILE))
    if not high > low:
        return float(seen.min()), float(seen.max())
    valid = None if absent is None else ~absent[rows]
    return with_sparse_objects(values[rows], float(low), float(high), LOW_PERCENTILE, valid)


def _flat_rows(values: np.ndarray, absent: np.ndarray | None) -> tuple[str, ...]:
    if absent is not None:
        values = values[~absent.any(axis=1)]
    if len(values) < 2 or values.shape[1] < 2:
        return ()
    # A scan or a copy that broke off leaves its last rows at one level; a dark ground between
    # features does so anywhere.
    rest = np.any(values != values[-1, 0], axis=1)
    if not rest.any():
        return (_CONSTANT.format(values[0, 0]),) if absent is None else ()
    share = float(np.argmax(rest[::-1]) / len(values))
    if share <= 0.5:
        return ()
    return (
        f"The last {share:.0%} of the rows hold one grey level only; the file may be incomplete or "
        "damaged.",
    )
