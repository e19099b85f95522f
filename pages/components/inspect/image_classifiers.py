"""Networks in Inspect that are trained, though not to segment, so not in the zoo: those of the case
studies, and the classifiers of whole micrographs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.palette import phase_color
from core.types.segmentation import Phase
from pages.components.frame import stores
from pages.components.frame.work import networks

if TYPE_CHECKING:
    from core.types.model_card import Network

GREY_MEAN = GREY_STD = 0.5
"""Of the spins as grey levels 0 and 1; the networks take -1 and 1."""
SPINS_BYTES, CLASSIFIER_BYTES = 3_000_000, 45_000_000


@dataclass(frozen=True)
class ImageClassifier:
    """A trained network that names the class of a whole image.

    ``fixed_side``: of its image in px, None where it takes any. ``mean``, ``std``: of the grey
    levels that it expects. ``load`` returns it with its weights.
    """

    title: str
    idea: str
    phases: tuple[Phase, ...]
    fixed_side: int | None
    mean: float
    std: float
    size_bytes: int
    load: Callable[[], Network]


def by_name() -> Mapping[str, ImageClassifier]:
    """Return these networks by their name in links."""
    return {**_classifiers(), **_ising()}


def _classifiers() -> dict[str, ImageClassifier]:
    from models import classifiers

    return {
        name: ImageClassifier(
            card.title,
            card.purpose,
            card.phases,
            card.crop_px,
            card.mean,
            card.std,
            CLASSIFIER_BYTES,
            lambda name=name: networks.classifier(name),
        )
        for name, card in classifiers.CARDS.items()
        if card.weights is not None
    }


def _ising() -> dict[str, ImageClassifier]:
    from studies.ising.networks import results as ising

    phases = Phase("T < Tc", phase_color(0)), Phase("T > Tc", phase_color(1))
    return {
        name: ImageClassifier(
            one.title,
            one.idea,
            phases,
            one.fixed_side,
            GREY_MEAN,
            GREY_STD,
            SPINS_BYTES,
            lambda one=one: ising.load(one.network, one.side),
        )
        for name, one in ising.inspectable().items()
    }


def network(name: str) -> Network:
    """Return a network with its weights, loaded once for all sessions while it is kept.

    Raises:
        ModelError: its weights are missing or damaged.
    """
    key = ("network of an image classifier", name)
    found = stores.inspections().get(key)
    if found is None:
        one = by_name()[name]
        found = one.load()
        stores.inspections().put(key, found, one.size_bytes)
    return found
