"""From prompts on a micrograph to one object: where to look, what the network says, what counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from core.errors import LamellaError
from core.interaction.prompts import Box, Click, prompt_maps
from core.interaction.windows import Window, scaled
from core.types import read_only

INPUT_PX = 192
LOOK_PX = 128
"""Side of the network's input for an answer, and for the first look at several windows."""
FIRST_SIDES = (64, 128, 256, 512)
"""Of the windows in px that a first click is looked at in, where nothing says how large it is."""
TIMES_MASK, TIMES_BOX = 2.0, 1.6
"""A window's side over the longer side of the mask or of the box in it."""
WIDER, MOST_WIDENED = 1.5, 2
USUAL_SHARE = 0.45
"""An object's longer side over the window's, in the middle of what was trained."""
UNUSUAL = 0.1
"""What a share e times as large or as small costs, against decidedness from 0 to 1."""


class Network(Protocol):
    """What answers: :class:`core.interaction.network.ClickNetwork`."""

    def probabilities(self, grey: np.ndarray, maps: np.ndarray) -> np.ndarray:
        """Return (N, S, S) from grey levels (N, S, S) and maps of prompts (N, 4, S, S)."""
        ...


@dataclass(frozen=True, eq=False)
class Part:
    """A piece of an image: ``values`` (h, w), its first pixel at row ``top``, column ``left``."""

    top: int
    left: int
    values: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", read_only(self.values))

    @property
    def place(self) -> tuple[slice, slice]:
        """Its rows and columns."""
        height, width = self.values.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def on(self, shape: tuple[int, int]) -> np.ndarray:
        """Return it in an image (H, W) of zeros."""
        whole = np.zeros(shape, self.values.dtype)
        whole[self.place] = self.values
        return whole


