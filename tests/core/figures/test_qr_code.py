"""A QR code holds the link that it was made of."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from core.errors import LamellaError
from core.figures.qr_code import qr_code, qr_modules

LINK = "https://lamella.example.org/lecture?sample=gold-tem&step=pooled-shift&present=1"


def test_a_reader_finds_the_link() -> None:
    pixels = np.array(Image.open(io.BytesIO(qr_code(LINK).data)))
    assert cv2.QRCodeDetector().detectAndDecode(pixels)[0] == LINK


def test_the_code_has_its_three_corners() -> None:
    modules = qr_modules(LINK)
    corner = np.ones((7, 7), bool)
    corner[1:6, 1:6] = False
    corner[2:5, 2:5] = True
    for place in (np.s_[:7, :7], np.s_[:7, -7:], np.s_[-7:, :7]):
        assert (modules[place] == corner).all()


def test_a_link_that_no_phone_could_read_is_refused() -> None:
    with pytest.raises(LamellaError, match="1001 characters"):
        qr_code("a" * 1001)
