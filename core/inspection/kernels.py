"""The filters of a convolution: their values, their norms and what they let through."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from core.errors import LamellaError
from core.inspection.view import split_call
from core.types.arrays import read_only


@dataclass(frozen=True, eq=False)
class Kernels:
    """The filters of one layer.

    ``weights``: (output channels, input channels, rows, columns) float32, as applied by the
    framework: cross-correlation, not flipped. A depthwise convolution has one input channel each.
    """

    layer: str
    weights: np.ndarray

    @property
    def norms(self) -> np.ndarray:
        """(output channels,) L2 norm of each whole filter."""
        return np.sqrt((self.weights.astype(np.float64) ** 2).sum(axis=(1, 2, 3)))

    @property
    def norms_by_input(self) -> np.ndarray:
        """(output channels, input channels) L2 norm of each filter's slice."""
        return np.sqrt((self.weights.astype(np.float64) ** 2).sum(axis=(2, 3)))

    @property
    def by_norm(self) -> np.ndarray:
        """Output channels, largest norm first."""
        return np.argsort(-self.norms, kind="stable")

    @property
    def limit(self) -> float:
        """Largest absolute weight: the one symmetric colour scale runs from -limit to limit."""
        return float(np.abs(self.weights).max())

    def of_input(self, channel: int) -> np.ndarray:
        """Return the slices (output channels, rows, columns) that look at one input channel.

        Raises:
            LamellaError: the channel does not exist.
        """
        channels = self.weights.shape[1]
        if not 0 <= channel < channels:
            raise LamellaError(
                f"There is no input channel {channel}; {self.layer} has {channels}, 0 to "
                f"{channels - 1}."
            )
        return self.weights[:, channel]


def kernels(network: nn.Module, layer: str) -> Kernels:
    """Return the filters of a layer.

    Raises:
        LamellaError: the layer does not exist or is no convolution.
    """
    name, _ = split_call(layer)
    modules = dict(network.named_modules())
    weight = getattr(modules.get(name), "weight", None)
    if not isinstance(weight, torch.Tensor) or weight.dim() != 4:
        names = kernel_layers(network)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.3) or list(names[:3])
        raise LamellaError(
            f'"{layer}" has no kernels; the nearest convolutions are {", ".join(near)}. '
            "Choose one of them."
        )
    if isinstance(modules[name], nn.ConvTranspose2d):
        weight = weight.transpose(0, 1)
    values = weight.detach().float().cpu().numpy().copy()
    return Kernels(layer, read_only(values))


def kernel_layers(network: nn.Module) -> tuple[str, ...]:
    """Return the names of all layers with kernels, in the order of the network's parts."""
    return tuple(
        name
        for name, module in network.named_modules()
        if isinstance(weight := getattr(module, "weight", None), torch.Tensor) and weight.dim() == 4
    )


@dataclass(frozen=True, eq=False)
class FrequencyResponse:
    """How strongly a kernel passes each spatial frequency.

    ``magnitude``: (n, n) float64, frequency 0 in the middle. ``frequencies``: (n,) of each row and
    column, in cycles per pixel of the layer's input, -0.5 to below 0.5.
    """

    magnitude: np.ndarray
    frequencies: np.ndarray


def frequency_response(kernel: np.ndarray, side: int = 64) -> FrequencyResponse:
    """Return the magnitude of the Fourier transform of a kernel (rows, columns).

    The kernel is padded to ``side``. The value at frequency 0 is the absolute sum of the kernel.
    """
    spectrum = np.fft.fftshift(np.fft.fft2(kernel.astype(np.float64), (side, side)))
    return FrequencyResponse(
        read_only(np.abs(spectrum)), read_only(np.fft.fftshift(np.fft.fftfreq(side)))
    )
