"""How sure a network is of its labels, which is not the same as how right it is."""

from __future__ import annotations

import numpy as np


def uncertainty(probabilities: np.ndarray) -> np.ndarray:
    """Return the entropy (H, W) float32 of each pixel's ``probabilities`` (C, H, W), in units of
    its largest value ln C: 0 = one phase is certain, 1 = all are as likely.

    Source: Shannon 1948.
    """
    classes = len(probabilities)
    total = np.zeros(probabilities.shape[1:], np.float32)
    for phase in probabilities:
        share = np.maximum(phase.astype(np.float32), np.finfo(np.float32).tiny)
        total -= share * np.log(share)
    return np.clip(total / np.log(classes), 0, 1) if classes > 1 else total


def mean_confidence(probabilities: np.ndarray, info_bar_rows: int = 0) -> float:
    """Return the probability of the winning phase, averaged over the image without its info bar.

    ``probabilities``: (C, H, W).
    """
    rows = probabilities.shape[1] - info_bar_rows
    return float(probabilities[:, :rows].max(0).mean(dtype=np.float64))
