"""The one form in which Lamella runs ONNX, and in which it writes it.

``grey`` (N, 1, H, W) float32 in [0, 1], as ``core.segmentation.preprocessing`` stretches it, to
``outputs`` (N, C, H, W) float32 in [0, 1]: the probability of each phase, then contact and
normalized distance of a network that has them. What a foreign network does differently becomes
part of the graph, so that nothing beside it has to be known to run it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto
from onnx.helper import make_node, make_tensor_value_info

from core.errors import ModelError
from core.exchange.bioimage_processing import EPSILON, Normalization
from core.image_size import width_x_height

GREY, OUTPUTS = "grey", "outputs"
CHANNELS = (1, 3)
Activation = Literal["none", "softmax", "sigmoid"]


@dataclass(frozen=True)
class Processing:
    """What stands around a network.

    ``activations``: what turns each of its outputs into probabilities. ``logit_scale``: that the
    first output is multiplied by before: the temperature that an export divided it by.
    ``adds_background``: its channels leave out the phase that is none of them, or may overlap.
    """

    normalization: Normalization = Normalization()
    activations: tuple[Activation, ...] = ("none",)
    logit_scale: float = 1.0
    adds_background: bool = False


@dataclass(frozen=True)
class Sides:
    """``inputs``: channels of the input. ``outputs``: channels of each output."""

    inputs: int
    outputs: tuple[int, ...]


def sides_of(model: ModelProto, name: str) -> Sides:
    """Return how many channels a network takes and gives; 0 for an output that does not say.

    Raises:
        ModelError: it takes or gives anything but images whose size is free.
    """
    graph = model.graph
    if len(graph.input) != 1 or not 1 <= len(graph.output) <= 2:
        raise ModelError(
            f"{name} has {len(graph.input)} inputs and {len(graph.output)} outputs; networks with "
            "one image as input and one or two as outputs are read."
        )
    sides = graph.input[0].type.tensor_type.shape.dim
    values = [side.dim_value for side in sides]
    elements = {value.type.tensor_type.elem_type for value in (*graph.input, *graph.output)}
    if len(sides) != 4 or values[1] not in CHANNELS or elements != {TensorProto.FLOAT}:
        raise ModelError(
            f"{name} takes an input of {_in_words(graph.input[0])}; (batch, channel, y, x) in "
            "float32 with 1 or 3 channels is needed."
        )
    if any(values[2:]):
        size = width_x_height([side or "any" for side in values[2:]])
        raise ModelError(
            f"{name} takes images of {size} px only; export it with free sizes (dynamic axes for y "
            "and x)."
        )
    return Sides(values[1], tuple(_channels(output) for output in graph.output))


def in_form(model: ModelProto, processing: Processing, name: str) -> bytes:
    """Return a checked network as ONNX in Lamella's form.

    Raises:
        ModelError: as :func:`sides_of`; or an output for each activation is missing.
    """
    inputs = sides_of(model, name).inputs
    if len(processing.activations) != len(model.graph.output):
        raise ModelError(f"{name} has {len(model.graph.output)} outputs, its description others.")
    made = _renumbered(model)
    graph = GraphProto()
    graph.CopyFrom(made.graph)
    del made.graph.node[:], made.graph.input[:], made.graph.output[:]
    before = _Nodes(made, "before")
    before.normalized(GREY, inputs, processing.normalization, graph.input[0].name)
    made.graph.node.extend(graph.node)
    after = _Nodes(made, "after")
    found = [
        after.activated(output.name, processing.activations[index], processing, index)
        for index, output in enumerate(graph.output)
    ]
    if processing.adds_background:
        found[0] = after.with_background(found[0], _channels(graph.output[0]))
    after.add("Concat", found, OUTPUTS, axis=1)
    made.graph.input.append(_value(GREY, 1))
    made.graph.output.append(_value(OUTPUTS, None))
    return made.SerializeToString(deterministic=True)


def _renumbered(model: ModelProto) -> ModelProto:
    """Return a copy of a network whose tensors are called t0, t1, ..."""
    made, names = ModelProto(), {"": ""}
    made.CopyFrom(model)

    def number(name: str) -> str:
        return names.setdefault(name, f"t{len(names)}")

    for named in (*made.graph.initializer, *made.graph.input, *made.graph.output):
        named.name = number(named.name)
    for node in made.graph.node:
        inputs, outputs = [number(one) for one in node.input], [number(one) for one in node.output]
        node.input[:], node.output[:] = inputs, outputs
    return made


class _Nodes:
    """Adds nodes to a graph of :func:`_renumbered`, under names that no other has."""

    def __init__(self, model: ModelProto, prefix: str) -> None:
        self.graph, self.opset = model.graph, model.opset_import[0].version
        self.prefix, self.made = prefix, 0

    def add(self, operator: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        output = output or self._name()
        self.graph.node.append(make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, values: tuple[float, ...]) -> str:
        return self._kept(np.array(values, np.float32).reshape(1, -1, 1, 1))

    def normalized(self, grey: str, channels: int, wanted: Normalization, output: str) -> None:
        seen = self.add("Concat", [grey] * channels, axis=1) if channels > 1 else grey
        seen = self.add("Sub", [seen, self.constant(wanted.mean)])
        seen = self.add("Div", [seen, self.constant(wanted.std)])
        if wanted.by_tile:
            seen = self.add("Sub", [seen, self.add("GlobalAveragePool", [seen])])
            square = self.add("Mul", [seen, seen])
            spread = self.add("Sqrt", [self.add("GlobalAveragePool", [square])])
            spread = self.add("Add", [spread, self.constant((EPSILON,))])
            seen = self.add("Div", [seen, spread])
        self.add("Identity", [seen], output)

    def activated(
        self, values: str, activation: Activation, processing: Processing, index: int
    ) -> str:
        if index == 0 and processing.logit_scale != 1:
            values = self.add("Mul", [values, self.constant((processing.logit_scale,))])
        if activation == "none":
            return values
        if activation == "sigmoid":
            return self.add("Sigmoid", [values])
        if self.opset >= 13:
            return self.add("Softmax", [values], axis=1)
        # Before opset 13 Softmax took all axes after its own together.
        last = self.add("Transpose", [values], perm=(0, 2, 3, 1))
        return self.add("Transpose", [self.add("Softmax", [last], axis=3)], perm=(0, 3, 1, 2))

    def with_background(self, values: str, channels: int) -> str:
        """Return one minus the largest channel, and the channels, so that they sum to 1."""
        if self.opset >= 18:
            axis = self._kept(np.array([1], np.int64))
            largest = self.add("ReduceMax", [values, axis], keepdims=1)
        else:
            largest = self.add("ReduceMax", [values], axes=[1], keepdims=1)
        rest = self.add("Sub", [self.constant((1.0,)), largest])
        every = self.add("Concat", [rest, values], axis=1)
        ones = self._kept(np.ones((1, channels + 1, 1, 1), np.float32))
        return self.add("Div", [every, self.add("Conv", [every, ones])])

    def _kept(self, array: np.ndarray) -> str:
        self.graph.initializer.append(onnx.numpy_helper.from_array(array, self._name()))
        return self.graph.initializer[-1].name

    def _name(self) -> str:
        self.made += 1
        return f"{self.prefix}{self.made}"


def _channels(value: ValueInfoProto) -> int:
    sides = value.type.tensor_type.shape.dim
    return sides[1].dim_value if len(sides) == 4 else 0


def _in_words(value: ValueInfoProto) -> str:
    sides = value.type.tensor_type.shape.dim
    return "(" + ", ".join(str(side.dim_value or "any") for side in sides) + ")"


def _value(name: str, channels: int | None) -> ValueInfoProto:
    return make_tensor_value_info(name, TensorProto.FLOAT, ["batch", channels, "y", "x"])
