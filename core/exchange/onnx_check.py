"""ONNX that others made: checked against lists of what is allowed, and written anew with nothing
else in it, so that what runs is what was checked.

Runs in a child, see ``core.exchange.opening``. Operators are those of networks that segment; none
has a body of its own (If, Loop, Scan), makes a size out of values (Range, Tile, NonZero) or comes
from a domain other than ONNX's.
"""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import NoReturn

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto

from core.errors import ModelError
from core.exchange.weights_file import CARD

OPSETS = (9, 23)
IR_VERSION = 8
MOST_NODES = 5000
MOST_TENSORS = 4000
MOST_ELEMENTS = 100_000_000
"""Of the weights together: 400 MB in float32."""
MOST_MADE_ELEMENTS = 1_000_000
"""Of a constant that a node makes out of a shape."""
MOST_ATTRIBUTE_VALUES = 100_000
MAIN_DOMAINS = ("", "ai.onnx")
_OPERATORS = """
Abs Add And AveragePool BatchNormalization Cast Ceil Clip Concat Constant ConstantOfShape Conv
ConvTranspose DepthToSpace Div Dropout Elu Equal Erf Exp Expand Flatten Floor Gather Gelu Gemm
GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish
Identity InstanceNormalization LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax MatMul
Max MaxPool Min Mish Mul Neg Not Or PRelu Pad Pow Reciprocal ReduceMax ReduceMean ReduceMin
ReduceSum Relu Reshape Resize Selu Shape Sigmoid Slice Softmax Softplus SpaceToDepth Split Sqrt
Squeeze Sub Sum Tanh Transpose Unsqueeze Upsample Where
"""
OPERATORS = frozenset(_OPERATORS.split())
_FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE}
_TYPES = _FLOATS | {TensorProto.INT32, TensorProto.INT64, TensorProto.UINT8, TensorProto.BOOL}
_ATTRIBUTES = {
    AttributeProto.FLOAT: "f",
    AttributeProto.INT: "i",
    AttributeProto.STRING: "s",
    AttributeProto.TENSOR: "t",
    AttributeProto.FLOATS: "floats",
    AttributeProto.INTS: "ints",
    AttributeProto.STRINGS: "strings",
}


def checked_model(data: bytes, name: str) -> ModelProto:
    """Return the network in ``data`` without names, comments and origins of its nodes.

    ``name``: of the file, for messages.

    Raises:
        ModelError: it is no ONNX, or holds what is not allowed.
    """
    model = _parsed(data, name)
    _check_model(model, name)
    graph = GraphProto(name="network")
    sizes: dict[str, tuple[int, ...]] = {}
    elements = 0
    for tensor in model.graph.initializer:
        made = _checked_tensor(tensor, name)
        elements += prod(made.dims)
        graph.initializer.append(made)
        sizes |= _small_integers(made)
    _check_number("weights", elements, MOST_ELEMENTS, name)
    for node in model.graph.node:
        made_node = _checked_node(node, name)
        _check_made_size(made_node, sizes, name)
        graph.node.append(made_node)
    initialized = {tensor.name for tensor in graph.initializer}
    graph.input.extend(_bare(value) for value in model.graph.input if value.name not in initialized)
    graph.output.extend(_bare(value) for value in model.graph.output)
    opset = next(one.version for one in model.opset_import if one.domain in MAIN_DOMAINS)
    clean = ModelProto(ir_version=IR_VERSION, graph=graph)
    clean.opset_import.add(domain="", version=opset)
    return clean


def card_in(data: bytes) -> str:
    """Return the JSON text of a card in the metadata of ONNX; "" where there is none."""
    return next((one.value for one in _parsed(data, "").metadata_props if one.key == CARD), "")


def with_card(model: ModelProto, card: str) -> bytes:
    """Return a network as ONNX with the JSON text of a card in its metadata; "" for none."""
    if card:
        model.metadata_props.add(key=CARD, value=card)
    return model.SerializeToString(deterministic=True)


def operators_of(model: ModelProto) -> dict[str, int]:
    """Return how often each operator is there, by its name."""
    return dict(sorted(Counter(node.op_type for node in model.graph.node).items()))


def opset_of(model: ModelProto) -> int:
    """Return the version of ONNX's operators that a model uses."""
    return model.opset_import[0].version


def _parsed(data: bytes, name: str) -> ModelProto:
    model = ModelProto()
    try:
        model.ParseFromString(data)
    except (DecodeError, RecursionError) as error:
        raise ModelError(
            f"{name} is no ONNX, is damaged, or nests its parts too deep; export the network as "
            "one file, with its weights inside."
        ) from error
    if not model.graph.node:
        raise ModelError(f"{name} holds no network; export one as ONNX, in one file.")
    return model


