"""How many weights a layer needs, and how many bytes: dense, local, shared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from core.concepts.snippet import Snippet

if TYPE_CHECKING:
    from pathlib import Path

GIB = 2**30
CARDS = MappingProxyType({"GeForce RTX 4060": 8, "GeForce RTX 4090": 24, "H100": 80})
"""Graphics cards by their makers' names, and the GiB that each holds."""
CARDS_GIB = tuple(CARDS.values())
BYTES = MappingProxyType({"double": 8, "float32": 4, "half": 2})
ADAM_COPIES = 4
"""Weights, gradients, and Adam's two running means. Source: Kingma and Ba 2015, 1412.6980."""
SIDES = tuple(2**power for power in range(4, 13))
BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


@dataclass(frozen=True)
class Layers:
    """One first layer in several forms, on a grey image of side x side px; biases not counted.

    ``units``: of the dense layer. ``maps``, ``kernel``: of the local and the shared one, whose maps
    have the image's size.
    """

    units: int = 512
    maps: int = 16
    kernel: int = 3

    def dense(self, side: int) -> int:
        """Weights of ``units`` units that each read every pixel."""
        return self.units * side**2

    def dense_maps(self, side: int) -> int:
        """Weights of a dense layer with as many outputs as the convolution has."""
        return self.maps * side**4

    def local(self, side: int) -> int:
        """Weights where each place of each map has a kernel of its own (padding counted)."""
        return self.maps * self.kernel**2 * side**2

    def shared(self, side: int) -> int:
        """Weights where each map has one kernel for all places: the side does not matter."""
        return self.maps * self.kernel**2


DENSE, DENSE_MAPS = "Fully connected", "Fully connected, to as many maps"
LOCAL, SHARED = "Locally connected", "Convolution"
FORMS: MappingProxyType[str, Callable[[Layers, int], int]] = MappingProxyType(
    {
        DENSE_MAPS: Layers.dense_maps,
        LOCAL: Layers.local,
        DENSE: Layers.dense,
        SHARED: Layers.shared,
    }
)


def memory_bytes(weights: int, precision: str, training: bool) -> int:
    """Return the bytes of ``weights``; to train with Adam takes four numbers a weight."""
    return weights * BYTES[precision] * (ADAM_COPIES if training else 1)


def cards_needed(size_bytes: int, card_gib: int) -> int:
    """Return how many cards it takes; one that the weights would fill has no room for images."""
    return size_bytes // (card_gib * GIB) + 1


def parameters_in(path: Path) -> int:
    """Return how many trainable numbers a safetensors file holds, without loading them."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        names = [name for name in file.keys() if not name.endswith(BUFFERS)]  # noqa: SIM118
        return sum(int(np.prod(file.get_slice(name).get_shape())) for name in names)


def in_words(size_bytes: float) -> str:
    """Return bytes with a binary unit: "4 GiB"."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if size_bytes < 1024:
            return f"{size_bytes:.4g} {unit}"
        size_bytes /= 1024
    return f"{size_bytes:,.4g} PiB"


def layers_snippet(side: int, layers: Layers, precision: str) -> Snippet:
    """Return weights and GiB of the dense layer by torch, which builds it without memory, and the
    weights of the locally connected one and of the convolution."""
    weights = layers.dense(side)
    size = memory_bytes(weights, precision, training=False) / GIB
    code = f"""\
import torch

dense = torch.nn.Linear({side} * {side}, {layers.units}, device="meta", dtype=torch.{precision})
shared = torch.nn.Conv2d(1, {layers.maps}, {layers.kernel}, device="meta")
print(dense.weight.numel(), dense.weight.nbytes / 2**30)
print(shared.weight.numel() * {side} * {side}, shared.weight.numel())"""
    return Snippet(code, f"{weights} {size}\n{layers.local(side)} {layers.shared(side)}")
