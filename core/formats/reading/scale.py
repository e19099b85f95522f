"""From what the sources of a file say about the pixel to one size, or to a choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.formats.reading.calibration import AGREE_WITHIN, LARGEST_BAR, Calibration, plausible
from core.image_size import width_x_height
from core.pixels.resampling import square_pixel_nm
from core.types.pixel_size import MOST_OBLONG, PixelSize


@dataclass(frozen=True)
class Scale:
    """A pixel size, None when there is none to be trusted; ``choices`` where it may be another.

    ``notes``: sentences for the user.
    """

    size: PixelSize | None = None
    choices: tuple[PixelSize, ...] = ()
    notes: tuple[str, ...] = ()


def scale_of(calibrations: Sequence[Calibration], shape: tuple[int, int]) -> Scale:
    """Return the pixel size that the sources of a file give an image of ``shape`` (H, W).

    The first source counts; each other one that differs is a choice. ``shape`` includes the info
    bar; some instruments draw it into the image, others below it.

    There is no size when no source is plausible, or when the image has another size than the one
    that the metadata describe and no other source decides: it may be a crop, whose pixels are as
    stated, or a smaller or larger copy, whose pixels are not, and nothing tells the two apart.
    """
    scales = [_of_one(one, shape) for one in calibrations]
    notes = tuple(note for scale in scales for note in scale.notes)
    sizes = [scale.size for scale in scales if scale.size]
    size = sizes[0] if sizes else None
    choices: list[PixelSize] = []
    for one in (*sizes, *(one for scale in scales for one in scale.choices)):
        if not any(_same(one, known) for known in choices):
            choices.append(one)
    if size is None:
        return Scale(None, tuple(choices), notes)
    notes += (size.note,) if size.note else ()
    if len(choices) < 2:
        return Scale(size, notes=notes)
    told = ", ".join(f"{one.in_words} ({one.source})" for one in choices)
    note = f"The file gives several pixel sizes: {told}. The first is used; choose the right one."
    return Scale(size, tuple(choices), (*notes, note))


def _of_one(calibration: Calibration, shape: tuple[int, int]) -> Scale:
    stated = _size(calibration)
    if stated is None:
        note = (
            f"{calibration.source} gives a pixel of {_sides(calibration)}, which no microscope "
            "has; it was left out."
        )
        return Scale(notes=(note,))
    if calibration.width and calibration.width != shape[1]:
        return _of_another_size(calibration, stated, shape)
    if stated.is_square:
        return Scale(stated)
    note = (
        f"Pixels are not square: {stated.nm:.4g} nm across and {stated.height_nm:.4g} nm down "
        f"({calibration.source}); models see the image in square pixels of "
        f"{square_pixel_nm(stated):.4g} nm and lengths are measured in these. The sample may have "
        "been tilted."
    )
    return Scale(stated, notes=(note,))


def _sides(calibration: Calibration) -> str:
    across, down = f"{calibration.x_m:.4g} m", f"{calibration.y_m:.4g} m"
    return across if across == down else f"{across} across and {down} down"


def _size(calibration: Calibration, factor: float = 1.0, how: str = "") -> PixelSize | None:
    """Return a pixel ``factor`` times as large as stated; None when no microscope has it."""
    x_m, y_m = calibration.x_m * factor, calibration.y_m * factor
    if not (plausible(x_m) and plausible(y_m)) or not 1 / MOST_OBLONG <= y_m / x_m <= MOST_OBLONG:
        return None
    height_nm = None if abs(y_m / x_m - 1) <= AGREE_WITHIN else y_m * 1e9
    return PixelSize(x_m * 1e9, calibration.source + how, height_nm, calibration.note)


def _of_another_size(calibration: Calibration, stated: PixelSize, shape: tuple[int, int]) -> Scale:
    """Return what the pixel may be of an image of another size than that of the metadata."""
    height, width = shape
    described_width, expected = calibration.width or width, float(height)
    factor = described_width / width
    described = f"{described_width} px wide"
    if calibration.rows:
        described = f"{width_x_height((calibration.rows, described_width))} px"
        expected = calibration.rows / factor
    told = (
        f"{calibration.source} describes an image of {described}, but this one is "
        f"{width_x_height(shape)} px"
    )
    cropped = replace(stated, source=f"{stated.source}, if cropped")
    copied = _size(calibration, factor, ", if binned or rescaled")
    if copied is None or not 0.98 * expected <= height <= (1 + LARGEST_BAR) * expected:
        note = (
            f"{told}: cropped or distorted after it was taken. Type the pixel size; before that it "
            f"was {stated.in_words}."
        )
        return Scale(choices=(cropped,), notes=(note,))
    note = (
        f"{told}. If it was cropped, a pixel is {cropped.in_words}; if it was binned or rescaled, "
        f"{copied.in_words}. Choose the right one."
    )
    return Scale(choices=(cropped, copied), notes=(note,))


def _same(one: PixelSize, two: PixelSize) -> bool:
    heights = (one.height_nm or one.nm) / (two.height_nm or two.nm)
    return all(abs(ratio - 1) <= AGREE_WITHIN for ratio in (one.nm / two.nm, heights))
