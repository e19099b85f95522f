"""Questions and masks as a browser sends and gets them: JSON values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import LamellaError
from core.interaction.answers import Part, Prompts
from core.interaction.prompts import Box, Click

MOST_CLICKS, MOST_ROUGH_PX = 100, 64_000_000


@dataclass(frozen=True, eq=False)
class Question:
    """``asker``: a tab of a browser. ``turn``: grows with each of its questions. ``view_px``: the
    longer side of what it shows of the image, in px of the image. ``like``: masks of objects whose
    like is asked for; () where one object is.
    """

    asker: str
    turn: int
    prompts: Prompts
    view_px: float | None = None
    like: tuple[Part, ...] = ()


def question_from(sent: Any) -> Question:
    """Return the question in JSON values, as a browser sends them.

    ``{"asker", "turn", "view", "clicks": [[row, column, inside], ...], "box": [top, left, bottom,
    right] or null, "rough": [[row, left, right], ...] or null, "like": [rows,
    ...]}``: rows of a mask from ``left`` to before ``right``.

    Raises:
        LamellaError: it is none.
    """
    try:
        clicks = tuple(
            Click(float(row), float(column), bool(i)) for row, column, i in sent["clicks"]
        )
        box = None if sent.get("box") is None else Box(*map(float, sent["box"]))
        rough = None if not sent.get("rough") else mask_of_rows(sent["rough"])
        view = None if sent.get("view") is None else float(sent["view"])
        like = tuple(mask_of_rows(rows) for rows in sent.get("like", ()))
        asker, turn = str(sent["asker"])[:64], int(sent["turn"])
        numbers = [value for one in clicks for value in (one.row, one.column)]
        numbers += [] if box is None else [box.top, box.left, box.bottom, box.right]
        if (
            max(len(clicks), len(like)) > MOST_CLICKS
            or not np.isfinite([*numbers, view or 1.0]).all()
        ):
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LamellaError(
            "The browser sent clicks that cannot be read; reload the page and click again."
        ) from error
    return Question(asker, turn, Prompts(clicks, box, rough), view, like)


def mask_of_rows(rows: Any) -> Part:
    """Return the mask of runs (row, left, right), ``right`` not included.

    Raises:
        ValueError: a run is empty, or the mask is larger than any image.
    """
    runs = np.asarray(rows, np.int64)
    if runs.ndim != 2 or runs.shape[1] != 3 or (runs < 0).any() or (runs[:, 1] >= runs[:, 2]).any():
        raise ValueError("runs of (row, left, right) are needed")
    top, left = int(runs[:, 0].min()), int(runs[:, 1].min())
    height, width = int(runs[:, 0].max()) - top + 1, int(runs[:, 2].max()) - left
    if height * width > MOST_ROUGH_PX:
        raise ValueError("the mask is too large")
    mask = np.zeros((height, width), bool)
    for row, start, end in runs:
        mask[row - top, start - left : end - left] = True
    return Part(top, left, mask)


def rows_of_mask(part: Part) -> list[list[int]]:
    """Return the runs (row, left, right) of a mask, ``right`` not included, in raster order."""
    padded = np.pad(part.values.astype(np.int8), ((0, 0), (1, 1)))
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    _, ends = np.nonzero(change == -1)
    columns = (rows + part.top, starts + part.left, ends + part.left)
    return np.column_stack(columns).tolist()
