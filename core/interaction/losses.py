"""What the click network is trained to make small."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

ALPHA, GAMMA = 0.5, 2.0


def normalized_focal_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Return the mean over crops of alpha * sum((1 - p)^gamma * -ln p) / sum((1 - p)^gamma), p the
    probability of the true class at each pixel.

    ``logits``, ``truth``: (N, 1, H, W), truth 0 or 1. The denominator has no gradient, so that the
    loss does not fade as the mask becomes right.

    Source: Sofiiuk et al. 2019, arXiv:1909.07829, eq. 2, alpha 0.5 and gamma 2 as in RITM.
    """
    entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    weight = (1 - torch.exp(-entropy)) ** GAMMA
    total = weight.sum((1, 2, 3)).detach().clamp_min(1e-6)
    return ALPHA * ((weight * entropy).sum((1, 2, 3)) / total).mean()


def dice_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Return 1 - soft Dice, mean over crops; shapes as above.

    Source: Milletari et al. 2016, arXiv:1606.04797, eq. 3 with linear denominators.
    """
    probability = logits.sigmoid()
    overlap = (probability * truth).sum((1, 2, 3))
    total = probability.sum((1, 2, 3)) + truth.sum((1, 2, 3))
    return 1 - (2 * overlap / total.clamp_min(1e-6)).mean()


def click_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Return the sum of both."""
    return normalized_focal_loss(logits, truth) + dice_loss(logits, truth)
