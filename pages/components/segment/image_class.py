"""What a micrograph looks like to the classifier, found once for all sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import LamellaError
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from pages.components.frame import stores
from pages.components.frame.memory import Opened
from pages.components.frame.work import networks

if TYPE_CHECKING:
    from core.classification.card import Classification

RESULT_BYTES = 1000


def key(shown: Micrograph) -> tuple[object, ...]:
    """Return what decides the class."""
    return ("class", shown.digest, shown.bar_rows)


def known(shown: Micrograph) -> Classification | None:
    """Return the class of a micrograph where it was found already."""
    found: Classification | None = stores.results().get(key(shown))
    return found


def keep(shown: Micrograph, found: Classification) -> None:
    """Keep the class of a micrograph."""
    stores.results().put(key(shown), found, RESULT_BYTES)


def is_there() -> bool:
    """Return whether the classifier has been trained."""
    from models import classifiers

    return classifiers.CARDS[classifiers.MICROGRAPH_TYPE].weights is not None


def classified(shown: Micrograph) -> Classification:
    """Return the class of a micrograph.

    Raises:
        LamellaError: the classifier's weights are missing or damaged.
    """
    from core.classification.classify import classify
    from models import classifiers

    name = classifiers.MICROGRAPH_TYPE
    return classify(shown, networks.classifier(name), classifiers.CARDS[name])


def doubts(opened: Opened, card: ModelCard, compute: bool = True) -> tuple[str, ...]:
    """Return why the image is unlike the training images of a network; nothing of a sample, which
    is generated for its model. ``compute``: find its class where that is not known yet."""
    from core.classification import doubt

    if card.weights is None or opened.truth is not None or not is_there():
        return ()
    found = known(opened.micrograph)
    if found is None and not compute:
        return ()
    if found is None:
        try:
            found = classified(opened.micrograph)
        except LamellaError:
            return ()
        keep(opened.micrograph, found)
    return doubt.doubts(card, found)
