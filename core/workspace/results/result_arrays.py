"""The arrays of a segmentation as bytes, as small as what is computed from them allows.

Labels and objects are kept exactly. Contact and normalized distance are kept exactly within
:data:`REACH_PX` of the phase that is split into objects and as 0 elsewhere: the watershed looks no
farther, so that other object settings give the objects that they would have given before.
Probabilities are kept exactly where they are multiples of 1/2048, as :func:`segment` gives them.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import cv2
import imagecodecs
import numpy as np

from core.errors import WorkspaceError
from core.formats.reading.zip_members import ZIP_ERRORS
from core.segmentation.probability_steps import STEPS, probabilities_of, steps_of
from core.types.pixel_size import PixelSize
from core.types.segmentation import Segmentation

THREADS = 2
REACH_PX = 8
"""The watershed smooths with a Gaussian of 1 px, cut off at 4 px."""
_ONE = int(np.float16(1).view(np.uint16))
"""As bits; those of the numbers from 0 to 1 are all that are not above."""


@dataclass(frozen=True, eq=False)
class Arrays:
    """As in a :class:`core.types.segmentation.Segmentation`."""

    labels: np.ndarray
    probabilities: np.ndarray
    contact: np.ndarray | None
    distance: np.ndarray | None


def encode(segmentation: Segmentation, objects_phase: int | None) -> bytes:
    """Return the arrays of a segmentation, packed.

    ``objects_phase``: index of the phase whose objects contact and distance tell apart.
    """
    labels, contact, distance = segmentation.labels, segmentation.contact, segmentation.distance
    parts: dict[str, Callable[[], bytes]] = {
        "labels": lambda: pack(labels, shuffle=False),
        "probabilities": lambda: pack(steps_of(segmentation.probabilities)),
    }
    if contact is not None and distance is not None:
        near = _near(labels, objects_phase, segmentation.pixel_size)
        parts["contact"] = partial(_packed_where, contact, near)
        parts["distance"] = partial(_packed_where, distance, near)
    stream = io.BytesIO()
    # NumPy and the codec let other threads run meanwhile.
    with ThreadPoolExecutor(THREADS) as pool, zipfile.ZipFile(stream, "w") as archive:
        packed = pool.map(lambda part: part(), parts.values())
        for name, data in zip(parts, packed, strict=True):
            archive.writestr(zipfile.ZipInfo(name), data)
    return stream.getvalue()


def decode(
    data: bytes,
    shape: tuple[int, int],
    phases: int,
    objects_phase: int | None = None,
    size: PixelSize | None = None,
    has_distance: bool = False,
) -> Arrays:
    """Return the arrays of :func:`encode`; the bytes may come from anybody.

    ``shape``: (H, W). ``phases``: how many. ``objects_phase``, ``size``: as when it was packed.
    ``has_distance``: contact and distance are there too.

    Raises:
        WorkspaceError: they are not those of such a segmentation.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # Nothing is decompressed by the zip, so that nothing grows.
            if any(one.compress_type != zipfile.ZIP_STORED for one in archive.infolist()):
                raise _foreign()
            labels = unpack(archive.read("labels"), np.dtype("u1"), shape)
            steps = unpack(archive.read("probabilities"), np.dtype("<u2"), (phases - 1, *shape))
            contact = distance = None
            if has_distance:
                near = _near(labels, objects_phase, size)
                contact, distance = (
                    _spread(archive.read(name), near) for name in ("contact", "distance")
                )
    except (*ZIP_ERRORS, KeyError) as error:
        raise _foreign() from error
    if labels.max(initial=0) >= phases or steps.max(initial=0) > STEPS:
        raise _foreign()
    return Arrays(labels, probabilities_of(steps), contact, distance)


def pack(array: np.ndarray, shuffle: bool = True) -> bytes:
    """Return the compressed bytes of an array, without its shape.

    ``shuffle``: bytes of equal weight together, which helps with anything but areas of one value.
    """
    filters = imagecodecs.BLOSC2.FILTER
    data = imagecodecs.blosc2_encode(
        np.ascontiguousarray(array),  # type: ignore[arg-type] # It takes any buffer.
        level=1,
        compressor=imagecodecs.BLOSC2.COMPRESSOR.LZ4,
        shuffle=filters.SHUFFLE if shuffle else filters.NOFILTER,
        typesize=array.itemsize,
        numthreads=1,
    )
    return bytes(data)


def unpack(data: bytes, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """Return the array of this type and shape in the bytes of :func:`pack`.

    Raises:
        WorkspaceError: the bytes are damaged, or those of another array.
    """
    wanted = math.prod(shape) * dtype.itemsize
    # A chunk of Blosc says in its header how many bytes it holds.
    if len(data) < 16 or int.from_bytes(data[4:8], "little") != wanted:
        raise _foreign()
    if wanted == 0:
        return np.zeros(shape, dtype)
    try:
        found = imagecodecs.blosc2_decode(data, numthreads=1)
    except (imagecodecs.Blosc2Error, ValueError) as error:
        raise _foreign() from error
    if len(found) != wanted:
        raise _foreign()
    return np.frombuffer(found, dtype).reshape(shape)


def _packed_where(array: np.ndarray, near: np.ndarray) -> bytes:
    return pack(array.view(np.uint16)[near])


def _near(labels: np.ndarray, phase: int | None, size: PixelSize | None) -> np.ndarray:
    """Return (H, W) bool: what the watershed of the phase can see."""
    if phase is None or (size is not None and not size.is_square):
        return np.ones(labels.shape, np.bool_)
    inside = (labels == phase).astype(np.uint8)
    return cv2.dilate(inside, np.ones((2 * REACH_PX + 1,) * 2, np.uint8)).view(np.bool_)


def _spread(data: bytes, near: np.ndarray) -> np.ndarray:
    """Return (H, W) float16 in [0, 1], 0 where nothing is near, from the values that are."""
    values = unpack(data, np.dtype("<u2"), (int(near.sum()),))
    if values.max(initial=0) > _ONE:
        raise _foreign()
    found = np.zeros(near.shape, np.uint16)
    found[near] = values
    return found.view(np.float16)


def _foreign() -> WorkspaceError:
    return WorkspaceError("The arrays of a kept result are damaged or of another image; run again.")
