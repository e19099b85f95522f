"""Clicks that the network does not heed, carried over to pixels like the one that was clicked.

Far from what it was trained on the network often changes nothing but a spot around a click. What it
owes there, in logits, is then interpolated by a kernel in place and in grey level: near the click,
and where the image looks as it does there.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.interaction.answers import Answer, Owed, Part, together
from core.interaction.prompts import Click
from core.interaction.simulated_clicks import depth
from core.segmentation.confidence import sigmoid

MARGIN, LIMIT = 1.5, 6.0
"""Logits that a click asks for, and the largest that are believed."""
SPOT = 1.5
"""Areas of a click's disk: a change that is smaller is no more than the spot."""
NEAR, FAR = 0.25, 3.0
"""Reaches of a correction over the click's distance to the edge of the answer before, which says
how large a mistake it mends."""
FAR_SHARE = 0.85
"""Of a correction, what reaches FAR; the rest stays NEAR."""
WIDEST = 0.5
"""The longest reach over the window's side."""
REACH, FREELY = 12.0, 3
"""Likewise of all that one click changes. After so many clicks none more than doubles the
object."""
GREY_SIGMAS_PX = (0.7, 2.0)
ALIKE = 0.7
"""Difference of grey level that counts as alike, over the deviation within the window."""
RIDGE = 0.05


def distance_to_edge(mask: Part, click: Click) -> float:
    """Return the distance in px from ``click`` to the edge of ``mask``, from either side, 1 at
    least; to its box, of a click far outside."""
    row, column = round(click.row) - mask.top, round(click.column) - mask.left
    height, width = mask.values.shape
    beyond = np.hypot(
        max(-row, 0, row - height + 1),
        max(-column, 0, column - width + 1),
    )
    row, column = int(np.clip(row, 0, height - 1)), int(np.clip(column, 0, width - 1))
    own = mask.values if mask.values[row, column] else ~mask.values
    if not mask.values.any():
        return float(max(height, width))
    return max(1.0, float(beyond + depth(own)[row, column]))


def is_deep(mask: Part, click: Click) -> bool:
    """Whether ``click`` lies in the inner half of ``mask``: an answer that is wrong as a whole."""
    return bool(mask.at(click)) and distance_to_edge(mask, click) > depth(mask.values).max() / 2


def heeded(before: Answer, found: Answer, click: Click, disk_px: float) -> bool:
    """Return whether ``found`` follows ``click``, which ``before`` did not know, by more than the
    spot of the click's disk.

    ``disk_px``: radius of the disk in px of the image. What changes must be a disk at least of half
    the click's distance to the edge of the mask before.
    """
    if not found.agrees((click,)):
        return False
    top, left, (old, new) = together(before.mask, found.mask)
    row, column = round(click.row) - top, round(click.column) - left
    if not (0 <= row < old.shape[0] and 0 <= column < old.shape[1]):
        return True
    changed = (new & ~old) if click.inside else (old & ~new)
    if not changed[row, column]:
        return True
    radius = SPOT**0.5 * disk_px
    if not click.inside:
        radius = max(radius, distance_to_edge(before.mask, click) / 2)
    return int(_around(changed, row, column).sum()) >= np.pi * radius**2


def logit(probability: np.ndarray | float) -> np.ndarray:
    """Return ln(p / (1 - p)) within ±:data:`LIMIT`."""
    clipped = np.clip(probability, 1e-4, 1 - 1e-4)
    return np.clip(np.log(clipped) - np.log1p(-clipped), -LIMIT, LIMIT)


def owed_at(before: Answer, click: Click, is_heeded: bool) -> Owed:
    """Return what ``click`` asks for and ``before`` lacks; nothing where ``is_heeded``, but then
    what other clicks are owed is held off as far as this one reaches."""
    said = float(logit(before.probability.at(click)))
    lacking = MARGIN - said if click.inside else MARGIN + said
    reach = min(FAR * distance_to_edge(before.mask, click), WIDEST * before.window.side)
    return Owed(0.0 if is_heeded else max(0.0, lacking), reach)


