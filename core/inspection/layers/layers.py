"""Every layer of a network in the order in which it runs, with its numbers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import nn

from core.inspection.layers.kinds import kind_of_function
from core.inspection.layers.layer import Layer
from core.inspection.receptive_field.axis_rules import SAME
from core.inspection.receptive_field.receptive_field import FieldSizes, value_field_sizes
from core.inspection.receptive_field.trace import Trace
from core.inspection.subject import Subject
from core.inspection.view import join_call, run

# Operations that only arrange numbers in memory; they get no row of their own.
_SILENT = {"view", "_unsafe_view", "reshape", "t", "detach", "alias", "clone", "_to_copy", "input"}


@dataclass(frozen=True)
class Step:
    """One layer, or one function between layers, and the value of the trace that it ends with.

    ``is_module``: its activations can be looked at.
    """

    layer: Layer
    value: int
    is_module: bool


@dataclass(frozen=True)
class LayerRow:
    """One row of the layer table.

    ``field``: theoretical receptive field and jump. ``share``: of the run time, 0 to 1; None when
    it was not measured. ``is_module``: its activations can be looked at.
    """

    layer: Layer
    field: FieldSizes
    share: float | None
    is_module: bool


@dataclass(frozen=True)
class LayerTable:
    """All layers in order, and the totals of the network.

    ``parameters``: of the whole network, as papers count them. ``unused_parameters``: of modules
    that take no part. ``macs``: convolutions and dense layers. ``seconds``: of one run, None when
    not measured. ``share_between``: of the run time spent outside the rows.
    """

    rows: tuple[LayerRow, ...]
    parameters: int
    unused_parameters: int
    macs: int
    seconds: float | None = None
    share_between: float | None = None


def steps(trace: Trace) -> tuple[Step, ...]:
    """Return the layers and the functions between them, in the order of their start."""
    macs, counts = _work_of_calls(trace)
    found: dict[int, Step] = {}
    starts: dict[int, int] = {}
    names: dict[str, int] = {}
    for index, value in enumerate(trace.values):
        owner = _owner(trace, value.call)
        if owner is not None:
            starts.setdefault(owner, index)
        elif value.operation not in _SILENT:
            layer = _function_layer(trace, index, names)
            found[index] = Step(layer, index, is_module=False)
    for position, call in enumerate(trace.calls):
        if call.value is None or not (call.is_layer and counts[position]):
            continue
        if _owner(trace, call.parent) is None:
            shape = _unit_shape(trace.values[call.value].shape)
            layer = Layer(call.layer, call.kind, shape, call.parameters, macs[position])
            found[starts[position]] = Step(layer, call.value, is_module=True)
    return tuple(found[start] for start in sorted(found))


def layer_table(trace: Trace) -> LayerTable:
    """Return the table without run times."""
    rows, sizes = [], {}
    for step in steps(trace):
        origin = _field_origin(trace, step.value)
        if origin not in sizes:
            sizes[origin] = value_field_sizes(trace, origin)
        rows.append(LayerRow(step.layer, sizes[origin], None, step.is_module))
    used = sum(call.parameters for call in trace.calls)
    return LayerTable(
        rows=tuple(rows),
        parameters=trace.parameters,
        unused_parameters=trace.parameters - used,
        macs=sum(value.macs for value in trace.values),
    )


def with_run_times(table: LayerTable, seconds: Mapping[str, float], total: float) -> LayerTable:
    """Return the table with the shares of ``total`` seconds that each layer took."""
    rows = tuple(
        replace(row, share=seconds.get(row.layer.name, 0.0) / total if row.is_module else None)
        for row in table.rows
    )
    inside = sum(row.share or 0.0 for row in rows)
    return replace(table, rows=rows, seconds=total, share_between=max(0.0, 1 - inside))


def timed_layer_table(subject: Subject, repeats: int = 3) -> LayerTable:
    """Return the table with run times: the fastest of ``repeats`` runs after one to warm up.

    Raises:
        LamellaError: the network cannot take an image of this size.
    """
    network = subject.private_network()
    clock = _Clock(network, subject.image.device.type == "cuda")
    best: tuple[float, dict[str, float]] | None = None
    with torch.no_grad():
        for attempt in range(repeats + 1):
            clock.restart()
            started = clock.now()
            run(network, subject.image)
            total = clock.now() - started
            if attempt and (best is None or total < best[0]):
                best = total, clock.seconds
    assert best is not None  # repeats >= 1
    return with_run_times(layer_table(subject.trace), best[1], best[0])


class _Clock:
    """Adds up the time in each layer, the layers inside it not counted."""

    def __init__(self, network: nn.Module, synchronize: bool) -> None:
        self._synchronize = synchronize
        self.restart()
        for name, module in network.named_modules():
            if not any(module.children()) or list(module.parameters(recurse=False)):
                module.register_forward_pre_hook(lambda *_: self._starts.append(self.now()))
                module.register_forward_hook(lambda *_, name=name: self._stop(name))

    def restart(self) -> None:
        self.seconds: dict[str, float] = {}
        self._starts: list[float] = []
        self._calls: dict[str, int] = {}

    def now(self) -> float:
        if self._synchronize:
            torch.cuda.synchronize()
        return time.perf_counter()

    def _stop(self, name: str) -> None:
        spent = self.now() - self._starts.pop()
        self._calls[name] = self._calls.get(name, 0) + 1
        # A layer inside a layer has no row, so its time belongs to the outer one.
        self.seconds[join_call(name, self._calls[name])] = spent


def _owner(trace: Trace, call: int) -> int | None:
    """Return the outermost layer that a call lies in, itself included."""
    owner = None
    while call >= 0:
        if trace.calls[call].is_layer:
            owner = call
        call = trace.calls[call].parent
    return owner


def _work_of_calls(trace: Trace) -> tuple[list[int], list[int]]:
    """Return the MACs and the number of operations in each layer."""
    macs, counts = [0] * len(trace.calls), [0] * len(trace.calls)
    for value in trace.values:
        owner = _owner(trace, value.call)
        if owner is not None:
            macs[owner] += value.macs
            counts[owner] += 1
    return macs, counts


def _function_layer(trace: Trace, index: int, names: dict[str, int]) -> Layer:
    value = trace.values[index]
    kind = kind_of_function(value.operation)
    where = trace.calls[value.call].layer if value.call >= 0 else ""
    name = f"{where} > {kind}" if where else kind
    names[name] = names.get(name, 0) + 1
    return Layer(join_call(name, names[name]), kind, _unit_shape(value.shape), 0, value.macs)


def _field_origin(trace: Trace, index: int) -> int:
    """Return the earliest value with the same receptive field: back through elementwise steps."""
    while len(sources := trace.values[index].sources) == 1:
        if sources[0].rows != SAME or sources[0].columns != SAME:
            break
        index = sources[0].value
    return index


def _unit_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without the batch axis."""
    return tuple(shape[1:])
