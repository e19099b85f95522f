"""The network as a drawing: blocks and the ways between them, as plain data.

A network with branches is drawn by resolution: all layers that work at one size are one block, so
a U-Net shows its encoder, its skips and its decoder, and a ResNet its stages. A chain such as
LeNet-5 is drawn layer by layer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, takewhile

from core.inspection.layers.layers import Step, steps
from core.inspection.receptive_field.operations import spatial
from core.inspection.receptive_field.trace import Trace


class Role(StrEnum):
    """What a block does in the whole."""

    INPUT = "input"
    ENCODER = "encoder"
    BOTTLENECK = "bottleneck"
    DECODER = "decoder"
    STAGE = "stage"
    DENSE = "dense"
    OUTPUT = "output"


@dataclass(frozen=True)
class Block:
    """Layers that are drawn as one.

    ``layer``: the one that a click selects, the last whose activations can be seen; None for the
    input. ``layers``: all of them. ``shape``: (C, h, w) or (C,) at the end. ``level``: how often
    the resolution was halved.
    """

    title: str
    role: Role
    layer: str | None
    layers: tuple[str, ...]
    shape: tuple[int, ...]
    level: float
    parameters: int
    macs: int


@dataclass(frozen=True)
class Edge:
    """Numbers flow from block ``source`` to block ``target``; ``is_skip``: past others."""

    source: int
    target: int
    is_skip: bool


@dataclass(frozen=True)
class NetworkMap:
    """Blocks in the order in which they run, and the edges between them."""

    blocks: tuple[Block, ...]
    edges: tuple[Edge, ...]


def network_map(trace: Trace) -> NetworkMap:
    """Return the drawing of a network."""
    all_steps = steps(trace)
    branches = _has_branches(trace)
    groups = _by_resolution(all_steps) if branches else _by_layer(all_steps)
    roles = _roles(trace, groups)
    blocks = [Block("input", Role.INPUT, None, (), _shape(trace, 0), 0.0, 0, 0)]
    blocks += [
        _block(trace, group, role, branches) for group, role in zip(groups, roles, strict=True)
    ]
    return NetworkMap(tuple(blocks), _edges(trace, groups))


def _has_branches(trace: Trace) -> bool:
    """Return whether two ways through the network meet again outside a layer."""
    return any(
        len(value.sources) > 1 and (value.call < 0 or not trace.calls[value.call].is_layer)
        for value in trace.values
        if value.operation != "write"
    )


def _by_layer(all_steps: tuple[Step, ...]) -> list[list[Step]]:
    """A block begins at each layer with products and at each change of size."""
    groups: list[list[Step]] = []
    for step in all_steps:
        changes = not groups or groups[-1][-1].layer.shape != step.layer.shape
        if groups and _only_flattens(groups[-1]):
            groups[-1].append(step)
        elif step.layer.macs or changes:
            groups.append([step])
        else:
            groups[-1].append(step)
    return groups


def _only_flattens(group: list[Step]) -> bool:
    return len(group) == 1 and group[0].layer.kind == "flatten"


def _by_resolution(all_steps: tuple[Step, ...]) -> list[list[Step]]:
    """A block begins where the size changes; the last layer with products is one of its own."""
    last = max((i for i, step in enumerate(all_steps) if step.layer.macs), default=-1)
    groups: list[list[Step]] = []
    for index, step in enumerate(all_steps):
        size = _size(step)
        if index == last or not groups:
            groups.append([step])
        elif _size(groups[-1][-1]) == size:
            groups[-1].append(step)
        elif len(groups) > 1 and _is_gate(groups[-1]) and _size(groups[-2][-1]) == size:
            # A squeeze-and-excitation gate: one number a channel, and back to the same size.
            gate = groups.pop()
            groups[-1] += [*gate, step]
        else:
            groups.append([step])
    for before, after in pairwise(groups):
        _keep_block_whole(before, after, groups)
    return groups


def _keep_block_whole(before: list[Step], after: list[Step], groups: list[list[Step]]) -> None:
    """Move the beginning of a residual block that changes the size to where it ends."""
    block = _common_parent(before[-1], after[0])
    first = next((i for i, step in enumerate(before) if _lies_in(step, block)), 0)
    elsewhere = [group for group in groups if group is not before and group is not after]
    if block and first and not any(_lies_in(step, block) for group in elsewhere for step in group):
        after[:0] = before[first:]
        del before[first:]


def _common_parent(first: Step, second: Step) -> str:
    parts = [step.layer.name.split(" > ")[0].split(".") for step in (first, second)]
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(*parts, strict=False))
    return ".".join(name for name, _ in shared)


def _lies_in(step: Step, block: str) -> bool:
    return step.layer.name.startswith((f"{block}.", f"{block} > "))


def _is_gate(group: list[Step]) -> bool:
    return all(_size(step) == (1, 1) and len(step.layer.shape) == 3 for step in group)


def _size(step: Step) -> tuple[int, ...]:
    return step.layer.shape[1:]


def _roles(trace: Trace, groups: list[list[Step]]) -> list[Role]:
    rows = [spatial(trace.values[group[-1].value].shape)[0] for group in groups]
    is_dense = [len(group[-1].layer.shape) == 1 for group in groups]
    deepest = rows.index(min(rows))
    has_decoder = not any(is_dense) and rows[-1] > rows[deepest]
    roles = []
    for index, dense in enumerate(is_dense):
        if index == len(groups) - 1:
            roles.append(Role.OUTPUT)
        elif dense:
            roles.append(Role.DENSE)
        elif not has_decoder:
            roles.append(Role.STAGE)
        elif index == deepest:
            roles.append(Role.BOTTLENECK)
        else:
            roles.append(Role.ENCODER if index < deepest else Role.DECODER)
    return roles


def _block(trace: Trace, group: list[Step], role: Role, by_resolution: bool) -> Block:
    shape = _shape(trace, group[-1].value)
    visible = [step.layer.name for step in group if step.is_module]
    height = trace.image_size[0]
    level = math.log2(height / shape[1]) if len(shape) == 3 else math.log2(height)
    if role is Role.OUTPUT:
        title = role.value
    elif by_resolution and shape[1:] not in ((), (1, 1)):
        title = f"{role.value} 1/{2**level:.3g}"
    else:
        title = next((s.layer.kind for s in group if s.layer.macs), group[0].layer.kind)
    return Block(
        title=title,
        role=role,
        layer=visible[-1] if visible else None,
        layers=tuple(step.layer.name for step in group),
        shape=shape,
        level=level,
        parameters=sum(step.layer.parameters for step in group),
        macs=sum(step.layer.macs for step in group),
    )


def _shape(trace: Trace, value: int) -> tuple[int, ...]:
    return trace.values[value].shape[1:]


def _edges(trace: Trace, groups: list[list[Step]]) -> tuple[Edge, ...]:
    """Follow each value's sources back to the block that made them."""
    block_of = {0: 0}
    for block, group in enumerate(groups, start=1):
        for step in group:
            block_of[step.value] = block
    found: dict[tuple[int, int], None] = {}
    # A value without a step (a view, a part of a layer) belongs to whoever it came from, unless
    # the layer that made it is not finished; going backwards, it takes the block of its user.
    user = dict(block_of)
    for index in range(len(trace.values) - 1, 0, -1):
        target = user.get(index)
        if target is None:
            continue
        for source in trace.values[index].sources:
            if source.value not in block_of:
                user.setdefault(source.value, target)
            elif block_of[source.value] != target:
                found[(block_of[source.value], target)] = None
    return tuple(Edge(a, b, is_skip=b - a > 1) for a, b in sorted(found))
