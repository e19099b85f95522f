"""What a network does with an image of a given size, operation by operation, without computing it.

The network's skeleton (no weights, "meta" tensors that have a shape but no numbers) runs once while
every ATen operation is written down. Layers, MACs, the drawing and the theoretical receptive fields
are all read off this one record.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from core.errors import LamellaError
from core.inspection.layers.kinds import kind_of
from core.inspection.receptive_field.axis_rules import AxisRule, Everything
from core.inspection.receptive_field.operations import (
    Applied,
    axis_rules,
    multiply_accumulates,
    overload_name,
    spatial,
)
from core.inspection.view import join_call, private_copy, run


@dataclass(frozen=True)
class Operand:
    """An earlier value that a value is made from, and which positions of it are needed."""

    value: int
    rows: AxisRule
    columns: AxisRule


@dataclass(frozen=True)
class Value:
    """One array on the way through the network.

    ``operation``: ATen name, "input" for the image. ``shape``: (N, C, h, w) or (N, C). ``call``:
    index of the module call that made it. ``jump``: input pixels between neighbouring units, rows
    and columns; 0 when there is one unit.
    """

    operation: str
    shape: tuple[int, ...]
    sources: tuple[Operand, ...]
    macs: int
    call: int
    jump: tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Call:
    """One call of a module: ``layer`` is its name, "name:2" for the second call.

    ``value``: index of what it returned, None when that was not one array. ``is_layer``: it has
    weights of its own or no parts. ``parameters``: its own, 0 when called before. ``skip``: it
    took a keyword argument ``skip_connection``.
    """

    layer: str
    module: str
    kind: str
    parent: int
    value: int | None
    is_layer: bool
    parameters: int
    skip: bool


@dataclass(frozen=True, eq=False)
class Trace:
    """The record: values in the order in which they were made, calls in the order of their start.

    ``output``: index of the network's output. ``parameters``: of the whole network, as published.
    """

    values: tuple[Value, ...]
    calls: tuple[Call, ...]
    output: int
    parameters: int

    @property
    def image_size(self) -> tuple[int, int]:
        """(H, W) of the image."""
        return spatial(self.values[0].shape)

    def call(self, layer: str) -> Call:
        """Return the call of a layer or of a block of layers.

        Raises:
            LamellaError: a layer that does not exist, or one whose result is not one array.
        """
        for call in self.calls:
            if call.layer == layer and call.module and call.value is not None:
                return call
        names = [call.layer for call in self.calls if call.module and call.value is not None]
        near = difflib.get_close_matches(layer, names, n=3, cutoff=0.3) or names[-3:]
        raise LamellaError(
            f'This network has no layer "{layer}"; the nearest are {", ".join(near)}. '
            "Choose one from the list of layers."
        )

    def value_of(self, layer: str | None) -> int:
        """Return the index of a layer's output; None is the network's output."""
        return self.output if layer is None else self.call(layer).value  # type: ignore[return-value]


def trace_network(
    network: nn.Module, shape: tuple[int, ...], lock: AbstractContextManager | None = None
) -> Trace:
    """Return what ``network`` does with an image of ``shape`` (1, C, H, W), in eval mode.

    Raises:
        LamellaError: the network cannot take an image of this shape.
    """
    skeleton = private_copy(network, lock, device="meta")
    recording = _Recording(skeleton)
    with torch.device("meta"), torch.no_grad():
        kinds = [p.dtype for p in skeleton.parameters() if p.is_floating_point()]
        image = torch.empty(shape, device="meta", dtype=kinds[0] if kinds else torch.float32)
        recording.add("input", image, (), 0)
        with recording:
            output = run(skeleton, image)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Trace(
        tuple(recording.values), tuple(recording.calls), recording.index_of(output), parameters
    )


class _Recording(TorchDispatchMode):
    """Writes down each operation and which module call it belongs to."""

    def __init__(self, skeleton: nn.Module) -> None:
        super().__init__()
        self.values: list[Value] = []
        self.calls: list[Call] = []
        self._stack: list[int] = []
        self._circular: set[nn.Module] = set()
        self._wraps: list[bool] = [False]
        self._counts: dict[str, int] = defaultdict(int)
        self._index: dict[int, int] = {}
        # Kept, so that no address is given to another tensor meanwhile.
        self._kept: list[Tensor] = []
        self._aliases: dict[int, list[int]] = defaultdict(list)
        for name, module in skeleton.named_modules():
            # A circle of padding is many copies in ATen; here it is one window that wraps.
            if getattr(module, "padding_mode", "") == "circular":
                module.padding_mode = "zeros"
                self._circular.add(module)
            module.register_forward_pre_hook(self._enter(name), with_kwargs=True)
            module.register_forward_hook(self._leave)

    def __torch_dispatch__(
        self,
        function: torch._ops.OpOverload,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = function(*args, **(kwargs or {}))
        name, in_place = overload_name(function)
        tensors = _tensors(tuple(args))
        known = [tensor for tensor in tensors if id(tensor) in self._index]
        outputs = _tensors((result,))
        if not known or not outputs:
            return result
        macs = multiply_accumulates(name, args, tuple(outputs[0].shape))
        elementwise = torch.Tag.pointwise in function.tags
        for output in outputs:
            self._record(name, args, known, output, elementwise, macs)
            macs = 0
        if in_place:
            self._spread_write(outputs[0])
        return result

    def add(self, name: str, tensor: Tensor, sources: tuple[Operand, ...], macs: int) -> None:
        """Write down a value."""
        call = self._stack[-1] if self._stack else -1
        self.values.append(
            Value(name, tuple(tensor.shape), sources, macs, call, self._jump(sources))
        )
        self._index[id(tensor)] = len(self.values) - 1
        self._kept.append(tensor)
        self._aliases[tensor.untyped_storage()._cdata].append(id(tensor))

    def index_of(self, tensor: Tensor) -> int:
        """Return the index of a value."""
        return self._index[id(tensor)]

    def _record(
        self,
        name: str,
        args: Sequence[Any],
        known: Sequence[Tensor],
        output: Tensor,
        elementwise: bool,
        macs: int,
    ) -> None:
        sources = []
        for tensor in known:
            applied = Applied(
                name, args, tuple(tensor.shape), tuple(output.shape), elementwise, self._wraps[-1]
            )
            sources.append(Operand(self._index[id(tensor)], *axis_rules(applied)))
        self.add(name, output, tuple(sources), macs)

    def _spread_write(self, written: Tensor) -> None:
        """A write into a part of an array changes every other view of it."""
        address = written.untyped_storage()._cdata
        others = [other for other in self._aliases[address] if other != id(written)]
        for other in dict.fromkeys(others):
            before, source = self._index[other], self._index[id(written)]
            shapes = [self.values[index].shape for index in (before, source)]
            sources = tuple(
                Operand(index, *(Everything(size) for size in spatial(shape)))
                for index, shape in zip((before, source), shapes, strict=True)
            )
            self.values.append(
                replace(self.values[before], operation="write", sources=sources, macs=0)
            )
            self._index[other] = len(self.values) - 1

    def _jump(self, sources: tuple[Operand, ...]) -> tuple[Fraction, Fraction]:
        if not sources:
            return Fraction(1), Fraction(1)
        rows = [self.values[s.value].jump[0] * s.rows.step for s in sources]
        columns = [self.values[s.value].jump[1] * s.columns.step for s in sources]
        return max(rows), max(columns)

    def _enter(self, name: str) -> Callable[[nn.Module, tuple, dict], None]:
        def enter(module: nn.Module, args: tuple, kwargs: dict) -> None:
            self._counts[name] += 1
            own = list(module.parameters(recurse=False))
            first = self._counts[name] == 1
            self.calls.append(
                Call(
                    layer=join_call(name, self._counts[name]),
                    module=name,
                    kind=kind_of(module),
                    parent=self._stack[-1] if self._stack else -1,
                    value=None,
                    is_layer=bool(own) or not any(module.children()),
                    parameters=sum(p.numel() for p in own) if first else 0,
                    skip=isinstance(kwargs.get("skip_connection"), Tensor),
                )
            )
            self._stack.append(len(self.calls) - 1)
            self._wraps.append(module in self._circular)

        return enter

    def _leave(self, module: nn.Module, args: tuple, output: object) -> None:
        index = self._stack.pop()
        self._wraps.pop()
        if isinstance(output, Tensor) and id(output) in self._index:
            self.calls[index] = replace(self.calls[index], value=self._index[id(output)])


def _tensors(arguments: tuple) -> list[Tensor]:
    """Return the tensors among the arguments, lists of tensors opened."""
    found: list[Tensor] = []
    for argument in arguments:
        if isinstance(argument, Tensor):
            found.append(argument)
        elif isinstance(argument, list | tuple):
            found.extend(item for item in argument if isinstance(item, Tensor))
    return found
