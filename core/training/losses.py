"""What a segmentation network is trained to make small."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from core.training.augmentation import IGNORED

CONTACT_WEIGHT = 4.0


def cross_entropy_and_dice(logits: Tensor, labels: Tensor, balanced: bool = False) -> Tensor:
    """Return the mean cross-entropy plus 1 - soft Dice, averaged over the phases present.

    ``logits``: (N, C, H, W). ``labels``: (N, H, W) int64; pixels of :data:`IGNORED` do not count,
    and where none does the loss is 0. Dice is taken over the whole batch, so that a crop without a
    phase does not decide. ``balanced``: each phase present has the same share of the cross-entropy,
    whatever its number of pixels.

    Source: Milletari et al. 2016, arXiv:1606.04797, eq. 3 with linear denominators.
    """
    counted = labels != IGNORED
    if not counted.any():
        return logits.sum() * 0
    known = labels.where(counted, labels.new_zeros(()))
    truth = functional.one_hot(known, logits.shape[1]).permute(0, 3, 1, 2) * counted[:, None]
    dimensions = (0, 2, 3)
    pixels = truth.sum(dimensions)
    present = pixels > 0
    weight = present / pixels.clamp(min=1) if balanced else None
    entropy = functional.cross_entropy(logits, labels, weight, ignore_index=IGNORED)
    probabilities = logits.softmax(1) * counted[:, None]
    overlap = (probabilities * truth).sum(dimensions)
    total = probabilities.sum(dimensions) + pixels
    dice = 2 * overlap[present] / total[present]
    return entropy + 1 - dice.mean()


def distillation_loss(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """Return the cross-entropy of the student against the teacher's probabilities.

    Both (N, C, H, W). Source: Hinton et al. 2015, arXiv:1503.02531, temperature 1.
    """
    return functional.cross_entropy(logits, teacher_logits.softmax(1).detach())


def object_loss(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the losses of foreground, contact and normalized distance, to be added up.

    ``logits``: (N, 4, H, W): background, foreground, contact, distance. ``targets``: (N, 3, H, W)
    as ``core.training.object_targets`` makes them. The foreground's is cross-entropy and Dice; the
    others are twice the binary cross-entropy, in which a pixel of contact, which is rare, counts
    four times. Targets below 0 do not count.
    """
    counted = targets[:, 0] >= 0
    labels = targets[:, 0].long().where(counted, targets.new_full((), IGNORED).long())
    foreground = cross_entropy_and_dice(logits[:, :2], labels)
    weight = logits.new_tensor(CONTACT_WEIGHT)
    contact = _entropy(logits[:, 2], targets[:, 1], weight)
    distance = _entropy(logits[:, 3], targets[:, 2])
    return foreground, 2 * contact, 2 * distance


def object_distillation_loss(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """Return the losses of :func:`object_loss` but Dice against what a teacher says, added up.

    Both (N, 4, H, W): background, foreground, contact, distance. A pixel of contact counts four
    times by the teacher's probability, so that it is smallest where the student says the same.

    Source: Hinton et al. 2015, arXiv:1503.02531, temperature 1.
    """
    foreground = distillation_loss(logits[:, :2], teacher_logits[:, :2])
    wanted = teacher_logits[:, 2:].detach().sigmoid()
    entropy = functional.binary_cross_entropy_with_logits(logits[:, 2:], wanted, reduction="none")
    contact = ((1 + (CONTACT_WEIGHT - 1) * wanted[:, 0]) * entropy[:, 0]).mean()
    return foreground + 2 * contact + 2 * entropy[:, 1].mean()


def _entropy(logits: Tensor, targets: Tensor, weight: Tensor | None = None) -> Tensor:
    """Return the mean binary cross-entropy over the targets that are not below 0; 0 without any."""
    counted = targets >= 0
    if not counted.all():
        logits, targets = logits[counted], targets[counted]
        if not len(logits):
            return logits.sum() * 0
    return functional.binary_cross_entropy_with_logits(logits, targets, pos_weight=weight)
