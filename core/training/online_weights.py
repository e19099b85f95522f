"""Encoders that others have trained, fetched when there is a network: ImageNet and MicroNet."""

from __future__ import annotations

import urllib.error
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from core.errors import ModelError
from core.training.initialization import encoder_name

MICRONET = (
    "https://nasa-public-data.s3.amazonaws.com/microscopy_segmentation_models/"
    "{encoder}_pretrained_microscopynet_v{version}.pth.tar"
)
# ResNet-50 is the one encoder of MicroNet with a later version.
MICRONET_VERSIONS = {"resnet50": "1.1"}
WHAT_ELSE = "Train where there is a network, or start from `scratch` or from a model of the zoo."


def imagenet_online(network: nn.Module) -> str:
    """Put the library's own ImageNet weights into the encoder of ``network``, in place.

    Raises:
        ModelError: there is no network, or no such weights for this encoder.
    """
    import segmentation_models_pytorch as smp

    name = encoder_name(network)
    encoder = network.get_submodule("encoder")
    channels = next(encoder.parameters()).shape[1]
    try:
        donor = smp.encoders.get_encoder(name, in_channels=channels, weights="imagenet")
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise ModelError(_unreachable("ImageNet", name, error)) from error
    encoder.load_state_dict(donor.state_dict())
    return f"{name} encoder from ImageNet weights"


def micronet_online(network: nn.Module) -> str:
    """Put NASA's MicroNet weights, trained on 100,000 micrographs, into the encoder of ``network``.

    The three input channels of the first convolution are summed into one.

    Raises:
        ModelError: there is no network, no such weights for this encoder, or they do not fit.

    Source: Stuckner et al. 2022, doi:10.1038/s41524-022-00878-5.
    """
    name = encoder_name(network)
    url = MICRONET.format(encoder=name, version=MICRONET_VERSIONS.get(name, "1.0"))
    try:
        state = torch.hub.load_state_dict_from_url(url, map_location="cpu", weights_only=True)
    except (urllib.error.URLError, OSError, RuntimeError) as error:
        raise ModelError(_unreachable("MicroNet", name, error)) from error
    put_encoder_weights(network, state.get("state_dict", state))
    return f"{name} encoder from MicroNet weights"


def put_encoder_weights(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Put a classifier's tensors, three channels or one, into ``network.encoder``, in place.

    Raises:
        ModelError: a tensor of the encoder is missing or has another shape.
    """
    found = {name.removeprefix("module."): value for name, value in state.items()}
    fitted, encoder = {}, network.get_submodule("encoder")
    for name, mine in encoder.state_dict().items():
        theirs = found.get(name)
        if theirs is not None and theirs.ndim == 4 and mine.shape[1] == 1 < theirs.shape[1] == 3:
            theirs = theirs.sum(1, keepdim=True)
        if theirs is None or theirs.shape != mine.shape:
            raise ModelError(f"The weights do not fit this encoder: {name} is missing or differs.")
        fitted[name] = theirs
    encoder.load_state_dict(fitted)


def _unreachable(what: str, name: str, error: Exception) -> str:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return f"{what} weights for {name} could not be fetched ({reason}). {WHAT_ELSE}"