def carried_over(
    probability: Part, grey: np.ndarray, clicks: Sequence[Click], owed: Sequence[Owed]
) -> Part:
    """Return ``probability`` with what is owed to each click, and with every click followed.

    ``grey``: (H, W) of the whole image. ``owed``: one for each click.
    """
    height, width = probability.values.shape
    rows = np.array([round(one.row) - probability.top for one in clicks])
    columns = np.array([round(one.column) - probability.left for one in clicks])
    here = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    rows, columns = rows[here], columns[here]
    signs = np.array([1.0 if one.inside else -1.0 for one in clicks])[here]
    logits = logit(probability.values).astype(np.float32)
    said = signs * logits[rows, columns]
    lacking = np.where(said > 0, 0, MARGIN - said)
    wanted = signs * np.maximum(lacking, np.array([one.logits for one in owed])[here])
    if not wanted.any():
        return probability
    far = np.maximum([one.reach_px for one in owed], 1.0)[here]
    seen = _seen(grey[probability.place])
    spots = seen[:, rows, columns]
    apart = (rows[:, None] - rows) ** 2 + (columns[:, None] - columns) ** 2
    alike = np.exp(-((spots[:, :, None] - spots[:, None]) ** 2).sum(0) / 2)
    kernel = alike * _by_distance(apart, far)
    weights = np.linalg.lstsq(kernel + RIDGE * np.eye(len(rows)), wanted, rcond=None)[0]
    for row, column, reach, spot, weight in zip(rows, columns, far, spots.T, weights, strict=True):
        around = int(np.ceil(3 * reach))
        area = (
            slice(max(row - around, 0), row + around + 1),
            slice(max(column - around, 0), column + around + 1),
        )
        down = (np.arange(height)[area[0], None] - row) ** 2
        across = (np.arange(width)[None, area[1]] - column) ** 2
        place = _by_distance(down + across, reach)
        like = np.exp(-((seen[:, *area] - spot[:, None, None]) ** 2).sum(0) / 2)
        logits[area] += (weight * place * like).astype(np.float32)
    return Part(probability.top, probability.left, sigmoid(logits))


def _by_distance(squares: np.ndarray, far: np.ndarray | float) -> np.ndarray:
    wide = 2 * np.square(far)
    narrow = wide * (NEAR / FAR) ** 2
    return (1 - FAR_SHARE) * np.exp(-squares / narrow) + FAR_SHARE * np.exp(-squares / wide)


def _seen(grey: np.ndarray) -> np.ndarray:
    """Return (2, h, w) grey levels at two resolutions, in units of :data:`ALIKE`."""
    blurred = np.stack([cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in GREY_SIGMAS_PX])
    return blurred / (ALIKE * (blurred.std((1, 2), keepdims=True) + 1e-3))


def merged(found: Answer, before: Answer, clicks: Sequence[Click]) -> Answer:
    """Return ``found`` with only those changes to ``before`` that hang together with the last
    click: a click inside takes away no more than it adds, one outside adds no more than it takes,
    and one near the edge of the mask does not reach far.

    Source: Chen et al. 2022, arXiv:2204.02574, section 3.3 ("progressive merge").
    """
    click = clicks[-1]
    top, left, (old, new) = together(before.mask, found.mask)
    changed = old ^ new
    row, column = round(click.row) - top, round(click.column) - left
    inside = 0 <= row < old.shape[0] and 0 <= column < old.shape[1]
    taken = changed
    if inside and changed[row, column]:
        taken = _around(changed, row, column)
        added, removed = int((taken & new).sum()), int((taken & old).sum())
        if click.inside and removed > added:
            taken = taken & new
        elif not click.inside and added > removed:
            taken = taken & old
        reach = REACH * distance_to_edge(before.mask, click)
        far = np.hypot(np.arange(old.shape[0])[:, None] - row, np.arange(old.shape[1]) - column)
        taken = _around(taken & (far <= reach), row, column)
        while len(clicks) > FREELY and (taken & new).sum() > old.sum() and reach > 1:
            reach /= 2
            taken = _around(taken & (far <= reach), row, column)
    chance = np.zeros(old.shape, np.float32)
    chance[_within(before.probability, top, left)] = before.probability.values
    kept = np.array(chance)
    chance[_within(found.probability, top, left)] = found.probability.values
    chance = np.where(changed & ~taken, kept, chance)
    mask = np.where(taken, new, old)
    return Answer(Part(top, left, mask), Part(top, left, chance), found.window, found.owed)


def _around(mask: np.ndarray, row: int, column: int) -> np.ndarray:
    """Return the region of ``mask`` (H, W) bool that this pixel of it lies in."""
    pieces = cv2.connectedComponents(mask.astype(np.uint8))[1]
    return pieces == pieces[row, column]


def _within(part: Part, top: int, left: int) -> tuple[slice, slice]:
    rows, columns = part.place
    return slice(rows.start - top, rows.stop - top), slice(
        columns.start - left, columns.stop - left
    )
