"""What each way of padding gets wrong, where the pixels around the image are known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.concepts.convolution.convolution import Walk, feature_map
from core.concepts.convolution.output_size import Geometry, extent, same_padding
from core.concepts.convolution.padding import MODES, border_error, pad
from core.errors import LamellaError

CORNER = 20


@dataclass(frozen=True, eq=False)
class Border:
    """One way of padding. ``corner``: the top left corner (h, w) with its ``padding`` px.

    ``error``: mean absolute difference of the feature map from the true one, in the border px.
    """

    mode: str
    corner: np.ndarray
    padding: int
    error: float


def borders(surroundings: np.ndarray, margin: int, walk: Walk) -> tuple[Border, ...]:
    """Return the truth and every way of padding at the same size and stride 1, in that order.

    ``surroundings``: (H + 2 margin, W + 2 margin), the image with the pixels really around it.

    Raises:
        LamellaError: the kernel reaches further than the margin.
    """
    padding = same_padding(walk.size, walk.geometry.dilation)
    if padding > margin:
        raise LamellaError(
            f"The kernel reaches {padding} px over the border, and {margin} px around the image "
            f"are known; choose a dilation with at most {margin} px."
        )
    image = surroundings[margin:-margin, margin:-margin]
    around = surroundings[margin - padding :, margin - padding :]
    around = around[: image.shape[0] + 2 * padding, : image.shape[1] + 2 * padding]
    plain = Geometry(1, 0, walk.geometry.dilation)
    true_map = feature_map(around, replace(walk, geometry=plain))
    side = extent(walk.size, walk.geometry.dilation) // 2 + CORNER
    found = [Border("real pixels", around[:side, :side], padding, 0.0)]
    for mode in MODES:
        padded = pad(image, padding, mode)
        made = feature_map(padded, replace(walk, geometry=plain))
        error = border_error(true_map, made, padding)
        found.append(Border(mode, padded[:side, :side], padding, error))
    return tuple(found)
