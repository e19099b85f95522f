"""What was measured for the case study of gold particles, and how it is measured again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.records import read_records, read_table
from core.types.model_card import ModelCard, Weights
from core.types.segmentation import Phase

if TYPE_CHECKING:
    from torch import nn

FOLDER = Path(__file__).parent
FIELDS_TABLE = FOLDER / "fields.csv"
BASELINES_TABLE = FOLDER / "baselines.csv"
CURVES_TABLE = FOLDER / "curves.csv"
MULTISLICE_TABLE = FOLDER / "multislice.csv"
CHECKSUMS = FOLDER / "weights.json"
TRAINED: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"dose": (5e3, 1e5), "defocus": (-116.6, -23.3), "magnification": (0.6, 1.8)}
)
"""The range of the training images of the model ``gold`` along each curve, see
:func:`core.synthesis.gold.settings.draw_settings`: at the 300 kV and Cs of 1.2 mm of the curves,
the defocus lies between 0.4 and 2 times Scherzer's -58.3 nm."""
STEPS, BATCH, CROP_PX = 250, 4, 128
# Of the grey levels of the training images in [0, 1], about.
MEAN, STD = 0.5, 0.2
PHASES = (Phase("background", "#0072B2"), Phase("gold", "#E69F00"))


@dataclass(frozen=True)
class FieldNetwork:
    """One small network of the study: trained on ``contrast`` ("lattice" or "mass"), with
    ``poolings`` halvings of the resolution, with or without ``skips``, from ``seed``."""

    contrast: str
    poolings: int
    skips: bool = True
    seed: int = 1

    @property
    def name(self) -> str:
        """As in file names: lattice-4, lattice-3-no-skips."""
        return f"{self.contrast}-{self.poolings}" + ("" if self.skips else "-no-skips")

    def build(self) -> nn.Module:
        """Return it untrained: (N, 1, H, W) -> (N, 2, H, W) logits."""
        from models.architectures.field_unet import build_field_unet

        return build_field_unet(self.poolings, self.skips)


@dataclass(frozen=True)
class FieldRow:
    """How well a network does on images it has not seen.

    ``field_low_px``, ``field_high_px``: smallest and largest receptive field of an output pixel.
    ``dice``: of gold, mean
    over images; ``low``, ``high``: its 95 % interval by bootstrap over images. ``seconds``: of
    training.
    """

    network: FieldNetwork
    parameters: int
    field_low_px: int
    field_high_px: int
    dice: float
    low: float
    high: float
    images: int
    seconds: float


@dataclass(frozen=True)
class BaselineRow:
    """What a threshold does on the same images: ``method`` in words, Dice as in ``FieldRow``."""

    contrast: str
    method: str
    dice: float
    low: float
    high: float
    images: int


@dataclass(frozen=True)
class CurveRow:
    """Dice of the model ``gold`` where one thing is not as in training.

    ``curve``: "dose", "defocus" or "magnification"; ``value``: electrons per nm2, nm, or the
    factor by which images are enlarged. ``otsu``: of Otsu's threshold on the same images.
    ``trained``: whether the value lies in the trained range.
    """

    curve: str
    value: float
    dice: float
    low: float
    high: float
    otsu: float
    images: int
    trained: bool


def read_fields(path: Path = FIELDS_TABLE) -> tuple[FieldRow, ...]:
    """Return the rows of the receptive-field study; none where there is no such file."""
    return read_records(path, FieldRow)


def read_baselines(path: Path = BASELINES_TABLE) -> tuple[BaselineRow, ...]:
    """Return what thresholds do on the images of the study."""
    return read_records(path, BaselineRow)


def read_curves(path: Path = CURVES_TABLE) -> tuple[CurveRow, ...]:
    """Return the curves of the model ``gold``."""
    return read_records(path, CurveRow)


def read_multislice(path: Path = MULTISLICE_TABLE) -> tuple[dict[str, str], ...]:
    """Return the comparison with abTEM as written by ``benchmarks.accuracy.gold_multislice``."""
    return tuple(read_table(path))


def levels_off_px(rows: Sequence[FieldRow]) -> int:
    """Return the smallest receptive field whose mean Dice lies in the mean interval of the largest.

    ``rows``: of one contrast.
    """
    sizes = sorted({row.field_high_px for row in rows})
    by_size = {size: [row for row in rows if row.field_high_px == size] for size in sizes}
    largest = by_size[sizes[-1]]
    enough = sum(row.low for row in largest) / len(largest)
    return next(
        size
        for size, found in by_size.items()
        if sum(row.dice for row in found) / len(found) >= enough
    )


@cache
def shipped() -> tuple[FieldNetwork, ...]:
    """Return the trained networks that are in this folder, as weights.json lists them."""
    return tuple(
        network
        for network in dict.fromkeys(row.network for row in read_fields())
        if network.seed == 1 and network.name in _checksums()
    )


def _checksums() -> dict[str, str]:
    return json.loads(CHECKSUMS.read_text(encoding="utf-8")) if CHECKSUMS.is_file() else {}


def weights_of(network: FieldNetwork) -> Weights:
    """Return the file of a shipped network and its checksum.

    Raises:
        ModelError: the network is not shipped.
    """
    known = _checksums()
    if network.seed != 1 or network.name not in known:
        raise ModelError(f"The network {network.name} is not shipped; shipped: {', '.join(known)}.")
    return Weights(FOLDER / f"{network.name}.safetensors", known[network.name])


def card(network: FieldNetwork) -> ModelCard:
    """Return the card of a shipped network, as Inspect and the engine want it.

    Raises:
        ModelError: the network is not shipped.
    """
    from studies.gold.contrasts import TITLES

    title = TITLES[network.contrast].lower()
    return ModelCard(
        name=f"gold-{network.name}",
        title=f"U-Net of {network.poolings} poolings, {title}",
        purpose="One network of the receptive-field study of gold particles.",
        phases=PHASES,
        build=network.build,
        weights=weights_of(network),
        architecture=f"plain U-Net, {network.poolings} poolings"
        + ("" if network.skips else ", without skips"),
        mean=MEAN,
        std=STD,
        data=f"48 simulated images of 256 px: {title}",
        licence="no data; these weights BSD-3-Clause",
        reference="after Sytwu et al. 2022, arXiv:2204.04250",
        objects_phase=1,
    )
