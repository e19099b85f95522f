"""A stack of convolutions and poolings written in words, and how far each of its layers sees.

The fields themselves come from :mod:`core.inspection.receptive_field.receptive_field`; here a line
of text becomes a network without weights, and a record of a network becomes the few rows that widen
its view.

Source: Dumoulin & Visin 2016, arXiv:1603.07285; Araujo et al. 2019, doi 10.23915/distill.00021.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from core.errors import LamellaError
from core.image_size import width_x_height
from core.inspection.layers.layers import steps
from core.inspection.receptive_field.receptive_field import affine_field, field_sizes
from core.inspection.receptive_field.trace import Trace, trace_network

MOST_STAGES = 24
LARGEST = {"kernel": 31, "stride": 16, "dilation": 64, "padding": 99}
EXAMPLE = "conv 3, pool 2, conv 3, conv 3 stride 2, conv 3 dilation 2"
_STAGE = re.compile(
    r"(conv|pool|average)\s*(\d{1,4})((?:\s*(?:stride|dilation|padding)\s*\d{1,4})*)"
)
_OPTION = re.compile(r"(stride|dilation|padding)\s*(\d+)")
_NOT_SPATIAL = (nn.AdaptiveAvgPool2d, nn.Flatten, nn.Linear)


@dataclass(frozen=True)
class Stage:
    """One layer of a stack. ``operation``: conv, pool (the maximum) or average."""

    operation: str
    kernel: int
    stride: int
    dilation: int
    padding: int

    def __str__(self) -> str:
        """Return the layer as it is typed, what goes without saying left out."""
        usual = _usual(self.operation, self.kernel, self.dilation)
        parts = [f"{self.operation} {self.kernel}"]
        if self.stride != usual["stride"]:
            parts.append(f"stride {self.stride}")
        if self.dilation != 1:
            parts.append(f"dilation {self.dilation}")
        if self.padding != usual["padding"]:
            parts.append(f"padding {self.padding}")
        return " ".join(parts)


@dataclass(frozen=True)
class LayerField:
    """How far one layer sees, in input px, (rows, columns).

    ``layer``: its name in the network. ``title``: its name for a reader.
    ``smallest``, ``largest``: theoretical fields over its units. ``jump``: between neighbouring
    units. ``offset``: first row and column that unit (0, 0) sees, negative in padding; None where
    the units differ in size. ``units``: how many there are.
    """

    layer: str
    title: str
    kind: str
    smallest: tuple[int, int]
    largest: tuple[int, int]
    jump: tuple[float, float]
    offset: tuple[int, int] | None
    units: tuple[int, int]

    @property
    def size(self) -> str:
        """The field's rows in words: "435", or "531 to 563" where units differ."""
        low, high = self.smallest[0], self.largest[0]
        return f"{low}" if low == high else f"{low} to {high}"


def parse_stack(text: str) -> tuple[Stage, ...]:
    """Return the layers of a line such as "conv 3, conv 3 stride 2, conv 3 dilation 2, pool 2".

    A convolution has stride 1 and keeps the size unless told; a pooling steps by its own width.

    Raises:
        LamellaError: what is not understood, or a number out of range.
    """
    words = [part.strip().lower() for part in re.split(r"[,;\n]", text) if part.strip()]
    if not 1 <= len(words) <= MOST_STAGES:
        raise LamellaError(
            f"The stack has {len(words)} layers; write 1 to {MOST_STAGES} of them, "
            f"such as: {EXAMPLE}."
        )
    return tuple(_stage(word) for word in words)


