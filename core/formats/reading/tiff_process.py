"""The process that decodes a TIFF with an image codec in it, started by ``core.formats.tiff``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.formats.reading.isolation import serve
from core.formats.reading.source import Source
from core.formats.tiff import decode
from core.settings import Limits


def _read(path: Path, plugin: str, page: int, limits: Limits) -> tuple[np.ndarray, dict]:
    return decode(Source(path.read_bytes(), path.name, {}, page, limits)), {}


if __name__ == "__main__":
    serve(_read)
