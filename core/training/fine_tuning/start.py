"""What a training starts from, how much of it is moved, and old and new weights mixed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torch import Tensor, nn

from core.training.augmentation import Augmentation, Pair
from core.types.model_card import OBJECT_OUTPUTS
from core.types.segmentation import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

HEAD = "segmentation_head."
FIRST_STAGES = (
    ("encoder.model.conv_stem", "encoder.model.bn1", "encoder.model.blocks.0"),
    ("encoder.conv1", "encoder.bn1", "encoder.layer1"),
)
"""Of EfficientNet-Lite and of ResNet, as segmentation_models_pytorch names them."""
NEXT_STAGES = ("encoder.model.blocks.1", "encoder.model.blocks.2", "encoder.layer2")
FEW_IMAGES = 3


@dataclass(frozen=True)
class Start:
    """What a training starts from.

    ``name``, ``sha256``: of the model and of its weights. ``build``: from the number of outputs to
    an untrained network. ``initialize``: puts the weights that fit into such a network, in place.
    ``phases``: that the model knows. ``objects_phase``: of them, that is counted.
    ``object_outputs``: whether it tells touching objects apart. ``scale``: of an image as the model
    sees it. ``knows_micrographs``: False of ImageNet's weights, whose batch statistics and learning
    rate are not those of a model that is only adapted. ``generated``: images of its kind with a
    known answer, where there are any.
    """

    name: str
    sha256: str
    build: Callable[[int], nn.Module]
    initialize: Callable[[nn.Module], object]
    phases: tuple[Phase, ...]
    mean: float
    std: float
    objects_phase: int | None = None
    object_outputs: bool = False
    scale: float = 1.0
    knows_micrographs: bool = True
    upright: bool = False
    generated: Callable[[], Sequence[Pair]] | None = None

    def network(self, outputs: int) -> nn.Module:
        """Return a network with this many outputs and all weights that fit."""
        network = self.build(outputs)
        self.initialize(network)
        return network


@dataclass(frozen=True)
class Task:
    """What is to be learned.

    ``phases``: by their index in the labels. ``same_phases``: they are those of the model that is
    started from, in its order: then its last layer is kept and its own answer is the score before.
    ``objects_phase``: that is counted, None for none. ``instances``: the labels tell objects apart.
    """

    phases: tuple[Phase, ...]
    same_phases: bool
    objects_phase: int | None = None
    instances: bool = False

    def learns_objects(self, start: Start) -> bool:
        """Whether contact and distance are learned too."""
        return self.instances and self.same_phases and start.object_outputs

    def scale(self, start: Start) -> float:
        """How an image is resized before the network sees it: as its model does, whose phases these
        are, else not at all."""
        return start.scale if self.same_phases else 1.0

    def outputs(self, start: Start) -> int:
        """How many outputs the network has."""
        return len(self.phases) + (len(OBJECT_OUTPUTS) if self.learns_objects(start) else 0)


@dataclass(frozen=True)
class FineTuning:
    """How a network is taught. The defaults are those of the literature for few images.

    ``learning_rate``: of decoder and head; ``new_phases_learning_rate``: where the head is a new
    one; ``encoder_share``: of it, that the encoder has where it knows micrographs.
    ``seconds``: for all runs together; the last validation comes on top. ``steps_an_image``: up to
    ``most_steps`` and not under ``fewest_steps``. ``mixes``: shares of the new weights that are
    tried. ``scales``: likewise, of the image's size, times that of the model.

    Source of the mixture: Wortsman et al. 2022, arXiv:2109.01903.
    """

    seconds: float = 900.0
    seed: int = 1
    batch: int = 4
    crop_px: int = 256
    learning_rate: float = 3e-4
    new_phases_learning_rate: float = 1e-3
    encoder_share: float = 0.1
    weight_decay: float = 1e-2
    averaging: float = 0.98
    steps_an_image: int = 150
    fewest_steps: int = 300
    most_steps: int = 1500
    validate_every: int = 50
    patience: int = 6
    mixes: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)
    scales: tuple[float, ...] = (1.0, 1.5)
    augmentation: Augmentation = field(
        default_factory=lambda: Augmentation(
            scale=(0.7, 1.8),
            rotation_degrees=(-30.0, 30.0),
            invert=0.0,
            gamma=(0.7, 1.4),
            contrast=(0.7, 1.2),
            brightness=(-0.1, 0.1),
            noise=0.3,
            readout=(0.0, 0.04),
            on_object=0.5,
        )
    )

    def steps(self, images: int) -> int:
        """Return how many steps there are for so many images, if there is time for them."""
        return min(max(self.fewest_steps, self.steps_an_image * images), self.most_steps)


def frozen(network: nn.Module, images: int) -> tuple[str, ...]:
    """Return the prefixes of the parameters that stay: the first stages of the encoder, more of
    them where there are fewer than three images."""
    names = [name for name, _ in network.named_parameters()]
    for stages in FIRST_STAGES:
        kept = stages + (NEXT_STAGES if images < FEW_IMAGES else ())
        found = tuple(one for one in kept if any(name.startswith(f"{one}.") for name in names))
        if found:
            return tuple(f"{one}." for one in found)
    return ()


def mixed(old: Mapping[str, Tensor], new: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """Return (1 - ``share``) times the old weights plus ``share`` times the new ones; those of the
    last layer are new where there are no old ones of its shape.

    Source: Wortsman et al. 2022, arXiv:2109.01903, eq. 1.
    """
    found = {}
    for name, value in new.items():
        before = old.get(name)
        is_mixed = before is not None and before.shape == value.shape and value.is_floating_point()
        found[name] = (
            before.lerp(value, share) if is_mixed and before is not None else value.clone()
        )
    return found
