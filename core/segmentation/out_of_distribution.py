"""Whether an image is like those that a model learned from; where not, its labels need a look."""

from __future__ import annotations

from core.measurement.image_statistics import ImageStatistics, image_statistics
from core.segmentation.preprocessing import image_field
from core.types import Micrograph, ModelCard, PixelSize

# (what is below the range, what is above it, what to do)
WORDS = {
    "mean": ("darker", "brighter", "Crop frames, labels and empty borders away."),
    "contrast": ("flatter", "harsher in contrast", "Crop dark or bright borders away."),
    "skewness": (
        "more dominated by bright areas",
        "more dominated by dark areas",
        "Invert the image if bright and dark stand the other way round.",
    ),
    "noise": ("smoother", "noisier", "Use the image as recorded, or average several frames."),
    "structure_px": (
        "finer in structure",
        "coarser in structure",
        "Record at another magnification, or bin the image.",
    ),
}


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
    sentences = [_about_pixel_size(card, micrograph.pixel_size)] if card.ranges else []
    if card.ranges:
        found = network_statistics(micrograph, card.pixel_size_nm)
    for known in card.ranges:
        below, above, remedy = WORDS[known.name]
        value = getattr(found, known.name)
        if known.low <= value <= known.high:
            continue
        word = below if value < known.low else above
        sentences.append(
            f"This image is {word} than any that {card.title} was trained on ({_words(known.name)} "
            f"{value:.3g}; training {known.low:.3g} to {known.high:.3g}). {remedy} Look at the "
            "labels before you trust them."
        )
    return tuple(filter(None, sentences))


def _about_pixel_size(card: ModelCard, size: PixelSize | None) -> str:
    if size is None or card.pixel_range_nm is None:
        return ""
    low, high = card.pixel_range_nm
    if low <= size.nm <= high:
        return ""
    return (
        f"The pixel size of {size.nm:.4g} nm lies outside the {low:.4g} to {high:.4g} nm of the "
        f"images that {card.title} was trained on. Check it, or record at such a magnification."
    )


def _words(name: str) -> str:
    return {"mean": "mean grey", "structure_px": "correlation length in px"}.get(name, name)
