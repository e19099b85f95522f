"""From prompts on a micrograph to one object: where to look, what the network says, what counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from core.errors import LamellaError
from core.image_size import width_x_height
from core.interaction.answers import Answer, Owed, Part, Prompts, together
from core.interaction.correction import carried_over, heeded, is_deep, merged, owed_at
from core.interaction.looks import INPUT_PX, LOOK_PX, Network, answers_in, clicked_pieces
from core.interaction.prompts import RADIUS_PX, Box, Click
from core.interaction.windows import LEAST_PX, Window

FIRST_SIDES = (64, 128, 256, 512)
"""Of the windows in px that a first click is looked at in, where nothing says how large it is."""
SIDES_AGAIN = (LEAST_PX, *FIRST_SIDES)
"""Likewise, where the first answer was far too large."""
TIMES_MASK, TIMES_BOX = 2.0, 1.6
"""A window's side over the longer side of the mask or of the box in it."""
WIDER, MOST_WIDENED = 1.5, 2
USUAL_SHARE = 0.45
"""An object's longer side over the window's, in the middle of what was trained."""
UNUSUAL = 0.1
"""What a share e times as large or as small costs, against decidedness from 0 to 1."""
NARROWER = 0.6
"""A window that is so much smaller shows the object better."""
TIMES_CHANGE, LEAST_CHANGE_PX = 4.0, 12
"""A close look's side over the longer side of what a click changed, and the least of that."""
CLOSER = 0.5
"""Of the window's side, below which a close look is worth it."""


def answer(
    network: Network,
    grey: np.ndarray,
    prompts: Prompts,
    before: Answer | None = None,
    view_px: float | None = None,
) -> Answer:
    """Return the object that ``prompts`` point at.

    ``grey``: (H, W) float32 in [0, 1], the image as models see it. ``before``: the answer to all
    clicks but the last. ``view_px``: longer side of what the user sees of the image, in its px: no
    first look is wider.

    A first click is looked at in windows of several sizes, and the one in which the object has the
    usual share counts. After that the window follows the answer, and widens, twice at most, where
    the answer reaches its edge. A later click changes only what hangs together with it. Where the
    network does not heed it, the object is looked for anew in smaller windows, or what the click
    says is carried over to pixels like the one that was clicked
    (:func:`core.interaction.correction.carried_over`).

    Raises:
        LamellaError: there is neither a click inside nor a box nor a rough mask, or a click lies
            outside the image.
    """
    _check(grey.shape, prompts)
    known = before
    if known is None and prompts.rough is not None:
        known = _rough_answer(grey.shape, prompts, prompts.rough)
    if known is None and prompts.box is None:
        found = _first_look(network, grey, prompts, view_px)
        found = _closer(network, grey, prompts, found)
        return replace(found, owed=tuple(owed_at(found, one, True) for one in prompts.clicks))
    if known is None or not prompts.clicks:
        start = None if known is None else known.probability
        return _widened(network, grey, prompts, start, _window(grey.shape, prompts, start))
    return _later(network, grey, prompts, known)


def _check(shape: tuple[int, int], prompts: Prompts) -> None:
    inside = [click for click in prompts.clicks if click.inside]
    if not inside and prompts.box is None and prompts.rough is None:
        raise LamellaError("Nothing says which object is meant; click into it, or draw a box.")
    for click in prompts.clicks:
        if not (-0.5 <= click.row < shape[0] - 0.5 and -0.5 <= click.column < shape[1] - 0.5):
            raise LamellaError(
                f"A click at row {click.row:.0f}, column {click.column:.0f} lies outside the image "
                f"of {width_x_height(shape)} px; click into the image."
            )


def _rough_answer(shape: tuple[int, int], prompts: Prompts, rough: Part) -> Answer:
    """Return the mask that is to be corrected as if the network had said it."""
    mask = replace(rough, values=rough.values > 0.5)
    chance = replace(rough, values=rough.values.astype(np.float32))
    return Answer(mask, chance, _window(shape, prompts, rough))


