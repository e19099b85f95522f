"""Warnings for images that lie outside the training data of a model."""

from __future__ import annotations

import cv2
import numpy as np

from core.measurement.image_statistics import ImageStatistics, image_statistics
from core.segmentation.preprocessing import has_sparse_objects, image_field
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard, StatisticRange
from core.types.pixel_size import PixelSize

# (what is below the range, what is above it, what to do)
WORDS = {
    "mean": ("darker", "brighter", "Crop frames, labels and empty borders away."),
    "contrast": ("lower in contrast", "higher in contrast", "Crop dark or bright borders away."),
    "skewness": (
        "more negatively skewed in grey level",
        "more positively skewed in grey level",
        "Invert the image if its contrast is the reverse of the training images.",
    ),
    "noise": ("smoother", "noisier", "Use the image as recorded, or average several frames."),
    "structure_px": (
        "finer in structure",
        "coarser in structure",
        "Record at another magnification, or bin the image.",
    ),
}
# What a few small objects, however clear they are, hardly change.
OF_THE_GROUND = ("contrast", "skewness", "structure_px")
# Of one Gaussian, cut in two at Otsu's threshold, 2.65, in three 2.9; of a slope with noise 3.2.
SEPARATED = 3.3
# Fewer objects can be looked at one by one.
MANY = 20
NEIGHBOURHOOD_PART = 8
ONE_GREY_LEVEL = (
    "Every pixel of this image holds the same grey level, so there is nothing to segment: open "
    "another page of the file, or save the image again."
)


def is_constant(micrograph: Micrograph) -> bool:
    """Return whether all pixels that are image hold one grey level."""
    grey = micrograph.pixels[micrograph.measurable]
    return not grey.size or bool(grey.min() == grey.max())


def network_statistics(
    micrograph: Micrograph, pixel_size_nm: float | None = None
) -> ImageStatistics:
    """Return the statistics of ``micrograph`` as a network sees it: stretched, in square pixels,
    of those pixels alone that hold a grey level of the image. ``pixel_size_nm``: that the network
    was trained at, see :func:`image_field`."""
    field = image_field(micrograph, pixel_size_nm)
    return image_statistics(field.grey, field.valid)


def out_of_distribution_warnings(card: ModelCard, micrograph: Micrograph) -> tuple[str, ...]:
    """Return a sentence for each way in which ``micrograph`` lies outside ``card``'s training data.

    Nothing for a card that holds no ranges. The ranges are the smallest and the largest value
    over the training images.
    """
    if not card.ranges:
        return ()
    sentences = [_about_pixel_size(card, micrograph.pixel_size)]
    found = network_statistics(micrograph, card.pixel_size_nm)
    outside = [one for one in card.ranges if not one.low <= getattr(found, one.name) <= one.high]
    if any(one.name in OF_THE_GROUND for one in outside) and has_sparse_objects(micrograph):
        outside = [one for one in outside if one.name not in OF_THE_GROUND]
    for known in outside:
        below, above, remedy = WORDS[known.name]
        value = getattr(found, known.name)
        word = below if value < known.low else above
        sentences.append(
            f"This image is {word} than any that {card.title} was trained on ({_words(known.name)} "
            f"{value:.3g}; training {known.low:.3g} to {known.high:.3g}). {remedy} Check the "
            "labels before you trust them."
        )
    return tuple(filter(None, sentences))


def brightness_around(grey: np.ndarray) -> StatisticRange:
    """Return how bright other images may be, as far as one image (H, W) in [0, 1] tells: half of
    the standard deviation of its grey levels to either side of their mean."""
    middle, spread = float(grey.mean()), float(grey.std()) / 2
    return StatisticRange("mean", middle - spread, middle + spread)


def threshold_warning(
    card: ModelCard, micrograph: Micrograph, labels: np.ndarray, objects: int
) -> tuple[str, ...]:
    """Return a sentence where a classic method cut noise or texture in two, as in an image without
    objects; none for a network.

    The phase of the objects must lie apart from the others in grey, as it is or against its
    neighbourhood, by :data:`SEPARATED` in units of the spread within the phases. ``labels``:
    (H, W). ``objects``: how many were found. Source: Ashman et al. 1994, doi 10.1086/117248.
    """
    if card.method is None or card.objects_phase is None or objects < MANY:
        return ()
    measurable = micrograph.measurable
    pixels = micrograph.pixels
    sigma = min(pixels.shape) / NEIGHBOURHOOD_PART
    even = pixels - cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    found = labels[measurable]
    if (
        max(_apart(one[measurable], found, card.objects_phase) for one in (pixels, even))
        >= SEPARATED
    ):
        return ()
    return (
        f"The grey levels of the phase {card.phases[card.objects_phase].name!r} go over into the "
        f"others' without a gap, so many of these {objects} objects may be noise or texture, as in "
        "an image without any. Look at the labels, raise the smallest area, or choose a network.",
    )


def _apart(grey: np.ndarray, labels: np.ndarray, phase: int) -> float:
    """Return how far the mean grey (n,) of a phase lies from that of the nearest other one."""
    here, nearest = grey[labels == phase], np.inf
    for other in np.unique(labels[labels != phase]):
        there = grey[labels == other]
        spread = np.sqrt((here.var() + there.var()) / 2)
        nearest = min(nearest, abs(here.mean() - there.mean()) / max(spread, 1e-6))
    return float(nearest)


def _about_pixel_size(card: ModelCard, size: PixelSize | None) -> str:
    if size is None or card.pixel_range_nm is None:
        return ""
    low, high = card.pixel_range_nm
    if low <= size.nm <= high:
        return ""
    return (
        f"The pixel size of {size.nm:.4g} nm lies outside the {low:.4g} to {high:.4g} nm of the "
        f"images that {card.title} was trained on. Check it, or record within that range."
    )


def _words(name: str) -> str:
    return {"mean": "mean grey", "structure_px": "correlation length in px"}.get(name, name)
