"""How sure a network is of its labels, which is not the same as how right it is.

A card whose network is too sure of itself names a temperature, which softens what is shown here and
nothing else: labels and exported probabilities are the network's own.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

# Few enough that the logarithms of one strip are small beside the probabilities themselves.
STRIP_ROWS = 256
# Half precision has nothing between 0 and this; its logarithm stands for that of 0.
SMALLEST = 2.0**-24


def uncertainty(probabilities: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return the entropy (H, W) float32 of each pixel's ``probabilities`` (C, H, W), in units of
    its largest value ln C: 0 = one phase is certain, 1 = all are as likely.

    ``temperature``: of the model's card. Source: Shannon 1948.
    """
    classes = len(probabilities)
    total = np.zeros(probabilities.shape[1:], np.float32)
    for rows, strip in softened(probabilities, temperature):
        for phase in strip:
            share = np.maximum(phase.astype(np.float32), np.finfo(np.float32).tiny)
            total[rows] -= share * np.log(share)
    return np.clip(total / np.log(classes), 0, 1) if classes > 1 else total


def mean_confidence(
    probabilities: np.ndarray, measurable: np.ndarray | None = None, temperature: float = 1.0
) -> float:
    """Return the probability of the winning phase, averaged over the image.

    ``probabilities``: (C, H, W). ``measurable``: (H, W) bool, the pixels that count, at least one;
    None = all. ``temperature``: of the model's card.
    """
    strips = softened(probabilities, temperature)
    # To pick pixels takes as long as all the rest, and mostly all of them count.
    if measurable is None or measurable.all():
        total = sum(_largest(strip).sum(dtype=np.float64) for _, strip in strips)
        return float(total / np.prod(probabilities.shape[1:]))
    total = sum(_largest(strip)[measurable[rows]].sum(dtype=np.float64) for rows, strip in strips)
    return float(total / measurable.sum())


def _largest(probabilities: np.ndarray) -> np.ndarray:
    """Return the largest (h, W) float32 of the phases' probabilities (C, h, W)."""
    if probabilities.dtype != np.float16:
        return probabilities.max(0).astype(np.float32)
    # The bits of float16 from 0 on have the order of their values, and are compared quicker.
    return probabilities.view(np.uint16).max(0).view(np.float16).astype(np.float32)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-logits)) of floats of any shape, which overflows for none of them."""
    small = np.exp(-np.abs(logits))
    return np.where(logits < 0, small, 1) / (1 + small)


def softened(probabilities: np.ndarray, temperature: float) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield strips of rows and their probabilities (C, h, W) at ``temperature``; at 1 the very
    probabilities given."""
    for top in range(0, probabilities.shape[1], STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS)
        strip = probabilities[:, rows]
        if temperature != 1:
            logarithms = np.log(np.maximum(strip.astype(np.float32), SMALLEST))
            strip = at_temperature(logarithms, temperature)
        yield rows, strip


def at_temperature(logarithms: np.ndarray, temperature: float) -> np.ndarray:
    """Return softmax(log p / T) over the first axis, (C, ...): the same as dividing the logits by
    T, since the logarithm of a softmax is the logit less a constant of the pixel."""
    scaled = logarithms / temperature
    powers = np.exp(scaled - scaled.max(axis=0))
    return powers / powers.sum(axis=0)