def _first_look(
    network: Network, grey: np.ndarray, prompts: Prompts, view_px: float | None
) -> Answer:
    """Return the best of the answers in windows of several sizes around the clicks."""
    widest = min(max(grey.shape), view_px or np.inf)
    sides = [side for side in FIRST_SIDES if side <= widest] or [FIRST_SIDES[0]]
    click = next(one for one in prompts.clicks if one.inside)
    windows = [Window.around(click.row, click.column, side, grey.shape) for side in sides]
    found = _answers(network, grey, prompts, None, windows, LOOK_PX)
    return max(found, key=lambda one: _plausible(one, click))


def _plausible(found: Answer, click: Click) -> float:
    """Return how far an answer is from none: the network's decidedness at the object and around
    it, less the more the object's share of the window is unusual."""
    if found.is_empty:
        return -np.inf
    box = Box.around(found.mask.values)
    share = max(box.height, box.width) / found.window.side
    wide = cv2.dilate(found.mask.values.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    decided = float(np.abs(2 * found.probability.values[wide] - 1).mean())
    return decided - UNUSUAL * abs(np.log(share / USUAL_SHARE))


def _closer(network: Network, grey: np.ndarray, prompts: Prompts, found: Answer) -> Answer:
    """Return the answer in a window that follows the first one."""
    if found.is_empty:
        return found
    window = _window(grey.shape, prompts, found.probability)
    return _widened(network, grey, prompts, found.probability, window)


def _later(network: Network, grey: np.ndarray, prompts: Prompts, before: Answer) -> Answer:
    """Return the answer to the last click, which ``before`` did not know."""
    clicks, start = prompts.clicks, before.probability
    found = _widened(network, grey, prompts, start, _window(grey.shape, prompts, start))
    is_heeded = heeded(before, found, clicks[-1], RADIUS_PX * found.window.side / INPUT_PX)
    if not is_heeded and not clicks[-1].inside and is_deep(before.mask, clicks[-1]):
        again = _looked_again(network, grey, prompts, found.window.side)
        is_heeded, found = again is not None, again or found
    last = owed_at(before, clicks[-1], is_heeded)
    owed = (*before.owed, *[Owed()] * len(clicks))[: len(clicks) - 1]
    found = _followed(replace(found, owed=(*owed, last)), grey, prompts)
    found = merged(_narrowed(network, grey, prompts, found), before, clicks)
    return merged(_close_look(network, grey, prompts, found, before), before, clicks)


def _looked_again(
    network: Network, grey: np.ndarray, prompts: Prompts, widest: float
) -> Answer | None:
    """Return an answer that every click agrees with, from windows smaller than ``widest`` around
    the clicks inside; None where there is none."""
    inside = [click for click in prompts.clicks if click.inside]
    if not inside:
        return None
    row, column = np.mean([(click.row, click.column) for click in inside], axis=0)
    windows = [Window.around(row, column, side, grey.shape) for side in SIDES_AGAIN]
    windows = [
        one
        for one in windows
        if one.side < CLOSER * widest and all(one.holds(click) for click in inside)
    ]
    if not windows:
        return None
    found = _answers(network, grey, prompts, None, windows, LOOK_PX)
    fitting = [one for one in found if not one.is_empty and one.agrees(prompts.clicks)]
    if not fitting:
        return None
    best = max(fitting, key=lambda one: _plausible(one, inside[0]))
    best = _closer(network, grey, prompts, best)
    return best if best.agrees(prompts.clicks) else None


def _followed(found: Answer, grey: np.ndarray, prompts: Prompts) -> Answer:
    """Return ``found`` with what the clicks are owed carried over."""
    chance = carried_over(found.probability, grey, prompts.clicks, found.owed)
    if chance is found.probability:
        return found
    mask = clicked_pieces(chance.values > 0.5, (chance.top, chance.left), prompts.clicks)
    return replace(found, mask=replace(found.mask, values=mask), probability=chance)


def _narrowed(network: Network, grey: np.ndarray, prompts: Prompts, found: Answer) -> Answer:
    """Return the answer in a window that follows ``found``, where that is much smaller."""
    if found.is_empty:
        return found
    own = replace(found.mask, values=found.mask.values.astype(np.float32))
    window = _window(grey.shape, prompts, own)
    if window.side > NARROWER * found.window.side:
        return found
    # What the network said beyond the pieces that were clicked is not what is meant.
    values = found.probability.values
    start = replace(own, values=np.where(found.mask.values, values, np.minimum(values, 0.5)))
    again = _widened(network, grey, prompts, start, window)
    return _followed(replace(again, owed=found.owed), grey, prompts)


def _close_look(
    network: Network, grey: np.ndarray, prompts: Prompts, found: Answer, before: Answer
) -> Answer:
    """Return ``found`` with another look at what the last click changed, where that is small."""
    top, left, (old, new) = together(before.mask, found.mask)
    changed = old ^ new
    if not changed.any():
        return found
    box = Box.around(changed)
    extent = max(box.height, box.width, LEAST_CHANGE_PX)
    middle = (box.top + box.bottom) / 2 + top, (box.left + box.right) / 2 + left
    window = Window.around(*middle, TIMES_CHANGE * extent, grey.shape)
    if window.side > CLOSER * found.window.side:
        return found
    (close,) = _answers(network, grey, prompts, found.probability, [window], INPUT_PX)
    close = _followed(replace(close, owed=found.owed), grey, prompts)
    whole = found.probability.on(grey.shape)
    whole[close.probability.place] = close.probability.values
    values = whole[found.probability.place]
    first = found.probability.top, found.probability.left
    mask = clicked_pieces(values > 0.5, first, prompts.clicks)
    return replace(
        found,
        mask=replace(found.mask, values=mask),
        probability=replace(found.probability, values=values),
    )


def _window(shape: tuple[int, int], prompts: Prompts, start: Part | None) -> Window:
    """Return the window around what is known: the box, the answer before and every click."""
    boxes = [] if prompts.box is None else [prompts.box]
    times = TIMES_BOX if boxes else TIMES_MASK
    if start is not None and not boxes and (start.values > 0.5).any():
        inner = Box.around(start.values > 0.5)
        boxes.append(
            Box(
                inner.top + start.top,
                inner.left + start.left,
                inner.bottom + start.top,
                inner.right + start.left,
            )
        )
    # Clicks outside may lie far away and say little about the object's size.
    boxes += [
        Box(c.row - 0.5, c.column - 0.5, c.row + 0.5, c.column + 0.5)
        for c in prompts.clicks
        if c.inside
    ]
    around = Box(
        min(box.top for box in boxes),
        min(box.left for box in boxes),
        max(box.bottom for box in boxes),
        max(box.right for box in boxes),
    )
    return Window.of_box(around, times, shape)


def _widened(
    network: Network,
    grey: np.ndarray,
    prompts: Prompts,
    start: Part | None,
    window: Window,
) -> Answer:
    """Return the answer in ``window``, or in a wider one while it reaches the edge."""
    (found,) = _answers(network, grey, prompts, start, [window], INPUT_PX)
    for _ in range(MOST_WIDENED):
        if not _reaches_edge(found, grey.shape):
            break
        middle = window.top + (window.side - 1) / 2, window.left + (window.side - 1) / 2
        window = Window.around(*middle, WIDER * window.side, grey.shape)
        (found,) = _answers(network, grey, prompts, found.probability, [window], INPUT_PX)
    return found


def _reaches_edge(found: Answer, shape: tuple[int, int]) -> bool:
    """Whether the mask reaches an edge of its window that is no edge of the image."""
    mask, (rows, columns) = found.mask.values, found.mask.place
    return bool(
        (rows.start > 0 and mask[0].any())
        or (rows.stop < shape[0] and mask[-1].any())
        or (columns.start > 0 and mask[:, 0].any())
        or (columns.stop < shape[1] and mask[:, -1].any())
    )


def _answers(
    network: Network,
    grey: np.ndarray,
    prompts: Prompts,
    start: Part | None,
    windows: Sequence[Window],
    side: int,
) -> list[Answer]:
    said = [prompts] * len(windows)
    return answers_in(network, grey, said, windows, side, [start] * len(windows))
