"""Feature distillation: a U-Net learns the feature maps of a trained one before the task itself.

The student's encoder learns the teacher's feature maps, stage by stage, through linear adapters.
These are then folded into a copy of the teacher's decoder, so that the student starts as a plain
U-Net that already segments.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from core.errors import ModelError
from core.training.augmentation import Pair, random_crop
from core.training.prefetch import made_ahead, threads_for
from core.training.progress import Progress
from core.training.recipe import FeatureDistillation, Recipe

if TYPE_CHECKING:
    from segmentation_models_pytorch import Unet


def distill_features(
    student: Unet,
    teacher: Unet,
    pairs: tuple[Pair, ...],
    recipe: Recipe,
    settings: FeatureDistillation,
    normalization: tuple[float, float],
    report: Callable[[Progress], None] = lambda progress: None,
) -> None:
    """Train ``student.encoder`` on ``teacher.encoder``'s feature maps and fold the decoder, in
    place.

    Both are U-Nets of segmentation_models_pytorch with the same decoder channels. The masks are
    not used. ``report`` may raise ``core.errors.Cancelled``.

    Raises:
        ModelError: decoders of different widths.

    Source: FitNets, Romero et al. 2015, arXiv:1412.6550, for the adapters; the folding is exact
    algebra, see :func:`fold`.
    """
    device = next(student.parameters()).device
    adapters = make_adapters(student, teacher).to(device)
    parameters = [*student.encoder.parameters(), *adapters.parameters()]
    optimizer = torch.optim.AdamW(parameters, settings.learning_rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=settings.steps, pct_start=0.1
    )
    student.encoder.train()
    begun = time.monotonic()
    make = partial(_crops, pairs, recipe, settings)
    for step, batch in enumerate(made_ahead(make, 0, settings.steps, threads_for(device))):
        batch = (batch.to(device) - normalization[0]) / normalization[1]
        batch = batch.to(memory_format=torch.channels_last)
        loss = _mean_distance(student, teacher, adapters, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        seconds = time.monotonic() - begun
        report(Progress(step + 1, settings.steps, loss.item(), seconds))
    fold(student, teacher, adapters)


def _mean_distance(student: Unet, teacher: Unet, adapters: nn.ModuleList, batch: Tensor) -> Tensor:
    """Return the mean over stages of :func:`feature_distance`, of a batch (N, 1, H, W)."""
    with torch.no_grad():
        wanted = teacher.encoder(batch)[1:]
    seen = student.encoder(batch)[1:]
    distances = [
        feature_distance(adapter(mine), theirs)
        for adapter, mine, theirs in zip(adapters, seen, wanted, strict=True)
    ]
    return torch.stack(distances).mean()


def feature_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """Return the mean squared distance of feature maps (N, C, h, w), in units of the variance of
    each of the teacher's channels over the batch."""
    variance = teacher.var((0, 2, 3), keepdim=True) + 1e-4
    return torch.mean((student - teacher) ** 2 / variance)


def make_adapters(student: Unet, teacher: Unet) -> nn.ModuleList:
    """Return a 1 x 1 convolution with bias for each stage, from the student's to the teacher's
    channels."""
    widths = zip(student.encoder.out_channels[1:], teacher.encoder.out_channels[1:], strict=True)
    return nn.ModuleList(nn.Conv2d(mine, theirs, 1) for mine, theirs in widths)


@torch.no_grad()
def fold(student: Unet, teacher: Unet, adapters: nn.ModuleList) -> None:
    """Give ``student`` the teacher's decoder and head, with the adapters multiplied in, in place.

    A 1 x 1 convolution A followed by a 3 x 3 convolution W is the 3 x 3 convolution W A; the
    adapter's bias becomes a shift of the running mean of the batch norm behind it, exact but for
    the outermost pixel, where zero padding has no bias.

    Raises:
        ModelError: decoders of different widths.
    """
    widths = [
        [block.conv2[0].out_channels for block in network.decoder.blocks]
        for network in (student, teacher)
    ]
    if widths[0] != widths[1]:
        raise ModelError(f"Decoders of widths {widths[0]} and {widths[1]} do not fit each other.")
    state = teacher.decoder.state_dict()
    deepest_first = [one for one in adapters if isinstance(one, nn.Conv2d)][::-1]
    for index, block in enumerate(teacher.decoder.blocks):
        weight = block.conv1[0].weight
        skips = deepest_first[index + 1 : index + 2]
        parts: list[nn.Conv2d | None] = [None, *skips]
        if index == 0:
            parts[0] = deepest_first[0]
        folded, shift = _folded(weight, parts)
        state[f"blocks.{index}.conv1.0.weight"] = folded
        state[f"blocks.{index}.conv1.1.running_mean"] = block.conv1[1].running_mean + shift
    student.decoder.load_state_dict(state)
    student.segmentation_head.load_state_dict(teacher.segmentation_head.state_dict())


def _folded(weight: Tensor, parts: list[nn.Conv2d | None]) -> tuple[Tensor, Tensor]:
    """Return ``weight`` (O, T, 3, 3) on the student's channels, and the constant (O,) that the
    adapters' biases add. A part None is passed through unchanged and comes first."""
    adapted = sum(part.out_channels for part in parts if part is not None)
    through = weight.shape[1] - adapted
    pieces, shift, start = [], torch.zeros_like(weight[:, 0, 0, 0]), 0
    for part in parts:
        if part is None:
            pieces.append(weight[:, :through])
            start = through
            continue
        piece = weight[:, start : start + part.out_channels]
        start += part.out_channels
        pieces.append(torch.einsum("otij,ts->osij", piece, part.weight[:, :, 0, 0]))
        # The batch norm subtracts its mean, so what the bias adds comes off the mean below it.
        shift = shift - torch.einsum("otij,t->o", piece, part.bias)
    return torch.cat(pieces, 1), shift


def _crops(
    pairs: tuple[Pair, ...], recipe: Recipe, settings: FeatureDistillation, step: int
) -> Tensor:
    random = np.random.default_rng((recipe.seed, 1, step))
    chosen = random.integers(len(pairs), size=settings.batch)
    crops = [
        random_crop(pairs[index], settings.crop_px, recipe.augmentation, random)[0]
        for index in chosen
    ]
    return torch.from_numpy(np.stack(crops))[:, None]
