"""The process that RosettaSciIO runs in, started by ``core.formats.reading.rosettasciio``."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from pathlib import Path

import numpy as np

from core.errors import LimitError
from core.formats.reading.isolation import serve
from core.formats.reading.limits import check_frame
from core.formats.reading.spectra import is_spectral
from core.settings import Limits

_OPTIONS = {"bruker": {"select_type": "image"}}


def _read(path: Path, plugin: str, page: int, limits: Limits) -> tuple[np.ndarray | None, dict]:
    reader = importlib.import_module(f"rsciio.{plugin}").file_reader
    signals = reader(str(path), **_OPTIONS.get(plugin, {}))
    images = [(signal, axes) for signal in signals if (axes := _image_axes(signal))]
    if not images:
        kinds = "complex numbers" if any(_is_complex(one) for one in signals) else "spectra"
        return None, {"refused": "no image", "detail": kinds}
    pages = [(*image, frame) for image in images for frame in _frames(*image)]
    if len(pages) > limits.pages:
        return None, {"refused": "pages", "detail": len(pages)}
    if not 0 <= page < len(pages):
        return None, {"refused": "page", "detail": len(pages)}
    signal, axes, frame = pages[page]
    data = signal["data"]
    shape = tuple(data.shape[axis] for axis in axes)
    check_frame(path.name, shape, data.dtype.itemsize, path.stat().st_size, limits)
    others = iter(frame)
    selection = tuple(slice(None) if n in axes else next(others) for n in range(data.ndim))
    pixels = np.asarray(data[selection])
    row_axis, column_axis = (signal["axes"][axis] for axis in axes)
    return _plain(pixels), {
        "file_shape": [int(length) for length in data.shape],
        "dtype": _dtype_name(data.dtype),
        "pages": len(pages),
        "scale_x": float(column_axis.get("scale") or 0),
        "scale_y": float(row_axis.get("scale") or 0),
        "unit_x": str(column_axis.get("units") or ""),
        "unit_y": str(row_axis.get("units") or ""),
    }


def _is_complex(signal: Mapping) -> bool:
    return signal["data"].dtype.kind == "c"


def _image_axes(signal: Mapping) -> tuple[int, int] | None:
    """Return the axes of rows and columns, None when the signal is a spectrum or complex."""
    axes = signal["axes"]
    if signal["data"].ndim < 2 or _is_complex(signal) or len(axes) != signal["data"].ndim:
        return None
    shown = [n for n, axis in enumerate(axes) if not axis.get("navigate")]
    if len(shown) == 1 or any(
        is_spectral(str(axis.get("units") or ""), str(axis.get("name") or "")) for axis in axes
    ):
        return None
    if len(axes) > 2 and len(shown) == 2:
        return shown[0], shown[1]
    return len(axes) - 2, len(axes) - 1


def _frames(signal: Mapping, axes: tuple[int, int]) -> Iterator[tuple[int, ...]]:
    """Yield the indices along the other axes; none of so many that no limit allows them."""
    others = [n for axis, n in enumerate(signal["data"].shape) if axis not in axes]
    if prod(others) > 1_000_000:
        raise LimitError(f"The file has {prod(others)} images; save fewer of them.")
    return product(*(range(length) for length in others))


def _plain(pixels: np.ndarray) -> np.ndarray:
    """Return colour, stored as records, as (H, W, 3); other pixels in the machine's byte order."""
    if pixels.dtype.names:
        return np.stack([pixels[name] for name in pixels.dtype.names[:3]], axis=-1)
    return pixels.astype(pixels.dtype.newbyteorder("="))


def _dtype_name(dtype: np.dtype) -> str:
    if not dtype.names:
        return dtype.name
    bits = dtype[dtype.names[0]].itemsize * 8
    return f"{'rgba' if len(dtype.names) == 4 else 'rgb'}{bits}"


if __name__ == "__main__":
    serve(_read)
