"""What RosettaSciIO does in a child, for ``core.formats.reading.rosettasciio``."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import FormatError, LamellaError, LimitError
from core.formats.reading.limits import check_frame, check_pages
from core.formats.reading.source import Source, damaged
from core.formats.reading.spectra import is_spectral
from core.settings import Limits

_OPTIONS = {"bruker": {"select_type": "image"}}


def decode_as_child(
    folder: Path, job: Mapping[str, Any], limits: Limits
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the page that a job asks for, (H, W) or (H, W, 3), and what the file says of it.

    Raises:
        FormatError: damaged, without an image, or without the page.
        LimitError: too large.
    """
    try:
        return _decode(folder / job["file"], job, limits)
    except (LamellaError, MemoryError):
        raise
    except Exception as error:
        raise damaged(job["name"], job["title"]) from error


def _decode(
    path: Path, job: Mapping[str, Any], limits: Limits
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    name, plugin = job["name"], job["plugin"]
    reader = importlib.import_module(f"rsciio.{plugin}").file_reader
    signals = reader(str(path), **_OPTIONS.get(plugin, {}))
    images = [(signal, axes) for signal in signals if (axes := _image_axes(signal))]
    if not images:
        kinds = "complex numbers" if any(_is_complex(one) for one in signals) else "spectra"
        raise FormatError(
            f"{name} is a {job['title']} file without an image, only {kinds}; export the image as "
            "TIFF."
        )
    pages = [(*image, frame) for image in images for frame in _frames(name, *image)]
    check_pages(name, len(pages), limits)
    Source(b"", name, {}, job["page"], limits).check_page(len(pages))
    signal, axes, frame = pages[job["page"]]
    data = signal["data"]
    shape = tuple(data.shape[axis] for axis in axes)
    check_frame(name, shape, data.dtype.itemsize, path.stat().st_size, limits)
    others = iter(frame)
    selection = tuple(slice(None) if n in axes else next(others) for n in range(data.ndim))
    row_axis, column_axis = (signal["axes"][axis] for axis in axes)
    return {"frame": _plain(np.asarray(data[selection]))}, {
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


def _frames(name: str, signal: Mapping, axes: tuple[int, int]) -> Iterator[tuple[int, ...]]:
    """Yield the indices along the other axes; none of so many that no limit allows them."""
    others = [n for axis, n in enumerate(signal["data"].shape) if axis not in axes]
    if prod(others) > 1_000_000:
        raise LimitError(f"{name} has {prod(others)} images; save fewer of them.")
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
