"""Gold nanoparticles in HRTEM images: a U-Net that has seen simulated images only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types.model_card import ModelCard, Score, StatisticRange
from core.types.segmentation import Phase
from models.weights import weights
from models.zoo import particles

if TYPE_CHECKING:
    from torch import nn

    from core.training.recipe import Recipe

PHASES = (Phase("background", "#0072B2"), Phase("gold", "#E69F00"))
UNSEEN = "64 simulated images of held-out specimens and microscopes"


def build() -> nn.Module:
    """Return the untrained network: (N, 1, H, W) -> (N, 2, H, W) logits."""
    from models.architectures.unet import build_lite0_unet

    return build_lite0_unet(len(PHASES))


def from_particles(network: nn.Module) -> str:
    """Put the weights of the model ``particles`` into ``network``; return what to call that."""
    from core.training.initialization import weights_of_another
    from models.weights_file import trained

    return f"{weights_of_another(network, trained(particles.CARD))} (particles)"


def recipe() -> Recipe:
    """Return how it is trained: from the model ``particles``, on synthetic data generated on the
    fly."""
    from core.training.recipe import Recipe
    from core.training.synthetic_gold import gold_data

    return Recipe(
        steps=300,
        initialize=from_particles,
        masks="instances",
        batch=6,
        crop_px=256,
        averaging=0.98,
        validate_every=100,
        patience=8,
        frozen=("encoder.model.conv_stem", "encoder.model.bn1", "encoder.model.blocks.0"),
        source=gold_data,
    )


CARD = ModelCard(
    name="gold",
    title="Gold nanoparticles",
    purpose=(
        "Segments gold nanoparticles on carbon in HRTEM images, by lattice or mass-thickness "
        "contrast."
    ),
    phases=PHASES,
    build=build,
    weights=weights("gold", "0e4a0aa3236ba9e2e43ac02b6f8578d67c613113fb39252fd427895751b0bc6d"),
    architecture="U-Net, EfficientNet-Lite0 encoder",
    mean=0.5,
    std=0.23,
    data=(
        "simulated HRTEM images only, generated on the fly: 1,800 crops of 256 px, each with its "
        "own specimen and microscope (0.02 to 0.06 nm/px, 80 to 300 kV, 50 to 1000 electrons per "
        "square angstrom, particles of 1.8 to 7 nm)"
    ),
    licence=(
        "no data; initialized from the model particles (EMPS and ImageNet, see there); these "
        "weights BSD-3-Clause"
    ),
    reference="Rangel DaCosta et al. 2024, doi:10.1038/s41524-024-01336-0",
    scores=(
        Score(
            "Dice of gold, mean over images",
            0.920,
            UNSEEN,
            "dice_unseen",
            test_set="made",
            command="make studies",
        ),
    ),
    limits=(
        "Single-slice simulation without channelling: particles thicker than a few nanometres look "
        "different in a microscope. Not measured on real micrographs."
    ),
    training_cost="0.2 h on one of two CPU cores",
    objects_phase=1,
    pixel_range_nm=(0.02, 0.06),
    ranges=(
        StatisticRange("mean", 0.328, 0.493),
        StatisticRange("contrast", 0.15, 0.216),
        StatisticRange("skewness", -0.0739, 0.815),
        StatisticRange("noise", 0.0379, 0.198),
        StatisticRange("structure_px", 0.68, 19.8),
    ),
)
