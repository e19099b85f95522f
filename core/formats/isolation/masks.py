"""A mask from the bytes of a file that a user sent, decoded in a child."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import DataError
from core.formats.isolation.running import run_isolated
from core.pixels.mask_file import Labels, decode_labels, decode_mask
from core.settings import Limits

_FILE = "mask"


def isolated_mask(data: bytes, name: str, shape: tuple[int, int] | None = None) -> np.ndarray:
    """Return the mask (H, W) that :func:`core.pixels.mask_file.decode_mask` returns, which ran in a
    process of its own with limits on its memory and time.

    Raises:
        DataError: it is no mask of this shape.
        FormatError: it crashed its reader, or took too long.
    """
    job = {"name": name, "shape": shape}
    limits = Limits.from_environment()
    child = f"{__name__}:decode_as_child"
    return run_isolated(child, {_FILE: data}, job, name, limits).arrays["mask"]


def decode_as_child(
    folder: Path, job: Mapping[str, Any], limits: Limits
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Do the work of :func:`isolated_mask` in the child."""
    shape = None if job["shape"] is None else tuple(job["shape"])
    return {"mask": decode_mask((folder / _FILE).read_bytes(), job["name"], shape)}, {}


def isolated_labels(data: bytes, name: str, shape: tuple[int, int] | None = None) -> Labels:
    """Return what :func:`core.pixels.mask_file.decode_labels` returns, which ran in a process of
    its own; raises as :func:`isolated_mask`."""
    job = {"name": name, "shape": shape}
    limits = Limits.from_environment()
    answer = run_isolated(f"{__name__}:labels_as_child", {_FILE: data}, job, name, limits)
    return Labels(answer.arrays["mask"], bool(answer.facts["are_colors"]))


def labels_as_child(
    folder: Path, job: Mapping[str, Any], limits: Limits
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Do the work of :func:`isolated_labels` in the child."""
    shape = None if job["shape"] is None else tuple(job["shape"])
    found = decode_labels((folder / _FILE).read_bytes(), job["name"], shape)
    return {"mask": found.values}, {"are_colors": found.are_colors}


def isolated_marked(data: bytes, name: str, marked: str) -> np.ndarray:
    """Return which pixels of a mask are marked (H, W) bool: every value above 0.

    ``marked``: what the mask marks, one and several: "boundary/boundaries".

    Raises:
        DataError: it is no mask, or nothing is marked.
        FormatError: it crashed its reader, or took too long.
    """
    one, several = marked.split("/")
    mask = isolated_mask(data, name) > 0
    if not mask.any():
        raise DataError(f"{name} marks no {one}; pixels above 0 are {several}.")
    return mask
