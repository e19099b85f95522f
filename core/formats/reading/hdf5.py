"""HDF5 from outside: no link to another file is followed, and sizes are checked before reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from math import prod
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from core.errors import FormatError
from core.formats.reading.limits import check_decoded_bytes, check_frame
from core.formats.reading.source import Source

if TYPE_CHECKING:
    # Imported in functions, as it takes a while and most files are of other formats.
    import h5py

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SMALL = 64_000_000


def is_hdf5(data: bytes) -> bool:
    """Whether ``data`` starts as an HDF5 file does."""
    return data.startswith(_SIGNATURE)


@contextmanager
def opened(data: bytes) -> Iterator[h5py.File]:
    """Yield the HDF5 file in ``data``."""
    import h5py

    with h5py.File(BytesIO(data), "r") as file:
        yield file


def is_group(item: object) -> TypeGuard[h5py.Group]:
    """Whether ``item`` of an HDF5 file holds others."""
    import h5py

    return isinstance(item, h5py.Group)


def is_dataset(item: object) -> TypeGuard[h5py.Dataset]:
    """Whether ``item`` of an HDF5 file holds values."""
    import h5py

    return isinstance(item, h5py.Dataset)


def child(group: h5py.Group, *names: str) -> h5py.Group | h5py.Dataset | None:
    """Return what is reached from ``group`` by ``names``, None when a link leaves the file."""
    import h5py

    found: h5py.Group | h5py.Dataset | None = group
    for name in names:
        if not isinstance(found, h5py.Group):
            return None
        link = found.get(name, getlink=True)
        found = found[name] if isinstance(link, h5py.HardLink) else None
    return found


def is_image_data(dataset: object) -> TypeGuard[h5py.Dataset]:
    """Whether ``dataset`` holds real numbers in two dimensions or more, inside this file."""
    return (
        is_dataset(dataset)
        and dataset.dtype.kind in "uifb"
        and dataset.ndim >= 2
        and prod(dataset.shape) > 0
        and not dataset.is_virtual
        and not dataset.external
    )


def is_small(dataset: h5py.Dataset) -> bool:
    """Whether each block of ``dataset`` is small; reading one value decodes the block it is in."""
    return not dataset.external and prod(dataset.chunks or (1,)) * dataset.dtype.itemsize <= _SMALL


def read_frame(
    dataset: h5py.Dataset, frame: tuple[int, ...], axes: tuple[int, int], source: Source
) -> np.ndarray:
    """Return (H, W): ``dataset`` along ``axes`` (row, column), at ``frame`` along the others.

    Raises:
        LimitError: larger than the limits allow, also by the blocks it is stored in.
    """
    height, width = (dataset.shape[axis] for axis in axes)
    itemsize, file_bytes = dataset.dtype.itemsize, len(source.data)
    check_frame(source.name, (height, width), itemsize, file_bytes, source.limits)
    if dataset.chunks:
        chunk_bytes = prod(dataset.chunks) * itemsize
        check_decoded_bytes(source.name, chunk_bytes, file_bytes, source.limits)
    others = iter(frame)
    selection = tuple(slice(None) if n in axes else next(others) for n in range(dataset.ndim))
    array = dataset[selection]
    if array.shape != tuple(length for n, length in enumerate(dataset.shape) if n in axes):
        raise FormatError(f"{source.name} is damaged: an image has another shape than it says.")
    array = array if axes[0] < axes[1] else array.T
    return array.astype(array.dtype.newbyteorder("="))
