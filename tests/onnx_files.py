"""Foreign networks of a few bytes, as ONNX and as BioImage.IO packages."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper


def network(*extra: onnx.NodeProto, output: str = "y", **graph: Any) -> onnx.ModelProto:
    """Return a network that tells levels below 0.5 from those above, and ``extra`` nodes."""
    weights = np.array([-20, 20], np.float32).reshape(2, 1, 1, 1)
    bias = np.array([10, -10], np.float32)
    nodes = [helper.make_node("Conv", ["x", "w", "b"], ["y"]), *extra]
    made = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, "h", "w_"])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", 2, "h", "w_"])],
        [onnx.numpy_helper.from_array(one, name) for one, name in ((weights, "w"), (bias, "b"))],
        **graph,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)])


def description(**changed: Any) -> dict[str, Any]:
    """Return the description of a package, with some fields ``changed``."""
    axes = [{"type": "batch"}, {"type": "channel"}]
    axes += [{"type": "space", "id": axis, "size": {"min": 64, "step": 32}} for axis in "yx"]
    found = {
        "format_version": "0.5.4",
        "type": "model",
        "name": "Two phases",
        "inputs": [{"id": "in", "axes": axes}],
        "outputs": [{"id": "out", "axes": [dict(axis) for axis in axes]}],
        "weights": {"onnx": {"source": "weights.onnx"}},
    }
    return found | changed


def package(described: Mapping[str, Any] | None = None, **files: bytes) -> bytes:
    """Return a package with its description and ``files``."""
    # Without aliases for parts that are the same object.
    text = yaml.safe_dump(json.loads(json.dumps(described or description())))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("rdf.yaml", text)
        packed.writestr("weights.onnx", network().SerializeToString())
        for name, content in files.items():
            packed.writestr(name, content)
    return stream.getvalue()
