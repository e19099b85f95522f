"""A last layer whose last class is parted in two, which leaves all other classes as they are."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class PartedLinear(nn.Linear):
    """A linear layer to K - 1 classes, the last of which is parted by one more row into the two
    last of K: its probability is shared between them, by a logistic function of that row.

    (N, D) -> (N, K) logits. A class that is learned later takes nothing from the first K - 2.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, whose softmax is that of K - 1 classes with the last one parted."""
        *_, part, last = (rows := super().forward(x)).unbind(1)
        parted = [last + functional.logsigmoid(part), last + functional.logsigmoid(-part)]
        return torch.cat([rows[:, :-2], torch.stack(parted, 1)], 1)