def _check_model(model: ModelProto, name: str) -> None:
    if model.functions:
        _refuse(name, "defines functions of its own")
    if model.training_info:
        _refuse(name, "holds instructions for training")
    if model.graph.sparse_initializer:
        _refuse(name, "holds sparse weights, which may unpack to any size")
    versions = [one.version for one in model.opset_import if one.domain in MAIN_DOMAINS]
    if len(versions) != 1 or not OPSETS[0] <= versions[0] <= OPSETS[1]:
        _refuse(name, f"uses opset {versions}; one from {OPSETS[0]} to {OPSETS[1]} is needed")
    _check_number("nodes", len(model.graph.node), MOST_NODES, name)
    _check_number("tensors", len(model.graph.initializer), MOST_TENSORS, name)


def _checked_tensor(tensor: TensorProto, name: str) -> TensorProto:
    """Return a tensor with its values and nothing else."""
    if tensor.external_data or tensor.data_location == TensorProto.EXTERNAL:
        _refuse(name, "keeps weights in another file")
    if tensor.data_type not in _TYPES or tensor.HasField("segment"):
        _refuse(name, f"holds weights of type {tensor.data_type}, which are not read")
    if any(side < 0 for side in tensor.dims):
        _refuse(name, "holds weights of a negative size")
    _check_number("weights", prod(tensor.dims), MOST_ELEMENTS, name)
    try:
        values = onnx.numpy_helper.to_array(tensor)
    except (ValueError, TypeError, IndexError) as error:
        raise ModelError(
            f"{name} has fewer or more weights than it says; export it again."
        ) from error
    if tensor.data_type in _FLOATS and not np.isfinite(values).all():
        _refuse(name, "has weights that are no numbers (NaN or infinite)")
    return onnx.numpy_helper.from_array(values, tensor.name)


def _checked_node(node: NodeProto, name: str) -> NodeProto:
    if node.domain not in MAIN_DOMAINS or node.overload:
        _refuse(name, f"uses the operator {node.op_type!r:.40} of the domain {node.domain!r:.40}")
    if node.op_type not in OPERATORS:
        _refuse(name, f"uses the operator {node.op_type!r:.40}, which is not on the list")
    made = NodeProto(op_type=node.op_type, input=node.input, output=node.output)
    made.attribute.extend(_checked_attribute(one, name) for one in node.attribute)
    return made


def _checked_attribute(attribute: AttributeProto, name: str) -> AttributeProto:
    field = _ATTRIBUTES.get(attribute.type)
    if field is None or attribute.ref_attr_name:
        _refuse(name, f"has an attribute {attribute.name!r:.40} of a kind that is not read")
    made = AttributeProto(name=attribute.name, type=attribute.type)
    value = getattr(attribute, field)
    if field == "t":
        made.t.CopyFrom(_checked_tensor(value, name))
    elif field.endswith("s") and field != "s":
        _check_number("values of an attribute", len(value), MOST_ATTRIBUTE_VALUES, name)
        getattr(made, field).extend(value)
    else:
        setattr(made, field, value)
    return made


def _small_integers(tensor: TensorProto) -> dict[str, tuple[int, ...]]:
    """Return the values of a tensor that may be a shape, under its name; nothing of another."""
    if tensor.data_type != TensorProto.INT64 or prod(tensor.dims) > 16:
        return {}
    values = onnx.numpy_helper.to_array(tensor).reshape(-1)
    return {tensor.name: tuple(int(value) for value in values)}


def _check_made_size(node: NodeProto, sizes: dict[str, tuple[int, ...]], name: str) -> None:
    """Look at a shape that is known before the network runs; whatever loads it would make it."""
    if node.op_type == "Constant":
        for attribute in node.attribute:
            if attribute.name == "value":
                for values in _small_integers(attribute.t).values():
                    sizes[node.output[0]] = values
            elif attribute.name in ("value_int", "value_ints"):
                sizes[node.output[0]] = (attribute.i,) if attribute.i else tuple(attribute.ints)
    shape = {"ConstantOfShape": 0, "Expand": 1}.get(node.op_type)
    if shape is not None and len(node.input) > shape:
        elements = prod(max(1, abs(one)) for one in sizes.get(node.input[shape], ()))
        if elements > MOST_MADE_ELEMENTS:
            _refuse(name, f"makes a constant of {elements:,} values out of a shape")


def _bare(value: ValueInfoProto) -> ValueInfoProto:
    """Return a name with its type and sides."""
    made = ValueInfoProto(name=value.name)
    made.type.tensor_type.elem_type = value.type.tensor_type.elem_type
    for side in value.type.tensor_type.shape.dim:
        one = made.type.tensor_type.shape.dim.add()
        if side.HasField("dim_value"):
            one.dim_value = side.dim_value
        else:
            one.dim_param = side.dim_param
    return made


def _check_number(what: str, found: int, most: int, name: str) -> None:
    if found > most:
        _refuse(name, f"holds {found:,} {what}; up to {most:,} are read")


def _refuse(name: str, why: str) -> NoReturn:
    raise ModelError(
        f"{name} {why}, so it was not opened. Export a plain network that segments, as ONNX in "
        "one file."
    )
