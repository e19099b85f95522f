"""How well a trained network follows a shift of its image, and what its padding leaks."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.inspection.subject import network_stride
from core.types.arrays import read_only
from core.types.progress import ProgressCallback, no_progress


class CircularConvolution(nn.Module):
    """A convolution of any padding, its zeros replaced by the pixels of the opposite side."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, x: Tensor) -> Tensor:
        made = self.convolution
        sides = _sides(made, x.shape[-2:])
        return functional.conv2d(
            functional.pad(x, sides, mode="circular"),
            made.weight,
            made.bias,
            made.stride,
            0,
            made.dilation,
            made.groups,
        )


class CircularMaxPool(nn.Module):
    """A max pooling whose border continues on the opposite side."""

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        self.pool = pool
        self.padding = pool.padding if isinstance(pool.padding, int) else pool.padding[0]

    def forward(self, x: Tensor) -> Tensor:
        made = self.pool
        padded = functional.pad(x, [self.padding] * 4, mode="circular")
        return functional.max_pool2d(padded, made.kernel_size, made.stride)


def circular_copy(network: nn.Module) -> nn.Module:
    """Return a copy of ``network``, on its device, that sees the image without a border."""
    made = copy.deepcopy(network)
    for parent in list(made.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Conv2d):
                setattr(parent, name, CircularConvolution(child))
            elif isinstance(child, nn.MaxPool2d) and child.padding:
                setattr(parent, name, CircularMaxPool(child))
    return made.eval()


def _sides(made: nn.Conv2d, shape: torch.Size) -> list[int]:
    """Return the padding left, right, top, bottom; timm's "same" layers put more at the end."""
    sides: list[int] = []
    for axis in (1, 0):
        span = made.dilation[axis] * (made.kernel_size[axis] - 1)
        if type(made).__name__ == "Conv2dSame" or made.padding == "same":
            outputs = -(-shape[axis] // made.stride[axis])
            total = max(0, (outputs - 1) * made.stride[axis] + span + 1 - shape[axis])
            sides += [total // 2, total - total // 2]
        else:
            padding = 0 if made.padding == "valid" else int(made.padding[axis])
            sides += [padding, padding]
    return sides


@torch.inference_mode()
def consistency(
    network: nn.Module,
    image: Tensor,
    shifts: Sequence[int],
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """Return how well the labels follow each diagonal shift: mean IoU, (len(shifts),) float64.

    ``image``: (1, 1, H, W), sides multiples of the network's stride. The image is shifted around,
    labelled, and the labels shifted back; 1 means that they equal those of the image unshifted.
    """
    plain = network(image).argmax(1)
    found = []
    for index, shift in enumerate(shifts):
        progress(index, len(shifts))
        moved = network(torch.roll(image, (shift, shift), (2, 3))).argmax(1)
        found.append(_mean_iou(plain, torch.roll(moved, (-shift, -shift), (1, 2))))
    progress(len(shifts), len(shifts))
    return np.array(found)


def _mean_iou(one: Tensor, other: Tensor) -> float:
    scores = []
    for phase in torch.unique(torch.cat([one, other])):
        mine, yours = one == phase, other == phase
        scores.append(float((mine & yours).sum() / (mine | yours).sum()))
    return float(np.mean(scores))


@dataclass(frozen=True, eq=False)
class Leak:
    """The answer to a constant image. ``probability``: (side, side) float32 of the last phase."""

    probability: np.ndarray

    @property
    def spread(self) -> float:
        """Largest minus smallest; 0 is what an equivariant network must answer."""
        return float(np.ptp(self.probability))


@torch.inference_mode()
def padding_leak(network: nn.Module, constant: Tensor) -> Leak:
    """Return what ``network`` makes of a constant image (1, 1, H, W)."""
    probability = network(constant).softmax(1)[0, -1]
    return Leak(read_only(probability.float().cpu().numpy()))


SHIFTS = (0, 1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 31, 32, 33, 40, 48, 56, 63, 64)


@dataclass(frozen=True, eq=False)
class NetworkShift:
    """One network on one image, with its own padding and with circular padding.

    ``stride``: the network's total stride in px. ``shifts``: diagonal shifts in px. ``own``,
    ``circular``: (shifts,) mean IoU. ``own_leak``, ``circular_leak``: the answers to a constant
    grey image.
    """

    stride: int
    shifts: tuple[int, ...]
    own: np.ndarray
    circular: np.ndarray
    own_leak: Leak
    circular_leak: Leak


def network_shift(
    network: nn.Module,
    image: Tensor,
    constant: Tensor,
    progress: ProgressCallback = no_progress,
) -> NetworkShift:
    """Measure both paddings; ``image``, ``constant``: (1, 1, H, W) as the network expects them."""
    total = 2 * len(SHIFTS)
    around = circular_copy(network)
    own = consistency(network, image, SHIFTS, lambda done, _: progress(done, total))
    circular = consistency(
        around, image, SHIFTS, lambda done, _: progress(len(SHIFTS) + done, total)
    )
    return NetworkShift(
        network_stride(network),
        SHIFTS,
        own,
        circular,
        padding_leak(network, constant),
        padding_leak(around, constant),
    )
