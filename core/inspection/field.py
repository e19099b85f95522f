"""Which part of a micrograph is inspected: the field in view, so that memory stays bounded."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.errors import LamellaError
from core.image_size import width_x_height
from core.inspection.receptive_field.receptive_field import Box, check_inside


@dataclass(frozen=True)
class Field:
    """A rectangle of a micrograph, in its pixels, and the scale at which the network sees it.

    ``shape``: (H, W) of the array that enters the network; ``box`` times the scale.
    ``note``: what was cut, in words for the user; empty when nothing was.
    """

    box: Box
    shape: tuple[int, int]
    note: str = ""

    def to_network(self, row: int, column: int) -> tuple[int, int]:
        """Return the network's pixel of a micrograph's pixel.

        Raises:
            LamellaError: the pixel lies outside the field.
        """
        height, width = self.box.size
        inner_row, inner_column = row - self.box.top, column - self.box.left
        if not (0 <= inner_row < height and 0 <= inner_column < width):
            raise LamellaError(
                f"Row {row}, column {column} lies outside the field in view, rows {self.box.top} "
                f"to {self.box.bottom - 1} and columns {self.box.left} to {self.box.right - 1}. "
                "Click inside it, or move the field."
            )
        return inner_row * self.shape[0] // height, inner_column * self.shape[1] // width

    def to_micrograph(self, box: Box) -> Box:
        """Return a box of the network's pixels in those of the micrograph, rounded outwards."""
        height, width = self.box.size
        rows, columns = self.shape
        return Box(
            self.box.top + box.top * height // rows,
            self.box.left + box.left * width // columns,
            self.box.top - (-box.bottom * height // rows),
            self.box.left - (-box.right * width // columns),
        )

    def below(self, rows: int) -> Field:
        """Return the same field of an image whose first row is the micrograph's row ``rows``."""
        box = self.box
        return replace(self, box=Box(box.top + rows, box.left, box.bottom + rows, box.right))


def choose_field(
    image_shape: tuple[int, int],
    centre: tuple[int, int] | None = None,
    side: int = 512,
    multiple: int = 32,
    scale: tuple[float, float] = (1.0, 1.0),
) -> Field:
    """Return the field of at most ``side`` network pixels around a pixel of the micrograph.

    ``image_shape``: (H, W) without an info bar. ``centre``: (row, column), None is the middle.
    ``multiple``: the network takes only multiples of it; where the image allows, the field also
    starts at a multiple, so that it sees the grid that the whole image was segmented on.
    ``scale``: network pixels to micrograph pixels, down and across.

    Raises:
        LamellaError: a pixel outside the image, or an image smaller than ``multiple``.
    """
    height, width = image_shape
    row, column = centre if centre is not None else (height // 2, width // 2)
    check_inside(row, column, height, width)
    shape = tuple(
        min(side, int(length * factor)) // multiple * multiple
        for length, factor in zip(image_shape, scale, strict=True)
    )
    if min(shape) < multiple:
        needed = max(multiple, *(-(-multiple // factor) for factor in scale))
        raise LamellaError(
            f"The image is {width_x_height(image_shape)} px; this network needs at least "
            f"{needed:.0f} px a side to be inspected. Choose a larger image or another network."
        )
    extents = [round(length / factor) for length, factor in zip(shape, scale, strict=True)]
    grids = [max(1, round(multiple / factor)) for factor in scale]
    top, left = (
        _start(*one) for one in zip((row, column), extents, image_shape, grids, strict=True)
    )
    box = Box(top, left, min(top + extents[0], height), min(left + extents[1], width))
    return Field(box, (shape[0], shape[1]), _note(box, image_shape, multiple, side))


def _start(at: int, extent: int, length: int, grid: int) -> int:
    start = max(0, min(at - extent // 2, length - extent))
    aligned = start // grid * grid
    return aligned if at < aligned + extent else start


def _note(box: Box, image_shape: tuple[int, int], multiple: int, side: int) -> str:
    if box.size == tuple(image_shape):
        return ""
    return (
        f"Inspecting rows {box.top} to {box.bottom - 1} and columns {box.left} to {box.right - 1} "
        f"of {width_x_height(image_shape)} px: at most {side} px a side, in multiples of "
        f"{multiple}."
    )
