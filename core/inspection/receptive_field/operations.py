"""What each elementary operation of PyTorch does to positions, and how many products it takes.

The operations are those of ATen, the level to which every module and function of PyTorch comes
down. One that is not known here, and is not marked elementwise by PyTorch itself, is taken to mix
the whole image: a receptive field may then be too large, never too small.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from core.inspection.receptive_field.axis_rules import (
    SAME,
    AdaptiveWindow,
    AxisRule,
    Broadcast,
    Everything,
    LinearUpsample,
    NearestUpsample,
    Reflect,
    Replicate,
    Shift,
    TransposedWindow,
    Window,
)


@dataclass(frozen=True)
class Applied:
    """One call of an operation of ATen.

    ``name``: ATen's. ``arguments``: of any type that ATen takes. ``inputs``, ``outputs``: shapes of
    one input and of the output. ``elementwise``: marked so by PyTorch. ``wraps``: it pads in a
    circle.
    """

    name: str
    arguments: Sequence[Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    elementwise: bool
    wraps: bool = False

    def argument(self, position: int, default: Any) -> Any:
        """Return the positional argument, or the default that ATen left out."""
        return self.arguments[position] if len(self.arguments) > position else default

    def pair(self, position: int, default: int | Sequence[int]) -> tuple[int, int]:
        """Return an argument of one or two whole numbers as (rows, columns)."""
        value = self.argument(position, default)
        if value is None or value == []:
            value = default
        values = [value] if isinstance(value, int) else list(value)
        return (values[0], values[-1])


Rules = tuple[AxisRule, AxisRule]

LAYOUT = {"detach", "alias", "clone", "contiguous", "_to_copy", "dropout", "native_dropout"}
POINTWISE = {"_prelu_kernel", "hardswish", "hardsigmoid", "mish", "where", "fill", "copy"}
CHANNEL_ONLY = {"_softmax", "_log_softmax", "cat", "index_select", "cumsum", "glu"}
BATCH_NORM_TRAINING_ARGUMENT = {
    "native_batch_norm": 5,
    "cudnn_batch_norm": 5,
    "_native_batch_norm_legit": 5,
    "_batch_norm_with_update": None,
    "_native_batch_norm_legit_no_training": False,
    "_batch_norm_no_update": False,
}
REDUCTIONS = {"mean", "sum", "amax", "amin", "max", "min", "var", "std", "prod", "norm"}


def spatial(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return (rows, columns) of (N, C, H, W), and (1, 1) of a vector."""
    return (shape[-2], shape[-1]) if len(shape) == 4 else (1, 1)


def axis_rules(call: Applied) -> Rules:
    """Return the rules for rows and columns of one input of an operation."""
    if call.name in _RULES and len(call.inputs) == 4:
        return _RULES[call.name](call)
    if call.name in LAYOUT:
        return SAME, SAME
    if call.elementwise or call.name in POINTWISE:
        return _broadcast(call)
    if call.name in BATCH_NORM_TRAINING_ARGUMENT:
        return _everything(call) if _is_training(call) else (SAME, SAME)
    if call.name in CHANNEL_ONLY and len(call.inputs) == 4 and _axis(call, 1) == 1:
        return SAME, SAME
    if call.name in REDUCTIONS:
        return _reduction(call)
    if call.name in ("view", "_unsafe_view", "reshape") and call.inputs == call.outputs:
        return SAME, SAME
    return _everything(call)


def multiply_accumulates(name: str, arguments: Sequence[Any], outputs: tuple[int, ...]) -> int:
    """Return the products of a convolution or a dense layer, 0 for everything else.

    The usual count of papers: convolutions and dense layers only, biases not counted.
    """
    if name == "convolution":
        image, weight, transposed = arguments[0], arguments[1], arguments[6]
        positions = image.numel() if transposed else math.prod(outputs)
        return positions * math.prod(weight.shape[1:])
    if name in ("addmm", "mm", "bmm"):
        right = [a for a in arguments if isinstance(a, Tensor)][-1]
        return math.prod(outputs) * right.shape[-2]
    return 0


def _axis(call: Applied, position: int) -> int:
    axis = call.argument(position, 0)
    return axis % len(call.inputs) if isinstance(axis, int) else -1


def _is_training(call: Applied) -> bool:
    where = BATCH_NORM_TRAINING_ARGUMENT[call.name]
    if where is None:
        return True
    return bool(call.argument(where, True)) if where is not False else False


def _everything(call: Applied) -> Rules:
    rows, columns = spatial(call.inputs)
    return Everything(rows), Everything(columns)


def _broadcast(call: Applied) -> Rules:
    """Elementwise operations; an input with one position is spread over the output."""
    if len(call.inputs) != len(call.outputs):
        return _everything(call)
    pairs = zip(spatial(call.inputs), spatial(call.outputs), strict=True)
    return tuple(  # type: ignore[return-value]
        SAME if there == here else Broadcast() for there, here in pairs
    )


