"""What an architecture is in numbers: shapes, parameters, products and fields, block by block.

Nothing is computed and no weight is made: all is read off the record of
:func:`core.inspection.receptive_field.trace.trace_network`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from core.concepts.snippet import Snippet
from core.inspection.layers.layers import LayerRow, layer_table
from core.inspection.layers.network_map import NetworkMap, network_map
from core.inspection.receptive_field.trace import trace_network

EVERYTHING = "everything"


@dataclass(frozen=True)
class BlockFacts:
    """One block. ``shape``: (C, h, w) or (C,) at its end. ``field``: px, or "everything"."""

    title: str
    shape: tuple[int, ...]
    parameters: int
    macs: int
    field: str


@dataclass(frozen=True)
class ArchitectureFacts:
    """A network before a square image of ``side`` px.

    ``parameters``: trainable ones. ``macs``: products of convolutions and dense layers. ``field``:
    the largest side, in px, that a unit sees before dense layers and global pooling see everything.
    """

    side: int
    parameters: int
    macs: int
    field: int
    blocks: tuple[BlockFacts, ...]
    drawing: NetworkMap


def architecture_facts(
    build: Callable[[], nn.Module], channels: int, side: int
) -> ArchitectureFacts:
    """Return the facts of the network that ``build`` builds, before (1, channels, side, side).

    Raises:
        LamellaError: the network cannot take an image of this size.
    """
    with torch.device("meta"):
        network = build()
    trace = trace_network(network, (1, channels, side, side))
    table, drawing = layer_table(trace), network_map(trace)
    rows = {row.layer.name: row for row in table.rows}
    local = [row.field.largest[0] for row in table.rows if not row.field.sees_everything]
    blocks = tuple(
        BlockFacts(
            title=block.title,
            shape=block.shape,
            parameters=block.parameters,
            macs=block.macs,
            field=_field([rows[name] for name in block.layers if name in rows]),
        )
        for block in drawing.blocks
    )
    return ArchitectureFacts(side, table.parameters, table.macs, max(local), blocks, drawing)


def _field(rows: list[LayerRow]) -> str:
    if not rows:
        return "1"
    if rows[-1].field.sees_everything:
        return EVERYTHING
    widest = max(rows, key=lambda row: row.field.largest[0])
    return str(widest.field)


_TORCHVISION = {
    "alexnet": "alexnet",
    "vgg16": "vgg16",
    "resnet18": "resnet18",
    "resnet34": "resnet34",
    "resnet50": "resnet50",
}


def snippet(name: str, parameters: int) -> Snippet | None:
    """Return the lines that count the parameters of an architecture, None where there are none."""
    if name in _TORCHVISION:
        code = (
            "import torch\nimport torchvision\n\n"
            'with torch.device("meta"):  # shapes only, no memory\n'
            f"    network = torchvision.models.{_TORCHVISION[name]}(weights=None)\n"
            'print(f"{sum(p.numel() for p in network.parameters()):,}")'
        )
    elif name == "unet-resnet18":
        code = (
            "import segmentation_models_pytorch as smp\n\n"
            'network = smp.Unet("resnet18", encoder_weights=None, in_channels=1, classes=2)\n'
            'print(f"{sum(p.numel() for p in network.parameters()):,}")'
        )
    elif name == "lenet5":
        code = (
            "c1 = 6 * (1 * 5 * 5 + 1)\nc3 = 16 * (6 * 5 * 5 + 1)\nc5 = 120 * (16 * 5 * 5 + 1)\n"
            "f6 = 84 * (120 + 1)\noutput = 10 * (84 + 1)\n"
            'print(f"{c1 + c3 + c5 + f6 + output:,}")'
        )
    elif name == "lenet5-1998":
        code = (
            "c1 = 6 * (1 * 5 * 5 + 1)\ns2 = 6 * 2  # a coefficient and a bias a map\n"
            "# Six maps look at 3 others, nine at 4, one at all 6.\n"
            "c3 = (6 * 3 + 9 * 4 + 1 * 6) * 5 * 5 + 16\ns4 = 16 * 2\n"
            "c5 = 120 * (16 * 5 * 5 + 1)\nf6 = 84 * (120 + 1)\n"
            'print(f"{c1 + s2 + c3 + s4 + c5 + f6:,}")'
        )
    else:
        return None
    return Snippet(code, f"{parameters:,}")
