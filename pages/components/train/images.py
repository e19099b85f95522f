"""The images of a training to come: kept, and what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.errors import LamellaError
from core.workspace.lab import trainings
from pages.components.frame import session
from pages.components.train.link import LINK

if TYPE_CHECKING:
    from core.training.fine_tuning.images import TeachingImage
    from core.workspace.lab.training import Facts
    from core.workspace.workspace import Workspace

REFUSED = "train_refused"
"""What is remembered of why images cannot be used."""


MOST_NAMED = 3


def title_of(images: Sequence[TeachingImage]) -> str:
    """Return what a training of these images is called: after their specimens."""
    names = sorted({one.origin.specimen for one in images})
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def keep(workspace: Workspace, title: str, images: Sequence[TeachingImage], facts: Facts) -> None:
    """Keep the images and open their training; call it before a page is drawn."""
    try:
        made = trainings.add(workspace, session.owner(), title, images, facts)
    except LamellaError as error:
        session.remember(REFUSED, (str(error),))
        return
    session.remember(REFUSED, ())
    LINK.change(training=made.id, shown=None)
