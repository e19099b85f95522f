"""Clicks on one image that come in over a network: the newest of each asker counts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace

import numpy as np

from core.errors import Cancelled, LamellaError
from core.interaction.answers import Answer, Part, Prompts
from core.interaction.looks import Network
from core.interaction.predictor import answer
from core.interaction.questions import Question
from core.interaction.similar import similar_objects

MOST_KEPT, MOST_ASKERS = 32, 64


class Desk:
    """Answers about one image. ``grey``: (H, W) float32 in [0, 1]. ``top``: row of the micrograph
    that is the first of ``grey``; questions and answers are in rows of the micrograph.

    Safe between threads: one question at a time; one that a newer one of its asker has overtaken
    while it waited is not answered.
    """

    def __init__(self, network: Network, grey: np.ndarray, top: int = 0) -> None:
        self._network, self._grey, self._top = network, grey, top
        self._lock, self._noting = threading.Lock(), threading.Lock()
        self._newest: OrderedDict[str, int] = OrderedDict()
        self._kept: OrderedDict[object, Answer] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """Of the image."""
        return self._grey.nbytes

    def newest(self, asker: str) -> int:
        """Return the turn of the newest question of ``asker``, -1 before the first."""
        return self._newest.get(asker, -1)

    def answer(self, question: Question) -> Answer | None:
        """Return the object that is meant; None where the question was overtaken.

        Raises:
            LamellaError: see :func:`core.interaction.predictor.answer`.
        """
        self._note(question)
        with self._lock:
            if self.newest(question.asker) > question.turn:
                return None
            found = self._after(_moved(question.prompts, -self._top), question.view_px)
        return replace(
            found,
            mask=_down(found.mask, self._top),
            probability=_down(found.probability, self._top),
        )

    def alike(self, question: Question) -> tuple[Part, ...] | None:
        """Return objects like those in ``question.like``, the most alike first; None where a newer
        question of the same asker came meanwhile. Clicks are answered in between.

        Raises:
            LamellaError: see :func:`core.interaction.similar.similar_objects`.
        """
        self._note(question)

        def ask(done: int, total: int) -> None:
            if self.newest(question.asker) > question.turn:
                raise Cancelled

        like = [_down(part, -self._top) for part in question.like]
        try:
            found = similar_objects(self._network, self._grey, like, ask)
        except Cancelled:
            return None
        return tuple(_down(one.mask, self._top) for one in found)

    def _note(self, question: Question) -> None:
        with self._noting:
            self._newest[question.asker] = max(question.turn, self.newest(question.asker))
            self._newest.move_to_end(question.asker)
            if len(self._newest) > MOST_ASKERS:
                self._newest.popitem(last=False)

    def _after(self, prompts: Prompts, view_px: float | None) -> Answer:
        """Return the answer to all clicks, from the one before the last where that is kept; else
        they are gone through once more, as the server may have forgotten them."""
        before = None
        first = 1 if prompts.box is None and prompts.rough is None else 0
        for count in range(first, len(prompts.clicks) + 1):
            said = replace(prompts, clicks=prompts.clicks[:count])
            if not _says_something(said):
                continue
            key = (said.clicks, said.box, _digest(said.rough), view_px if count == first else None)
            found = self._kept.pop(key, None)
            if found is None:
                found = answer(self._network, self._grey, said, before, view_px)
            self._kept[key] = before = found
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        if before is None:
            raise LamellaError("Nothing says which object is meant; click into it, or draw a box.")
        return before


def _says_something(prompts: Prompts) -> bool:
    is_shown = prompts.box is not None or (prompts.rough is not None and prompts.clicks)
    return bool(is_shown or any(click.inside for click in prompts.clicks))


def _digest(rough: Part | None) -> object:
    return rough and (rough.top, rough.left, rough.values.shape, rough.values.tobytes())


def _moved(prompts: Prompts, rows: int) -> Prompts:
    box, rough = prompts.box, prompts.rough
    return Prompts(
        tuple(replace(click, row=click.row + rows) for click in prompts.clicks),
        box and replace(box, top=box.top + rows, bottom=box.bottom + rows),
        rough and _down(rough, rows),
    )


def _down(part: Part, rows: int) -> Part:
    return Part(part.top + rows, part.left, part.values)
