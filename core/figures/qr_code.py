"""A link as a QR code, for a class to point its phones at."""

from __future__ import annotations

import numpy as np
from reportlab.graphics.barcode.qr import QrCodeWidget

from core.errors import LamellaError
from core.figures.encoding import EncodedImage, encode_grey

QUIET = 4
"""Modules of white around the code. Source: ISO/IEC 18004."""
MODULE_PX = 8
MOST_LETTERS = 1000


def qr_modules(text: str) -> np.ndarray:
    """Return the code of ``text`` without its margin, (n, n) bool, True is dark.

    Raises:
        LamellaError: the text is too long to be read from a screen.
    """
    if len(text) > MOST_LETTERS:
        raise LamellaError(
            f"The link has {len(text)} characters, too many for a QR code; at most {MOST_LETTERS} "
            "can be read from a screen."
        )
    widget = QrCodeWidget(text, barLevel="M")
    widget.qr.make()
    return np.array(widget.qr.modules, bool)


def qr_code(text: str) -> EncodedImage:
    """Return the code of ``text`` as a PNG with its margin, dark on white in every theme.

    Raises:
        LamellaError: the text is too long to be read from a screen.
    """
    modules = np.pad(qr_modules(text), QUIET)
    pixels = np.where(modules, 0.0, 1.0).repeat(MODULE_PX, 0).repeat(MODULE_PX, 1)
    return encode_grey(pixels)
