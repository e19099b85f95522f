"""What a user's own model may start from: each network of the zoo, or ImageNet's weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.types.model_card import ModelCard
from models import lab, zoo
from models.lab.networks import BUILDERS

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.training.augmentation import Pair
    from core.training.fine_tuning.start import Start
    from core.workspace.workspace import Workspace

USUAL = "particles"
"""For images of a kind that no model knows: it saw the most different micrographs."""
IMAGENET = "imagenet"
IMAGENET_TITLE = "ImageNet photographs"
GENERATED_SIDE = 512


def names() -> tuple[str, ...]:
    """Return what a training may start from, by name."""
    return (*(card.name for card in zoo.CARDS.values() if can_teach(card)), IMAGENET)


def titles(workspace: Workspace | None, owner: str) -> dict[str, str]:
    """Return what a training of ``owner`` may start from: titles by name, ImageNet's last."""
    cards = lab.cards(workspace, owner)
    return {
        **{name: card.title for name, card in cards.items() if can_teach(card)},
        IMAGENET: IMAGENET_TITLE,
    }


def phases(workspace: Workspace | None, owner: str, name: str) -> tuple[str, ...]:
    """Return the names of the phases that a model knows; () of ImageNet's weights."""
    if name == IMAGENET:
        return ()
    return tuple(phase.name for phase in lab.card(workspace, owner, name).phases)


def can_teach(card: ModelCard) -> bool:
    """Return whether it is a trained network that a taught one can be kept as."""
    return card.weights is not None and card.architecture in BUILDERS


def start_of(name: str) -> Start:
    """Return what a training starts from.

    Raises:
        ModelError: there is no such network, or it is not trained.
    """
    if name == IMAGENET:
        return imagenet()
    return start_of_card(zoo.card(name))


def start_for(workspace: Workspace | None, owner: str, name: str) -> Start:
    """Return what a training of ``owner`` starts from: also a network of this lab.

    Raises:
        ModelError: there is no such network, or it is not trained.
    """
    return imagenet() if name == IMAGENET else start_of_card(lab.card(workspace, owner, name))


def packed(state: Mapping[str, Tensor]) -> bytes:
    """Return weights as the file that a network of this lab is kept as."""
    from models.weights_file import packed

    return packed(state)


def start_of_card(card: ModelCard) -> Start:
    """Return a trained network as what a training starts from.

    Raises:
        ModelError: it is no network, or has no weights.
    """
    from core.training.fine_tuning.start import Start

    if not can_teach(card):
        raise ModelError(
            f"{card.title} has no trained network that can be taught; start from one of "
            f"{', '.join(names())}."
        )
    assert card.weights is not None
    return Start(
        name=card.name,
        sha256=card.weights.sha256,
        build=BUILDERS[card.architecture],
        initialize=partial(_initialize, card),
        phases=card.phases,
        mean=card.mean,
        std=card.std,
        objects_phase=card.objects_phase,
        object_outputs=card.object_outputs,
        scale=card.tta_scales[0],
        upright=card.upright,
        generated=_generated(card),
    )


def imagenet() -> Start:
    """Return ImageNet's weights in the encoder that most models of the zoo have."""
    from core.training.fine_tuning.start import Start
    from core.training.initialization import efficientnet_lite_imagenet
    from models.architectures.unet import build_lite0_unet

    card = zoo.card(USUAL)
    return Start(
        name=IMAGENET,
        sha256="",
        build=build_lite0_unet,
        initialize=efficientnet_lite_imagenet,
        phases=(),
        mean=card.mean,
        std=card.std,
        knows_micrographs=False,
    )


def _initialize(card: ModelCard, network: nn.Module) -> object:
    from core.training.initialization import weights_of_another
    from models.weights_file import trained

    return weights_of_another(network, trained(card))


def _generated(card: ModelCard) -> Callable[[], Sequence[Pair]] | None:
    """Return what makes images of the model's kind with a known answer; None where nothing does."""
    known = {"particles": _particles, "particles-resnet18": _particles, "superalloy": _superalloy}
    return known.get(card.name) if card.origin == "zoo" else None


def _particles() -> Sequence[Pair]:
    """Return the generated samples of particles, a corner of 512 px of each: phases alone, as the
    generator overlays particles without borders."""
    from core.segmentation.preprocessing import eight_bit, image_field
    from core.synthesis.samples import samples
    from core.training.augmentation import Pair

    side = GENERATED_SIDE
    found = []
    for one in samples():
        made = one.build()
        grey = eight_bit(image_field(made.micrograph).grey)
        found.append(Pair(one.name, grey[:side, :side], made.labels[:side, :side]))
    return found


def _superalloy() -> Sequence[Pair]:
    from core.segmentation.preprocessing import eight_bit, image_field
    from core.synthesis.superalloy import superalloy
    from core.training.augmentation import Pair

    made = [superalloy(seed) for seed in (2, 3)]
    return [
        Pair(one.micrograph.name, eight_bit(image_field(one.micrograph).grey), one.labels)
        for one in made
    ]
