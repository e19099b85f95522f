"""NCEM .emd (Berkeley EMD 0.2), also of Prismatic and py4DSTEM: arrays of an HDF5 file."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from core.errors import FormatError
from core.formats.reading.calibration import Calibration, metres
from core.formats.reading.grey import Levels, full_scale
from core.formats.reading.hdf5 import (
    child,
    is_dataset,
    is_group,
    is_hdf5,
    is_image_data,
    is_small,
    opened,
    read_frame,
)
from core.formats.reading.limits import check_pages
from core.formats.reading.source import Decoded, Finding, Source, known
from core.formats.reading.spectra import is_spectral

if TYPE_CHECKING:
    import h5py

TITLE = "NCEM EMD"
EXTENSIONS = ("emd",)

_GROUP_TYPE = "emd_group_type"
_DATA_NAMES = ("data", "realslice", "datacube")
_MOST_OBJECTS = 10_000
_X_FIRST = (("x", "y"), ("X", "Y"))
_PRISMATIC, _PRISMATIC_X_FIRST = "/4DSTEM_simulation/", ("R_x", "R_y")


@dataclass(frozen=True)
class _Axis:
    """One dimension: distance between samples in metres, None when that is no length; its name.

    ``spectral``: a spectrum runs along it.
    """

    step_m: float | None
    name: str = ""
    spectral: bool = False


@dataclass(frozen=True, eq=False)
class _Image:
    """An array of two dimensions or more; ``axes`` are its rows and columns."""

    data: h5py.Dataset
    steps: tuple[_Axis, ...]

    @property
    def axes(self) -> tuple[int, int]:
        """The two dimensions that are lengths; the last two when there are not just two.

        HyperSpy and Prismatic store x before y, openNCEM y before x; so the names decide.
        """
        lengths = tuple(n for n, axis in enumerate(self.steps) if axis.step_m is not None)
        spatial = tuple(n for n, axis in enumerate(self.steps) if not axis.spectral)
        rows, columns = lengths if len(lengths) == 2 else spatial[-2:]
        names = self.steps[rows].name, self.steps[columns].name
        # py4DSTEM uses Prismatic's names the other way round.
        is_prismatic = self.data.name.startswith(_PRISMATIC)
        x_first = names in _X_FIRST or is_prismatic and names == _PRISMATIC_X_FIRST
        return (columns, rows) if x_first else (rows, columns)

    @property
    def frames(self) -> tuple[int, ...]:
        """Lengths of the other dimensions."""
        return tuple(n for axis, n in enumerate(self.data.shape) if axis not in self.axes)


def sniff(data: bytes) -> bool:
    """Whether ``data`` is an HDF5 file that is not Velox's, or a damaged one of either."""
    if not is_hdf5(data):
        return False
    try:
        with opened(data) as file:
            return child(file, "Data", "Image") is None
    except (OSError, KeyError, RuntimeError):
        return True


def read(source: Source) -> Decoded:
    """Return the page of ``source``: pages run over the dimensions that are not rows or columns.

    Of several arrays the one with the fewest dimensions is taken, then the first.
    """
    with opened(source.data) as file:
        images = _images(file)
        if not images:
            raise FormatError(
                f"{source.name} is an HDF5 file without an image in the layout of NCEM or Velox, "
                "perhaps with spectra only; export the image as TIFF."
            )
        image = min(images, key=lambda one: one.data.ndim)
        pages = prod(image.frames)
        check_pages(source.name, pages, source.limits)
        source.check_page(pages)
        frame = list(product(*(range(length) for length in image.frames)))[source.page]
        pixels = read_frame(image.data, frame, image.axes, source)
        return Decoded(
            Levels(pixels, full_scale(pixels.dtype)),
            (*image.frames, *pixels.shape) if pages > 1 else pixels.shape,
            pixels.dtype.name,
            pages,
            Finding(known(_calibration(image)), 0),
        )


def _images(file: h5py.File) -> list[_Image]:
    groups: list[h5py.Group] = []

    def visit(name: str, item: object) -> bool | None:
        if is_group(item) and _GROUP_TYPE in item.attrs:
            groups.append(item)
        return True if len(groups) >= _MOST_OBJECTS else None

    # Visits each object once and follows no link.
    file.visititems(visit)
    found = []
    for group in groups:
        for name in _DATA_NAMES:
            data = child(group, name)
            if is_image_data(data) and min(data.shape) >= 1:
                # Dimensions count from 1 in version 0.2, from 0 in version 1.0.
                first = 1 if child(group, "dim0") is None else 0
                steps = tuple(_axis(child(group, f"dim{n + first}")) for n in range(data.ndim))
                if sum(not step.spectral for step in steps) >= 2:
                    found.append(_Image(data, steps))
    return found


def _axis(dimension: object) -> _Axis:
    if not is_dataset(dimension) or dimension.ndim != 1 or len(dimension) < 2:
        return _Axis(None)
    if dimension.dtype.kind not in "iuf" or not is_small(dimension):
        return _Axis(None)
    first, second = (float(value) for value in dimension[:2])
    unit, name = _attribute(dimension, "units"), _attribute(dimension, "name")
    if is_spectral(unit, name):
        return _Axis(None, name, spectral=True)
    step = metres(abs(second - first), unit)
    return _Axis(step if step and np.isfinite(step) else None, name)


def _attribute(dimension: h5py.Dataset, key: str) -> str:
    value = dimension.attrs.get(key, "")
    value = value.item(0) if isinstance(value, np.ndarray) and value.size else value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _calibration(image: _Image) -> Calibration | None:
    y_m, x_m = (image.steps[axis].step_m for axis in image.axes)
    return Calibration(x_m, y_m, "NCEM dimensions") if x_m and y_m else None