def _usual(operation: str, kernel: int, dilation: int) -> dict[str, int]:
    if operation == "conv":
        return {"stride": 1, "dilation": 1, "padding": dilation * (kernel - 1) // 2}
    return {"stride": kernel, "dilation": 1, "padding": 0}


def _stage(word: str) -> Stage:
    found = _STAGE.fullmatch(word)
    if found is None:
        raise LamellaError(f'"{word[:40]}" is not a layer; write one such as: {EXAMPLE}.')
    operation, kernel = found[1], int(found[2])
    given = {name: int(value) for name, value in _OPTION.findall(found[3])}
    values = _usual(operation, kernel, given.get("dilation", 1)) | given
    for name, value in {"kernel": kernel, **values}.items():
        least = 0 if name == "padding" else 1
        if not least <= value <= LARGEST[name]:
            raise LamellaError(
                f'The {name} of "{word[:40]}" must be from {least} to {LARGEST[name]}.'
            )
    if operation != "conv" and (values["padding"] > kernel // 2 or values["dilation"] > 1):
        raise LamellaError(
            f'"{word[:40]}": a pooling takes no dilation, and at most half its width as padding.'
        )
    return Stage(operation, kernel, values["stride"], values["dilation"], values["padding"])


def stack_network(stages: tuple[Stage, ...]) -> nn.Module:
    """Return the stack with one channel and no weights ("meta"), each layer named as typed."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    with torch.device("meta"):
        for number, stage in enumerate(stages, start=1):
            layers[f"{number}: {stage}"] = _layer(stage)
    return nn.Sequential(layers)


def _layer(stage: Stage) -> nn.Module:
    kernel, stride, padding = stage.kernel, stage.stride, stage.padding
    if stage.operation == "conv":
        return nn.Conv2d(1, 1, kernel, stride, padding, stage.dilation)
    if stage.operation == "pool":
        return nn.MaxPool2d(kernel, stride, padding)
    return nn.AvgPool2d(kernel, stride, padding)


def spatial_part(build: Callable[[], nn.Module]) -> nn.Module:
    """Return a network without weights ("meta"), up to where it stops having rows and columns.

    ``build``: of a network whose children run one after the other, or of one that is spatial
    throughout, such as a U-Net.
    """
    with torch.device("meta"):
        network = build()
    kept: OrderedDict[str, nn.Module] = OrderedDict()
    for name, child in network.named_children():
        if isinstance(child, _NOT_SPATIAL):
            return nn.Sequential(kept)
        kept[name] = child
    return network


def trace_stack(stages: tuple[Stage, ...], shape: tuple[int, int]) -> Trace:
    """Return the record of a stack on an image of ``shape`` (H, W).

    Raises:
        LamellaError: the image is too small for it.
    """
    return _trace(stack_network(stages), (1, 1, *shape), "This stack")


def trace_spatial(
    build: Callable[[], nn.Module], channels: int, shape: tuple[int, int], multiple: int = 1
) -> Trace:
    """Return the record of a network's spatial part on an image of at most ``shape`` (H, W).

    ``multiple``: the network takes only multiples of it, so the image is cut to the next lower.

    Raises:
        LamellaError: the image is too small for it.
    """
    height, width = (length // multiple * multiple for length in shape)
    return _trace(spatial_part(build), (1, channels, height, width), "This network")


def _trace(network: nn.Module, shape: tuple[int, ...], name: str) -> Trace:
    height, width = shape[-2:]
    too_small = LamellaError(
        f"{name} is too much for {width_x_height((height, width))} px: nothing would be left of "
        "the image. Take fewer or smaller strides, or a larger image."
    )
    if min(height, width) < 1:
        raise too_small
    try:
        return trace_network(network, shape)
    except LamellaError as error:
        raise too_small from error


def field_rows(trace: Trace) -> tuple[LayerField, ...]:
    """Return the layers that see further than all before, or step wider, in their order."""
    rows: list[LayerField] = []
    furthest = (0, 0)
    for step in steps(trace):
        if not step.is_module:
            continue
        sizes = field_sizes(trace, step.layer.name)
        is_wider = any(new > old for new, old in zip(sizes.largest, furthest, strict=True))
        is_coarser = bool(rows) and sizes.jump != rows[-1].jump
        if not (is_wider or is_coarser):
            continue
        furthest = max(furthest[0], sizes.largest[0]), max(furthest[1], sizes.largest[1])
        affine = affine_field(trace, step.layer.name)
        rows.append(
            LayerField(
                layer=step.layer.name,
                title=_title(step.layer.name, step.layer.kind, rows),
                kind=step.layer.kind,
                smallest=sizes.smallest,
                largest=sizes.largest,
                jump=sizes.jump,
                offset=affine.offset if affine else None,
                units=(step.layer.shape[-2], step.layer.shape[-1]),
            )
        )
    return tuple(rows)


def _title(name: str, kind: str, before: list[LayerField]) -> str:
    """Return a name as in papers, conv 1 or pool 1, where the network has only numbers."""
    if not re.fullmatch(r"\w+\.\d+", name):
        return name.removesuffix(".0")
    convolutions = sum(row.kind.startswith("conv") for row in before)
    return f"conv {convolutions + 1}" if kind.startswith("conv") else f"pool {convolutions}"
