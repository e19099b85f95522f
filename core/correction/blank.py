"""An image that was not segmented, to be drawn on from nothing."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from core.analysis.analysis import Analysis
from core.analysis.remeasure import remeasure
from core.segmentation.settings import ObjectSettings
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.segmentation import Phase, Segmentation

BLANK = "by-hand"
"""Name of what stands in for a model where none was asked."""
PHASES = (Phase("ground", "#0072B2"), Phase("object", "#E69F00"))


def blank_card(phases: tuple[Phase, ...] = PHASES, objects_phase: int | None = 1) -> ModelCard:
    """Return the card of a segmentation that a person made from nothing.

    ``phases``: the first is that of an image on which nothing is drawn.
    """
    return ModelCard(
        name=BLANK,
        title="Drawn by hand",
        purpose="A person draws phases and objects; no model takes part.",
        phases=phases,
        build=None,
        method=_nothing,
        weights=None,
        architecture="none: drawn by hand",
        mean=0.0,
        std=1.0,
        data="none: nothing is learned",
        licence="BSD-3-Clause",
        reference="",
        objects_phase=objects_phase,
    )


def blank(
    micrograph: Micrograph, phases: tuple[Phase, ...] = PHASES, objects_phase: int | None = 1
) -> Analysis:
    """Return an analysis of ``micrograph`` in which everything is of the first phase."""
    card, shape = blank_card(phases, objects_phase), micrograph.shape
    probabilities = np.zeros((len(phases), *shape), np.float16)
    probabilities[0] = 1
    names = [phase.name for phase in phases]
    segmentation = Segmentation(
        labels=_nothing(micrograph.pixels, None),
        probabilities=probabilities,
        phases=phases,
        pixel_size=micrograph.pixel_size,
        model=BLANK,
        digest=hashlib.sha256(f"{BLANK} {micrograph.digest} {names}".encode()).hexdigest(),
    )
    found = Analysis(
        micrograph=micrograph,
        card=card,
        segmentation=segmentation,
        objects=np.zeros(shape, np.uint32),
        table=pd.DataFrame(),
        object_settings=ObjectSettings(),
        seconds=0.0,
    )
    return remeasure(found)


def _nothing(grey: np.ndarray, valid: np.ndarray | None) -> np.ndarray:
    return np.zeros(grey.shape, np.uint8)
