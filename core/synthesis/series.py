"""Several generated fields of two specimens, to try a batch with."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import tifffile

from core.synthesis.samples import gold_tem

SIDE = (512, 640)
MEDIAN_RADIUS_PX = {"300 °C": 14.0, "500 °C": 18.0}
FIELDS_EACH = 4


@dataclass(frozen=True)
class Series:
    """``files``: names and contents, calibrated TIFF. ``groups``: a table of their specimens."""

    title: str
    files: tuple[tuple[str, bytes], ...]
    groups: bytes


def particle_series() -> Series:
    """Return four fields each of gold particles that grew at 300 °C and at 500 °C, synthetic."""
    files, rows = [], ["file,annealed at"]
    for number, (name, radius) in enumerate(MEDIAN_RADIUS_PX.items()):
        for field in range(FIELDS_EACH):
            made = gold_tem(seed=100 * number + field, median_radius_px=radius).micrograph
            file = f"synthetic-{name.split()[0]}C-{field + 1}.tif"
            grey = np.rint(made.pixels[: SIDE[0], : SIDE[1]] * 255).astype(np.uint8)
            assert made.pixel_size is not None
            files.append((file, _tiff(grey, made.pixel_size.nm)))
            rows.append(f"{file},{name}")
    return Series("Generated fields", tuple(files), "\n".join(rows).encode() + b"\n")


def _tiff(grey: np.ndarray, nm: float) -> bytes:
    stream = io.BytesIO()
    size = (1000 / nm, 1000 / nm)
    metadata = {"axes": "YX", "unit": "um"}
    tifffile.imwrite(stream, grey, imagej=True, resolution=size, metadata=metadata)
    return stream.getvalue()
