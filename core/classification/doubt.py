"""Whether an image shows what a model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.classification.card import Classification, ClassifierCard
from core.classification.classify import classify_unless
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard

if TYPE_CHECKING:
    from core.segmentation.engines.engine import Engine

SURE = 0.7
"""Probability from which an image is called one of a class.

Of the micrographs that the classifier was not trained on (67 held out of its classes, 33 of
supported metal particles in STEM, 32 of grains, those among files of many instruments) 76 reach
it, and all 76 are named right; 4 of 10 photographs reach it too, and are wrong. Measured before
supported particles were parted from what else were other.
"""
SURE_OF_PART = 0.5
"""The same for a class that is a part of what else were other.

Of 16 images of platinum on supports that it was not fitted to, 6 reach it, and none of 113 images
held out of the other classes; of 28 files of many instruments, two TEM images.
"""
UNLIKE = 0.25
"""Probability of a model's own class below which an image is unlike its training images.

The lowest of the 67 micrographs that were held out is 0.30.
"""


def class_of(card: ModelCard, classifier: ClassifierCard) -> int | None:
    """Return the index of the class that ``card``, or the model that it is a variant of, is for;
    None where the classifier has none for it, as for a model that users made."""
    if card.origin != "zoo":
        return None
    for index, name in enumerate(classifier.suggests):
        if card.name == name or card.name.startswith(f"{name}-"):
            return index
    return None


def sure_suggestion(found: Classification) -> str | None:
    """Return the name of the model for the image where the classifier is sure, else None."""
    least = SURE_OF_PART if found.index == found.card.part_of_other else SURE
    return found.suggestion if found.probabilities[found.index] >= least else None


def doubts(card: ModelCard, found: Classification) -> tuple[str, ...]:
    """Return a sentence where the image looks like none that ``card`` was trained on."""
    own = _telling_class(card, found.card)
    if own is None or found.probabilities[own] >= UNLIKE:
        return ()
    name, share = found.card.phases[own].name, 100 * found.probabilities[own]
    other = ""
    if sure_suggestion(found) is not None:
        winner = 100 * found.probabilities[found.index]
        other = f", and of {found.image_class.name} {winner:.0f} %"
    return (
        f"A classifier of micrographs finds {share:.0f} % likeness with our images of {name}, "
        f"which {card.title} was trained on{other}.",
    )


def doubts_about(
    micrograph: Micrograph, card: ModelCard, classifier: ClassifierCard, engine: Engine
) -> tuple[str, ...]:
    """Return the :func:`doubts` of a ``classifier``, which ``engine`` runs, about an image; it is
    looked at no longer than there may be any."""
    own = _telling_class(card, classifier)
    if own is None:
        return ()
    found = classify_unless(micrograph, engine, classifier, own, UNLIKE)
    return () if found is None else doubts(card, found)


def _telling_class(card: ModelCard, classifier: ClassifierCard) -> int | None:
    """Return the :func:`class_of` a model where a low probability says that an image is unlike it:
    of a part of other it is low for some of the model's own training images."""
    own = class_of(card, classifier)
    return None if own == classifier.part_of_other else own
