"""A network of ours as ONNX, in one file, with nothing of this machine in it, and checked."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

from core.errors import ModelError
from core.exchange import onnx_check
from core.exchange.onnx_form import GREY

OPSET = 17
EXAMPLE = (1, 1, 96, 128)
CHECKED = ((96, 128), (160, 96), (256, 224))
"""(H, W) of the images on which an export is compared with PyTorch, one and two at a time."""
TOLERANCE = 1e-3


@dataclass(frozen=True)
class WrittenOnnx:
    """``operators``: how often each is there. ``difference``: largest one from PyTorch, in the
    network's own outputs."""

    data: bytes
    opset: int
    operators: Mapping[str, int]
    difference: float


def written(network: nn.Module, outputs: tuple[str, ...], card: str, name: str) -> WrittenOnnx:
    """Return ``network``, in eval mode, from (N, 1, H, W) float32 to ``outputs``, as ONNX.

    ``card``: JSON text that goes into its metadata; "" for none.

    Raises:
        ModelError: it cannot be written, or ONNX Runtime's answers differ by more than 1e-3.
    """
    model = onnx_check.checked_model(_traced(network, outputs), name)
    data = onnx_check.with_card(model, card)
    operators, opset = onnx_check.operators_of(model), onnx_check.opset_of(model)
    return WrittenOnnx(data, opset, operators, _difference(data, network, name))


def _traced(network: nn.Module, outputs: tuple[str, ...]) -> bytes:
    """Return ONNX whose batch and sizes are free; the newer exporter of PyTorch takes minutes for
    that (284 s for an EfficientNet-Lite0 U-Net in torch 2.15), so the older one is asked."""
    free = {0: "batch", 2: "y", 3: "x"}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder) / "network.onnx"
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.zeros(EXAMPLE),),
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=[GREY],
            output_names=list(outputs),
            dynamic_axes={name: free for name in (GREY, *outputs)},
        )
        return path.read_bytes()


def _difference(data: bytes, network: nn.Module, name: str) -> float:
    largest = 0.0
    generator = torch.Generator().manual_seed(0)
    run = runner(data)
    for sides in CHECKED:
        for batch in (1, 2):
            grey = torch.rand((batch, 1, *sides), generator=generator)
            with torch.inference_mode():
                wanted = network(grey)
            wanted = wanted if isinstance(wanted, tuple) else (wanted,)
            for found, one in zip(run.run(None, {GREY: grey.numpy()}), wanted, strict=True):
                largest = max(largest, float(np.abs(found - one.numpy()).max()))
    if not largest <= TOLERANCE:
        raise ModelError(
            f"The ONNX of {name} differs from the network by {largest:.3g} in ONNX Runtime, more "
            f"than {TOLERANCE:g}; nothing was written."
        )
    return largest


def runner(data: bytes) -> onnxruntime.InferenceSession:
    """Return ONNX of ours ready to run in ONNX Runtime, on one core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
