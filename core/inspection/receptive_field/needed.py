"""Only what one unit needs of a network: what no way leads to it from is not computed.

A unit of a U-Net's output depends on a few pixels of the fine levels of the decoder, where most of
the work is done. Each convolution is computed in the box that the trace says is needed, and so is
what follows it. The unit and its gradient are those of the whole network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from core.inspection.receptive_field.receptive_field import Box, needed_of_values
from core.inspection.receptive_field.trace import Trace
from core.inspection.receptive_field.window import Window, cut

WORTHWHILE = 0.5
"""Share of a layer's units that are needed, from which on it is computed whole."""


class OnlyNeeded(TorchFunctionMode):
    """While it is entered, the convolutions of ``network`` compute what unit (``row``, ``column``)
    of ``layer`` needs, None = the output; every other unit may hold anything.

    ``network``: what ``trace`` tells of, or a copy with modules of the same names.
    """

    def __init__(
        self, network: nn.Module, trace: Trace, layer: str | None, row: int, column: int
    ) -> None:
        super().__init__()
        boxes = needed_of_values(trace, layer, row, column)
        modules = dict(network.named_modules())
        called: dict[int, Box | None] = {}
        repeated = set[int]()
        for call in trace.calls:
            module = modules.get(call.module)
            if not isinstance(module, nn.Conv2d) or call.value is None:
                continue
            weight = id(module.weight)
            if weight in called:
                repeated.add(weight)
            called[weight] = boxes.get(call.value)
        self._boxes = {weight: box for weight, box in called.items() if weight not in repeated}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is torch.conv2d and not kwargs and len(args) == 7 and id(args[1]) in self._boxes:
            return _in_box(self._boxes[id(args[1])], *args)
        return func(*args, **(kwargs or {}))


def _in_box(
    box: Box | None,
    image: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: tuple[int, int],
    padding: tuple[int, int] | str,
    dilation: tuple[int, int],
    groups: int,
) -> Tensor:
    """Return a convolution that is right in ``box``; None = 0 everywhere."""
    if isinstance(padding, str) or image.dim() != 4:
        return functional.conv2d(image, weight, bias, stride, padding, dilation, groups)
    sizes = [
        (length + 2 * pad - apart * (taps - 1) - 1) // step + 1
        for length, pad, apart, taps, step in zip(
            image.shape[2:], padding, dilation, weight.shape[2:], stride, strict=True
        )
    ]
    if box is None:
        return weight.new_zeros((len(image), len(weight), *sizes))
    if box.size[0] * box.size[1] > WORTHWHILE * sizes[0] * sizes[1]:
        return functional.conv2d(image, weight, bias, stride, padding, dilation, groups)
    ends, pads = [], []
    for axis, (low, high) in enumerate(((box.top, box.bottom), (box.left, box.right))):
        length = image.shape[2 + axis]
        first = low * stride[axis] - padding[axis]
        reach = dilation[axis] * (weight.shape[2 + axis] - 1) + 1
        last = (high - 1) * stride[axis] - padding[axis] + reach
        ends.append((min(max(first, 0), length), max(min(last, length), 0)))
        pads.append((max(0, -first), max(0, last - length)))
    (top, bottom), (left, right) = ends
    read = Box(top, left, bottom, right)
    seen = functional.pad(cut(image, read), (*pads[1], *pads[0]))
    part = functional.conv2d(seen, weight, bias, stride, 0, dilation, groups)
    return Window.of(part, box, (sizes[0], sizes[1]))