def _reduction(call: Applied) -> Rules:
    if len(call.inputs) != 4:
        return _everything(call)
    axes = call.argument(1, None)
    reduced = {axis % 4 for axis in ([axes] if isinstance(axes, int) else axes or range(4))}
    if not call.argument(2, False) and not {2, 3} <= reduced:
        return _everything(call)
    rows, columns = spatial(call.inputs)
    return (
        Everything(rows) if 2 in reduced else SAME,
        Everything(columns) if 3 in reduced else SAME,
    )


def _convolution(call: Applied) -> Rules:
    kernel = call.arguments[1].shape[-2:]
    strides, paddings, dilations = (call.pair(position, 1) for position in (3, 4, 5))
    settings = zip(kernel, strides, paddings, dilations, strict=True)
    if call.arguments[6]:
        return tuple(TransposedWindow(*axis) for axis in settings)  # type: ignore[return-value]
    return tuple(Window(*axis, call.wraps) for axis in settings)  # type: ignore[return-value]


def _pool(call: Applied) -> Rules:
    kernel = call.pair(1, 1)
    strides, paddings = call.pair(2, kernel), call.pair(3, 0)
    dilations = call.pair(4, 1) if call.name.startswith("max") else (1, 1)
    settings = zip(kernel, strides, paddings, dilations, strict=True)
    return tuple(Window(*axis) for axis in settings)  # type: ignore[return-value]


def _adaptive(call: Applied) -> Rules:
    pairs = zip(spatial(call.inputs), spatial(call.outputs), strict=True)
    return tuple(  # type: ignore[return-value]
        Everything(there) if here == 1 else AdaptiveWindow(there, here) for there, here in pairs
    )


def _ratio(call: Applied, axis: int, scale: object) -> Fraction:
    """Input positions per output position, from the sizes or from the factor that was given."""
    there, here = spatial(call.inputs)[axis], spatial(call.outputs)[axis]
    if isinstance(scale, float) and there * scale != here:
        return Fraction(1 / scale).limit_denominator(1 << 20)
    return Fraction(there, here)


def _nearest(call: Applied) -> Rules:
    scales = call.argument(2, None), call.argument(3, None)
    return tuple(  # type: ignore[return-value]
        NearestUpsample(_ratio(call, axis, scale)) for axis, scale in enumerate(scales)
    )


def _shuffle(call: Applied) -> Rules:
    rule = NearestUpsample(Fraction(1, call.arguments[1]))
    return rule, rule


def _unshuffle(call: Applied) -> Rules:
    rule = Window(call.arguments[1], call.arguments[1])
    return rule, rule


def _linear(call: Applied) -> Rules:
    corners, scales = call.argument(2, False), (call.argument(3, None), call.argument(4, None))
    taps = 4 if "bicubic" in call.name else 2
    rules = []
    for axis, scale in enumerate(scales):
        there, here = spatial(call.inputs)[axis], spatial(call.outputs)[axis]
        if corners:
            rules.append(LinearUpsample(Fraction(there - 1, max(here - 1, 1)), Fraction(0), taps))
        else:
            ratio = _ratio(call, axis, scale)
            rules.append(LinearUpsample(ratio, (ratio - 1) / 2, taps))
    return tuple(rules)  # type: ignore[return-value]


def _pad(rule: Callable[[int], AxisRule]) -> Callable[[Applied], Rules]:
    def padded(call: Applied) -> Rules:
        amounts = list(call.arguments[1])
        if len(amounts) > 4 and any(amounts[6:]):
            return _everything(call)
        return rule(-(amounts[2] if len(amounts) > 2 else 0)), rule(-amounts[0])

    return padded


def _slice(call: Applied) -> Rules:
    axis = _axis(call, 1)
    start, stride = call.argument(2, 0) or 0, call.argument(4, 1)
    if start < 0:
        start += call.inputs[axis]
    cut = Shift(start, stride)
    return cut if axis == 2 else SAME, cut if axis == 3 else SAME


def _split(call: Applied) -> Rules:
    return (SAME, SAME) if _axis(call, 2) == 1 else _everything(call)


_RULES: dict[str, Callable[[Applied], Rules]] = {
    "convolution": _convolution,
    "max_pool2d_with_indices": _pool,
    "max_pool2d": _pool,
    "avg_pool2d": _pool,
    "_adaptive_avg_pool2d": _adaptive,
    "adaptive_avg_pool2d": _adaptive,
    "adaptive_max_pool2d": _adaptive,
    "upsample_nearest2d": _nearest,
    "upsample_bilinear2d": _linear,
    "upsample_bicubic2d": _linear,
    "pixel_shuffle": _shuffle,
    "pixel_unshuffle": _unshuffle,
    "constant_pad_nd": _pad(Shift),
    "reflection_pad2d": _pad(Reflect),
    "replication_pad2d": _pad(Replicate),
    "slice": _slice,
    "split": _split,
    "split_with_sizes": _split,
}


def overload_name(function: torch._ops.OpOverload) -> tuple[str, bool]:
    """Return an operation's plain name and whether it writes into its first argument."""
    name = function._schema.name.removeprefix("aten::")
    in_place = function._schema.is_mutable and name.endswith("_") and not name.endswith("__")
    return (name.rstrip("_") if in_place else name), in_place
