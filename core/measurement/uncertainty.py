"""Where the uncertainty of a measured value comes from, and what the sources come to together.

Parts are half-widths of 95 % intervals and add in quadrature, as uncorrelated contributions do
(JCGM 100:2008, GUM, section 5.1); below and above the value apart, as many intervals are lopsided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, isfinite

import numpy as np

FEWEST_FOR_A_SHARE = 20


@dataclass(frozen=True)
class Part:
    """One source of a value's uncertainty.

    ``source``: "counting", "fields", "pixel size" or "model". ``below``, ``above``: how far its
    95 % interval reaches from the value, in the value's unit, at least 0. ``note``: where it comes
    from, in words. ``shared``: in [0, 1], the share of it that all fields have in common, so that a
    mean over fields does not make it smaller.
    """

    source: str
    below: float
    above: float
    note: str = ""
    shared: float = 1.0

    def __post_init__(self) -> None:
        if not (isfinite(self.below) and isfinite(self.above) and min(self.below, self.above) >= 0):
            raise ValueError(f"{self.source}: {self.below} below and {self.above} above a value")


@dataclass(frozen=True)
class ModelError:
    """How far a model's measurand was off on images with a reference mask.

    ``measurand``: "mean_diameter", "mean_intercept", or "fraction.PHASE" with the phase's name.
    ``mean``: of the signed errors of the images, relative to the reference; of a fraction in
    percentage points. ``within_95``: what the absolute error of 95 % of the images lies within; the
    largest where they are fewer than 20. ``images``: how many.
    """

    measurand: str
    mean: float
    within_95: float
    images: int

    @property
    def images_in_words(self) -> str:
        """On which images: "95 % of 54 validation images", all of them where they are few."""
        share = "95 %" if self.images >= FEWEST_FOR_A_SHARE else "all"
        return f"on {share} of {self.images} validation images"

    @property
    def shared(self) -> float:
        """How much of ``within_95`` is the mean error, which further fields do not average out."""
        return min(1.0, abs(self.mean) / self.within_95) if self.within_95 else 0.0


def model_error(measurand: str, errors: Sequence[float]) -> ModelError | None:
    """Return what the signed errors of single images come to; nan is left out, None without any."""
    known = np.asarray(errors, np.float64)
    known = known[np.isfinite(known)]
    if not known.size:
        return None
    within = np.quantile(np.abs(known), 0.95, method="higher")
    return ModelError(measurand, float(known.mean()), float(within), int(known.size))


def combined(value: float, parts: Sequence[Part]) -> tuple[float, float] | None:
    """Return the 95 % interval that the parts give together; None without a part."""
    if not parts:
        return None
    below, above = (hypot(*ends) for ends in zip(*((p.below, p.above) for p in parts), strict=True))
    return value - below, value + above
