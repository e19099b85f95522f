"""What Segment shows of an image: what the chosen model finds, or a result of the library."""

from __future__ import annotations

from dataclasses import dataclass

from core.types.model_card import ModelCard
from pages.components.frame import sidebar
from pages.components.frame.memory import Opened
from pages.components.segment import marking, run, selection, stored, suggestion
from pages.components.segment.marking import Marking
from pages.components.segment.run import Result


@dataclass(frozen=True, eq=False)
class Chosen:
    """``marked``: of a model that learns from marks. ``found``: None while there is no result.
    ``kept``: id of the result that the link names; "" where the model was asked."""

    card: ModelCard
    marked: Marking | None
    found: Result | None
    kept: str = ""

    def look_for_another_model(self, opened: Opened) -> None:
        """Find in the background whether another model may fit the image better than the one that
        was asked; see :func:`suggestion.find_out`."""
        if not self.kept and self.marked is None:
            suggestion.find_out(opened)


def choose(opened: Opened) -> Chosen:
    """Draw the choice of the model, or the result that the link names; select what it selects."""
    selection.LINK.read()
    kept = stored.choose(opened, selection.LINK)
    if kept is not None:
        result = kept.result
        selection.follow_link(result.analysis)
        return Chosen(kept.card, None, result, kept.stored.id)
    card = sidebar.choose_model()
    button, below_the_model = sidebar.about_model(card)
    card, marked = marking.choose(opened, card)
    settings = sidebar.object_settings(card)
    with button:
        found = run.segment(opened, card, settings, marked)
    analysis = found.analysis if found else None
    selection.follow_link(analysis)
    with below_the_model:
        suggestion.draw(opened, card, analysis, marked)
    return Chosen(card, marked, found)
