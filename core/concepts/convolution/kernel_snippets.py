"""Lines to copy about a kernel alone: what a bright pixel becomes, and the rank."""

from __future__ import annotations

import numpy as np

from core.concepts.convolution.convolution import Walk, impulse_response
from core.concepts.convolution.kernels import separate
from core.concepts.snippet import Snippet, literal, six_digits


def impulse_snippet(kernel: np.ndarray) -> Snippet:
    """Return how far the two answers to a bright pixel lie from the kernel and the turned kernel.

    ``kernel``: (k, k). Both are 0.
    """
    shown, rim = six_digits(kernel), len(kernel) // 2
    inner = slice(rim, rim + len(kernel))
    convolved, correlated = (
        impulse_response(Walk(shown, flip=flip))[inner, inner] for flip in (True, False)
    )
    gaps = (np.abs(convolved - shown).max(), np.abs(correlated - shown[::-1, ::-1]).max())
    code = f"""\
import numpy as np
from scipy.ndimage import convolve, correlate

kernel = np.array({literal(shown)})
pixel = np.zeros_like(kernel, float)
pixel[{rim}, {rim}] = 1
print(np.abs(convolve(pixel, kernel, mode="constant") - kernel).max())
print(np.abs(correlate(pixel, kernel, mode="constant") - kernel[::-1, ::-1]).max())"""
    return Snippet(code, "\n".join(str(float(gap)) for gap in gaps))


def rank_snippet(kernel: np.ndarray) -> Snippet:
    """Return the rank of a kernel (k, k), as its six digits give it."""
    shown = six_digits(kernel)
    code = f"""\
import numpy as np

kernel = np.array({literal(shown)})
print(np.linalg.matrix_rank(kernel, rtol=1e-9))"""
    return Snippet(code, str(separate(shown)[0]))
