"""What a segmentation network is trained to make small."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def cross_entropy_and_dice(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy plus 1 - soft Dice, averaged over the phases present.

    ``logits``: (N, C, H, W). ``labels``: (N, H, W) int64. Dice is taken over the whole batch, so
    that a crop without a phase does not decide.

    Source: Milletari et al. 2016, arXiv:1606.04797, eq. 3 with linear denominators.
    """
    entropy = functional.cross_entropy(logits, labels)
    probabilities = logits.softmax(1)
    truth = functional.one_hot(labels, logits.shape[1]).permute(0, 3, 1, 2)
    dimensions = (0, 2, 3)
    overlap = (probabilities * truth).sum(dimensions)
    total = probabilities.sum(dimensions) + truth.sum(dimensions)
    present = truth.sum(dimensions) > 0
    dice = 2 * overlap[present] / total[present]
    return entropy + 1 - dice.mean()


def distillation_loss(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """Return the cross-entropy of the student against the teacher's probabilities.

    Both (N, C, H, W). Source: Hinton et al. 2015, arXiv:1503.02531, temperature 1.
    """
    return functional.cross_entropy(logits, teacher_logits.softmax(1).detach())
