"""Writing in an image, read by the networks of ``rapidocr``.

Its two models, PP-OCRv6 small by PaddlePaddle, Apache-2.0, lie in the package and are named by
path, so that nothing is ever fetched. OpenVINO runs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.util import find_spec
from threading import Lock
from typing import Any, Protocol

import numpy as np

from core.errors import LamellaError
from core.segmentation.annotations.drawn_marks import Box
from core.segmentation.engines.openvino_runtime import openvino
from core.segmentation.engines.processor import threads

MISSING = (
    "Reading a scale bar's label needs rapidocr, which is not installed; install it with "
    "pip install 'lamella[ocr]', or drag along the bar and type its length."
)


_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True)
class Text:
    """A line of writing: what it says, how sure that is, in [0, 1], and where it stands, in px."""

    words: str
    confidence: float
    box: Box


class Reader(Protocol):
    """Reads writing in grey levels (H, W) uint8."""

    def lines(self, grey: np.ndarray) -> tuple[Text, ...]:
        """Return every line of writing that is found in an image."""

    def line(self, grey: np.ndarray) -> str:
        """Return what the one line says that fills an image; "" where it is none."""


class RapidReader:
    """The networks of rapidocr, one image at a time.

    Raises:
        LamellaError: rapidocr is not installed, or OpenVINO is not.
    """

    def __init__(self) -> None:
        if not is_installed():
            raise LamellaError(MISSING)
        self._engine = _engine()

    def lines(self, grey: np.ndarray) -> tuple[Text, ...]:
        """Return every line of writing that is found in ``grey`` (H, W) uint8."""
        with _ONE_AT_A_TIME:
            found = self._engine(_as_color(grey), use_det=True, use_cls=False)
        # Without any line it is the answer of the recognition alone.
        if getattr(found, "boxes", None) is None:
            return ()
        rows = zip(found.txts, found.scores, found.boxes, strict=True)
        return tuple(Text(words, float(score), _around(corners)) for words, score, corners in rows)

    def line(self, grey: np.ndarray) -> str:
        """Return what the one line says that fills ``grey`` (H, W) uint8."""
        with _ONE_AT_A_TIME:
            # The choice outlasts the call, so each call makes it anew.
            found = self._engine(_as_color(grey), use_det=False, use_cls=False)
        return str(found.txts[0]) if found.txts else ""


def is_installed() -> bool:
    """Whether writing can be read here."""
    return find_spec("rapidocr") is not None


def _as_color(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[..., None], 3, axis=2)


@cache
def _engine() -> Any:
    """Return the networks, loaded at the first call."""
    # Before rapidocr imports it: through its one door.
    openvino()
    from rapidocr import EngineType, RapidOCR

    models = resources.files("rapidocr") / "models"
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "Det.engine_type": EngineType.OPENVINO,
            "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
            "Rec.engine_type": EngineType.OPENVINO,
            "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
            "EngineConfig.openvino.inference_num_threads": threads(),
        }
    )


def _around(corners: np.ndarray) -> Box:
    """Return the rectangle around corners (4, 2) of x, y."""
    left, top = np.floor(np.min(corners, axis=0)).astype(int)
    right, bottom = np.ceil(np.max(corners, axis=0)).astype(int)
    return Box(int(top), int(left), int(bottom - top), int(right - left))