@dataclass(frozen=True)
class Prompts:
    """What is said about an object, in px of the image. ``clicks``: oldest first. ``rough``: a mask
    (bool) that is to be corrected, in place of an answer before."""

    clicks: tuple[Click, ...] = ()
    box: Box | None = None
    rough: Part | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """``mask``: bool, the object. ``probability``: float32, over the same pixels. Both empty where
    nothing was found. ``window``: what the network looked at."""

    mask: Part
    probability: Part
    window: Window

    @property
    def is_empty(self) -> bool:
        """Whether there is no object."""
        return not self.mask.values.any()


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
    the answer reaches its edge. A later click changes only what hangs together with it.

    Raises:
        LamellaError: there is neither a click inside nor a box nor a rough mask, or a click lies
            outside the image.
    """
    _check(grey.shape, prompts)
    if before is None and prompts.rough is None and prompts.box is None:
        found = _first_look(network, grey, prompts, view_px)
        found = _closer(network, grey, prompts, found)
    else:
        start = prompts.rough if before is None else before.probability
        window = _window(grey.shape, prompts, start)
        found = _widened(network, grey, prompts, start, window)
    known = prompts.rough if before is None else before.mask
    if known is None or not prompts.clicks:
        return found
    return _merged(grey.shape, found, known, prompts.clicks[-1])


def _check(shape: tuple[int, int], prompts: Prompts) -> None:
    inside = [click for click in prompts.clicks if click.inside]
    if not inside and prompts.box is None and prompts.rough is None:
        raise LamellaError("Nothing says which object is meant; click into it, or draw a box.")
    for click in prompts.clicks:
        if not (-0.5 <= click.row < shape[0] - 0.5 and -0.5 <= click.column < shape[1] - 0.5):
            raise LamellaError(
                f"A click at row {click.row:.0f}, column {click.column:.0f} lies outside the image "
                f"of {shape[0]} x {shape[1]} px; click into the image."
            )


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


def answers_in(
    network: Network,
    grey: np.ndarray,
    prompts: Sequence[Prompts],
    windows: Sequence[Window],
    side: int,
    starts: Sequence[Part | None] = (),
) -> list[Answer]:
    """Return what the network says in each window, all in one batch of inputs (side, side).

    ``prompts``: for each window. ``starts``: the answer before in each, () for none.
    """
    before = starts or [None] * len(windows)
    images = np.stack([window.cut(grey, side) for window in windows])
    maps = np.stack(
        [
            _maps(said, start, window, side)
            for said, start, window in zip(prompts, before, windows, strict=True)
        ]
    )
    made = network.probabilities(images, maps)
    return [
        _kept(probability, window, grey.shape, said)
        for probability, window, said in zip(made, windows, prompts, strict=True)
    ]


def _maps(prompts: Prompts, start: Part | None, window: Window, side: int) -> np.ndarray:
    clicks = [window.click(click, side) for click in prompts.clicks if window.holds(click)]
    previous = None if start is None else _seen_through(start, window, side)
    box = None if prompts.box is None else window.box(prompts.box, side)
    return prompt_maps((side, side), clicks, previous, box)


def _seen_through(part: Part, window: Window, side: int) -> np.ndarray:
    """Return ``part`` in the network's pixels, 0 where it says nothing."""
    whole = np.zeros((window.side, window.side), np.float32)
    top, left = part.top - window.top, part.left - window.left
    height, width = part.values.shape
    rows = slice(max(top, 0), min(top + height, window.side))
    columns = slice(max(left, 0), min(left + width, window.side))
    if rows.start < rows.stop and columns.start < columns.stop:
        whole[rows, columns] = part.values[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
    return scaled(whole, side)


def _kept(
    probability: np.ndarray, window: Window, shape: tuple[int, int], prompts: Prompts
) -> Answer:
    """Return what the network said, in pixels of the image: the pieces that were clicked."""
    rows, columns = window.inside(shape)
    values = window.place(probability, shape)
    mask = _clicked_pieces(values > 0.5, (rows.start, columns.start), prompts.clicks)
    top, left = rows.start, columns.start
    return Answer(Part(top, left, mask), Part(top, left, values), window)


def _clicked_pieces(
    mask: np.ndarray, first: tuple[int, int], clicks: Sequence[Click]
) -> np.ndarray:
    """Return the regions of ``mask`` that clicks inside lie in; all of it where none does."""
    pieces = cv2.connectedComponents(mask.astype(np.uint8))[1]
    found = set()
    for click in clicks:
        row, column = round(click.row) - first[0], round(click.column) - first[1]
        if click.inside and 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]:
            found.add(int(pieces[row, column]))
    found.discard(0)
    return np.isin(pieces, list(found)) if found else mask


def _merged(shape: tuple[int, int], found: Answer, before: Part, click: Click) -> Answer:
    """Return ``found`` with only those changes to ``before`` that hang together with the last
    click.

    Source: Chen et al. 2022, arXiv:2204.02574, section 3.3 ("progressive merge").
    """
    top = min(before.top, found.mask.top)
    left = min(before.left, found.mask.left)
    bottom = max(before.place[0].stop, found.mask.place[0].stop)
    right = max(before.place[1].stop, found.mask.place[1].stop)
    old, new = (np.zeros((bottom - top, right - left), bool) for _ in range(2))
    for canvas, part in ((old, before), (new, found.mask)):
        canvas[_within(part, top, left)] = part.values > 0.5
    chance = np.zeros(old.shape, np.float32)
    chance[_within(before, top, left)] = old[_within(before, top, left)]
    chance[_within(found.probability, top, left)] = found.probability.values
    pieces = cv2.connectedComponents((old ^ new).astype(np.uint8))[1]
    row, column = round(click.row) - top, round(click.column) - left
    inside = 0 <= row < old.shape[0] and 0 <= column < old.shape[1]
    own = int(pieces[row, column]) if inside else 0
    mask = np.where(pieces == own, new, old) if own else new
    return Answer(Part(top, left, mask), Part(top, left, chance), found.window)


def _within(part: Part, top: int, left: int) -> tuple[slice, slice]:
    rows, columns = part.place
    return slice(rows.start - top, rows.stop - top), slice(
        columns.start - left, columns.stop - left
    )
