"""What a pixel's label owes to each place: cover it with grey and look again.

Source: Zeiler & Fergus 2014, arXiv:1311.2901, section 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.errors import LamellaError
from core.inspection.attribution.attribution import at_pixel, check_phase
from core.inspection.receptive_field.receptive_field import Box, receptive_field, unit_at_pixel
from core.inspection.subject import Subject
from core.inspection.view import run
from core.types.arrays import read_only
from core.types.progress import ProgressCallback, no_progress


@dataclass(frozen=True, eq=False)
class Occlusion:
    """How far a logit falls when a square is covered.

    ``drop``: (H, W) float32; at each pixel the mean fall over the squares that covered it,
    negative where covering raised the logit. ``logit``: uncovered. ``square_px``: side.
    """

    drop: np.ndarray
    logit: float
    phase: int
    square_px: int


def occlusion(
    subject: Subject,
    row: int,
    column: int,
    square_px: int,
    phase: int | None = None,
    step_px: int | None = None,
    on_progress: ProgressCallback = no_progress,
) -> Occlusion:
    """Return what covering each square with the field's mean does to a logit at a pixel.

    Squares that the pixel cannot see are not tried: covering them changes nothing. ``phase``: class
    index, None is the winning one. ``step_px``: between squares, None is half a side. One run of
    the network for each square; ``on_progress`` is called after each and may stop it.

    Raises:
        LamellaError: the pixel lies outside the field, an unknown class, or a square that does not
            fit into the field.
        Cancelled: raised by ``on_progress``.
    """
    subject.check_pixel(row, column)
    height, width = subject.shape
    if not 1 <= square_px <= min(height, width):
        raise LamellaError(
            f"A square of {square_px} px does not fit; choose a side from 1 to "
            f"{min(height, width)} px."
        )
    network = subject.private_network()
    squares = _squares(subject, row, column, square_px, step_px or max(1, square_px // 2))
    drop, count = np.zeros((height, width)), np.zeros((height, width))
    with torch.no_grad():
        logits = at_pixel(subject, run(network, subject.image), row, column)
        phase = int(logits[: subject.phases].argmax()) if phase is None else phase
        check_phase(phase, len(logits))
        logit = float(logits[phase])
        fill = subject.image.mean(dim=(2, 3), keepdim=True)
        for done, square in enumerate(squares, start=1):
            covered = subject.image.clone()
            covered[(..., *square.slices)] = fill
            changed = float(at_pixel(subject, run(network, covered), row, column)[phase])
            drop[square.slices] += logit - changed
            count[square.slices] += 1
            on_progress(done, len(squares))
    mean = np.divide(drop, count, out=np.zeros_like(drop), where=count > 0)
    return Occlusion(read_only(mean.astype(np.float32)), logit, phase, square_px)


def _squares(subject: Subject, row: int, column: int, side: int, step: int) -> list[Box]:
    unit = unit_at_pixel(subject.trace, None, row, column)
    seen = receptive_field(subject.trace, None, *unit).seen
    height, width = subject.shape
    return [
        Box(top, left, top + side, left + side)
        for top in _starts(height, side, step)
        for left in _starts(width, side, step)
        if seen is not None
        and top < seen.bottom
        and left < seen.right
        and top + side > seen.top
        and left + side > seen.left
    ]


def _starts(length: int, side: int, step: int) -> list[int]:
    starts = list(range(0, length - side + 1, step))
    # The far edge is covered too.
    return starts if starts[-1] == length - side else [*starts, length - side]
