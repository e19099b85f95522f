"""What a layer is called on screen."""

from __future__ import annotations

from torch import nn

_PLAIN = (
    (nn.modules.batchnorm._BatchNorm, "batch norm"),
    (nn.GroupNorm, "group norm"),
    (nn.LayerNorm, "layer norm"),
    (nn.ReLU6, "ReLU6"),
    (nn.ReLU, "ReLU"),
    (nn.Flatten, "flatten"),
    (nn.Sigmoid, "sigmoid"),
    (nn.Tanh, "tanh"),
    (nn.AdaptiveAvgPool2d, "adaptive average pooling"),
    (nn.AdaptiveMaxPool2d, "adaptive max pooling"),
)

FUNCTIONS = {
    "add": "add",
    "mul": "multiply",
    "sub": "subtract",
    "cat": "concatenate",
    "relu": "ReLU",
    "hardtanh": "ReLU6",
    "mean": "average over the image",
    "upsample_nearest2d": "upsampling, nearest",
    "upsample_bilinear2d": "upsampling, bilinear",
    "upsample_bicubic2d": "upsampling, bicubic",
    "max_pool2d_with_indices": "max pooling",
    "avg_pool2d": "average pooling",
    "_adaptive_avg_pool2d": "adaptive average pooling",
    "constant_pad_nd": "padding",
    "reflection_pad2d": "padding, reflected",
    "replication_pad2d": "padding, edge repeated",
    "slice": "crop",
    "write": "copy",
}


def kind_of(module: nn.Module) -> str:
    """Return what a module is, in plain words: "convolution 3x3, stride 2"."""
    if isinstance(module, nn.Conv2d):
        return f"{_convolution(module)} {_side(module.kernel_size)}{_stride(module.stride)}"
    if isinstance(module, nn.ConvTranspose2d):
        return f"transposed convolution {_side(module.kernel_size)}{_stride(module.stride)}"
    if isinstance(module, nn.Linear):
        return "dense"
    if isinstance(module, nn.MaxPool2d):
        return f"max pooling {_side(module.kernel_size)}{_stride(module.stride)}"
    if isinstance(module, nn.AvgPool2d):
        return f"average pooling {_side(module.kernel_size)}{_stride(module.stride)}"
    for kind, words in _PLAIN:
        if isinstance(module, kind):
            return words
    return getattr(module, "kind", None) or type(module).__name__


def kind_of_function(operation: str) -> str:
    """Return what an ATen operation is, in plain words."""
    return FUNCTIONS.get(operation, operation.strip("_").replace("_", " "))


def _convolution(module: nn.Conv2d) -> str:
    if module.groups == 1:
        return "convolution"
    is_depthwise = module.groups == module.in_channels
    return "depthwise convolution" if is_depthwise else f"convolution in {module.groups} groups"


def _side(size: int | tuple[int, ...]) -> str:
    rows, columns = (size, size) if isinstance(size, int) else size
    return f"{rows}x{columns}"


def _stride(stride: int | tuple[int, ...]) -> str:
    rows, columns = (stride, stride) if isinstance(stride, int) else stride
    if rows == columns:
        return "" if rows == 1 else f", stride {rows}"
    return f", stride {rows}x{columns}"
