"""How gradients reach the layers of plain and residual networks, how both learn, and what a block
is worth.

The task needs no labels and works on any micrograph: was this patch blurred, or not?

Source: He et al. 2016, arXiv:1512.03385 (degradation); Veit et al. 2016, arXiv:1605.06431
(removing a block).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.concepts.depth.residual import DeepNetwork, build
from core.errors import LamellaError
from core.image_size import width_x_height
from core.types.progress import ProgressCallback, no_progress

PATCH = 16
BATCH = 16
BLUR_PX = 1.5
KINDS = (("plain", False), ("residual", True))
TRAINED_DEPTH, STEPS, RATE = 64, 50, 2e-3
"""Where the residual network learns within seconds and the plain one of its depth does not."""
LEARNED = 0.6
"""A loss clearly below that of a guess, ln 2 = 0.693."""


@dataclass(frozen=True, eq=False)
class Patches:
    """``images``: (N, 1, 16, 16) float32, mean 0, deviation 1. ``labels``: (N,), 1 = blurred."""

    images: Tensor
    labels: Tensor


@dataclass(frozen=True)
class GradientFlow:
    """``norms``: of the loss by the weights of each 3 x 3 convolution of the blocks, first to last.

    ``kind``: plain or residual.
    """

    kind: str
    norms: tuple[float, ...]


@dataclass(frozen=True)
class Learning:
    """``losses``: after each step. ``without_block``: the loss when one block is skipped, each.

    ``kind``: "plain, 16 layers". ``whole``: the loss of the whole network on the same patches,
    running statistics fixed.
    """

    kind: str
    losses: tuple[float, ...]
    whole: float
    without_block: tuple[float, ...]

    @property
    def has_learned(self) -> bool:
        return self.whole < LEARNED


def patches(image: np.ndarray, count: int = 64, seed: int = 0) -> Patches:
    """Return patches of grey levels (H, W), half of them blurred.

    Raises:
        LamellaError: an image smaller than a patch, or without any contrast.
    """
    height, width = image.shape
    if min(height, width) < PATCH or float(image.std()) == 0:
        raise LamellaError(
            f"Patches of {PATCH} x {PATCH} px with some contrast are needed; the image has "
            f"{width_x_height(image.shape)} px and a deviation of {image.std():.3g}. Choose "
            "another one."
        )
    random = np.random.default_rng(seed)
    sharp = np.ascontiguousarray(image, np.float32)
    versions = sharp, cv2.GaussianBlur(sharp, (0, 0), BLUR_PX)
    labels = np.arange(count) % 2
    cuts = []
    for label in labels:
        top, left = random.integers(0, (height - PATCH + 1, width - PATCH + 1))
        cuts.append(versions[label][top : top + PATCH, left : left + PATCH])
    stack = (np.stack(cuts) - image.mean()) / image.std()
    return Patches(torch.from_numpy(stack[:, None]).float(), torch.from_numpy(labels))


def gradient_flow(
    given: Patches, depth: int, norm: bool, seed: int = 0
) -> tuple[GradientFlow, ...]:
    """Return the gradient norms of a fresh plain and a fresh residual network, one backward pass.

    Raises:
        LamellaError: a depth that cannot be built.
    """
    flows = []
    for kind, skip in KINDS:
        network = build(depth, skip, norm, seed)
        loss = functional.cross_entropy(network(given.images[:BATCH]), given.labels[:BATCH])
        loss.backward()
        norms = [
            float(weight.grad.norm())
            for name, weight in network.blocks.named_parameters()
            if "conv" in name and weight.grad is not None
        ]
        flows.append(GradientFlow(kind, tuple(norms)))
    return tuple(flows)


def learn(
    given: Patches,
    depth: int,
    norm: bool,
    steps: int = STEPS,
    seed: int = 0,
    progress: ProgressCallback = no_progress,
    seen: list[tuple[str, float]] | None = None,
) -> tuple[Learning, ...]:
    """Train on the same patches in the same order: a plain network of a quarter of ``depth``, a
    plain one of ``depth``, and a residual one of ``depth``.

    ``seen``: gets (kind, loss) after each step, for a chart that grows.

    Raises:
        Cancelled: from ``progress``.
        LamellaError: a depth that cannot be built.
    """
    shallow = max(2, depth // 8 * 2)
    networks = (("plain", shallow, False), ("plain", depth, False), ("residual", depth, True))
    results = []
    for number, (name, layers, skip) in enumerate(networks):
        kind = f"{name}, {layers} layers"
        network = build(layers, skip, norm, seed)
        optimizer = torch.optim.Adam(network.parameters(), RATE)
        order = np.random.default_rng(seed)
        losses = []
        for step in range(steps):
            progress(number * steps + step, len(networks) * steps)
            batch = torch.from_numpy(order.choice(len(given.labels), BATCH, replace=False))
            loss = functional.cross_entropy(network(given.images[batch]), given.labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            if seen is not None:
                seen.append((kind, losses[-1]))
        results.append(_lesions(network, given, kind, losses))
    progress(len(networks) * steps, len(networks) * steps)
    return tuple(results)


def _lesions(network: DeepNetwork, given: Patches, kind: str, losses: list[float]) -> Learning:
    """Measure the trained network, whole and with each block skipped; it is left whole."""
    network.eval()
    blocks = network.blocks
    with torch.no_grad():
        whole = float(functional.cross_entropy(network(given.images), given.labels))
        without = []
        for removed in range(len(blocks)):
            x = functional.relu(network.stem(given.images))
            for number, block in enumerate(blocks):
                x = x if number == removed else block(x)
            logits = network.head(x.mean((2, 3)))
            without.append(float(functional.cross_entropy(logits, given.labels)))
    return Learning(kind, tuple(losses), whole, tuple(without))
