"""What the click network says about windows of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from core.interaction.answers import Answer, Part, Prompts
from core.interaction.prompts import Click, prompt_maps
from core.interaction.windows import Window, scaled

INPUT_PX = 192
LOOK_PX = 128
"""Side of the network's input for an answer, and for the first look at several windows."""


class Network(Protocol):
    """What answers: :class:`core.interaction.network.ClickNetwork`."""

    def probabilities(self, grey: np.ndarray, maps: np.ndarray) -> np.ndarray:
        """Return (N, S, S) from grey levels (N, S, S) and maps of prompts (N, 4, S, S)."""
        ...


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
    mask = clicked_pieces(values > 0.5, (rows.start, columns.start), prompts.clicks)
    top, left = rows.start, columns.start
    return Answer(Part(top, left, mask), Part(top, left, values), window)


def clicked_pieces(mask: np.ndarray, first: tuple[int, int], clicks: Sequence[Click]) -> np.ndarray:
    """Return the regions of ``mask`` that clicks inside lie in; all of it where none does."""
    pieces = cv2.connectedComponents(mask.astype(np.uint8))[1]
    found = set()
    for click in clicks:
        row, column = round(click.row) - first[0], round(click.column) - first[1]
        if click.inside and 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]:
            found.add(int(pieces[row, column]))
    found.discard(0)
    return np.isin(pieces, list(found)) if found else mask
