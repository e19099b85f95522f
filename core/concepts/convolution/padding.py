"""What lies outside the image: zeros, or an invention, and what it costs at the border."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from core.errors import LamellaError

PaddingMode = Literal["zero", "reflect", "replicate", "circular"]
MODES: tuple[PaddingMode, ...] = get_args(PaddingMode)
NUMPY_MODES: Mapping[PaddingMode, Literal["constant", "reflect", "edge", "wrap"]] = (
    MappingProxyType(
        {"zero": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    )
)
TORCH_MODES: Mapping[PaddingMode, str] = MappingProxyType(
    {"zero": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}
)


def pad(image: np.ndarray, padding: int, mode: PaddingMode) -> np.ndarray:
    """Return ``image`` (H, W) with ``padding`` px more on each side.

    Raises:
        LamellaError: there are not enough pixels to reflect or to repeat around.
    """
    most = {"reflect": min(image.shape) - 1, "circular": min(image.shape)}.get(mode)
    if most is not None and padding > most:
        raise LamellaError(
            f"{mode.capitalize()} padding takes its pixels from the image, which has only {most} "
            f"to give and {padding} were asked for; choose at most {most}, or zero padding."
        )
    return np.pad(image, padding, NUMPY_MODES[mode])


def border_error(true_map: np.ndarray, padded_map: np.ndarray, margin: int) -> float:
    """Return the mean absolute difference of two maps (h, w) in the ``margin`` px at the border.

    ``true_map``: made from the pixels that really lie around the image.
    """
    inner = np.zeros(true_map.shape, bool)
    inner[margin : true_map.shape[0] - margin, margin : true_map.shape[1] - margin] = True
    return float(np.abs(true_map - padded_map)[~inner].mean())
