"""Generated images to try to teach a network with, of a kind that no model of the zoo knows."""

from __future__ import annotations

from core.segmentation.forest.marks import named_phases
from core.segmentation.preprocessing import eight_bit, image_field
from core.synthesis.lamellar import NAMES, lamellar
from core.training.fine_tuning.images import Origin, TeachingImage
from core.types.segmentation import Phase

SEEDS = (1, 2, 3, 4, 5, 6)
TITLE = "Lamellar alloy, generated"


def sample_phases() -> tuple[Phase, ...]:
    """Return the phases in the labels of :func:`sample_images`."""
    return named_phases(NAMES)


def sample_images() -> tuple[TeachingImage, ...]:
    """Return six images with their true labels, each of a specimen of its own."""
    found = []
    for number, seed in enumerate(SEEDS, 1):
        made = lamellar(seed)
        shown = made.micrograph
        size = shown.pixel_size
        origin = Origin(
            f"lamellar-{number}.png",
            f"specimen {number}",
            from_blank=True,
            pixel_nm=size.nm if size else None,
            sha256=shown.digest,
        )
        found.append(TeachingImage(eight_bit(image_field(shown).grey), made.labels, None, origin))
    return tuple(found)
