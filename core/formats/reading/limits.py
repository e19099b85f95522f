"""Checks before anything is decoded: a small file may claim, or hold, a huge image."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from core.errors import FormatError, LimitError
from core.image_size import width_x_height
from core.settings import Limits


def check_file_bytes(name: str, file_bytes: int, limits: Limits) -> None:
    """Raise ``LimitError`` when the file is larger than the limit, ``FormatError`` when empty."""
    if file_bytes == 0:
        raise FormatError(f"{name} is empty (0 bytes); copy or save it again.")
    if file_bytes > limits.file_bytes:
        raise LimitError(
            f"{name} is {_bytes(file_bytes)} and at most {_bytes(limits.file_bytes)} are read; "
            "crop or compress it, or raise LAMELLA_MAX_FILE_BYTES."
        )


def check_pages(name: str, pages: int, limits: Limits) -> None:
    """Raise ``LimitError`` when there are more pages than the limit."""
    if pages > limits.pages:
        raise LimitError(
            f"{name} has {pages} pages or more and at most {limits.pages} are read; "
            "save fewer pages, or raise LAMELLA_MAX_PAGES."
        )


def check_frame(
    name: str, shape: Sequence[int], itemsize: int, file_bytes: int, limits: Limits
) -> None:
    """Refuse a page whose header claims more than the limits allow.

    ``shape``: (H, W) or (H, W, C). ``itemsize``: bytes of one sample.

    Raises:
        FormatError: no pixels at all.
        LimitError: too many pixels, channels or bytes, or too many bytes for so small a file.
    """
    height, width = shape[:2]
    channels = prod(shape[2:])
    if min(height, width, channels) < 1:
        raise FormatError(
            f"{name} is {width_x_height((height, width))} px and so holds no image; save it "
            "again from the program that made it."
        )
    if height * width > limits.pixels:
        raise LimitError(
            f"{name} is {width_x_height((height, width))} px and at most {limits.pixels} px are "
            "read; crop or bin it, or raise LAMELLA_MAX_PIXELS."
        )
    if channels > limits.channels:
        raise LimitError(
            f"{name} has {channels} channels and at most {limits.channels} are read; save one "
            "channel alone, or raise LAMELLA_MAX_CHANNELS."
        )
    check_decoded_bytes(name, height * width * channels * itemsize, file_bytes, limits)


def check_decoded_bytes(name: str, decoded: int, file_bytes: int, limits: Limits) -> None:
    """Raise ``LimitError`` when decoding gives too many bytes, or too many for so small a file."""
    if decoded > limits.decoded_bytes:
        raise LimitError(
            f"{name} takes {_bytes(decoded)} once decoded and at most "
            f"{_bytes(limits.decoded_bytes)} are allowed; crop or bin it, or raise "
            "LAMELLA_MAX_DECODED_BYTES."
        )
    expansion = decoded / max(file_bytes, 1)
    if decoded > limits.expansion_floor_bytes and expansion > limits.expansion:
        raise LimitError(
            f"{name} is {_bytes(file_bytes)} and would grow {expansion:.0f} times to "
            f"{_bytes(decoded)}, more than the {limits.expansion} times allowed; save it with less "
            "compression, or raise LAMELLA_MAX_EXPANSION."
        )


def _bytes(count: int) -> str:
    return f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{count} bytes"
