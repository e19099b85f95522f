"""The arrays of a segmentation as bytes, as small as what is computed from them allows.

Labels and objects are kept exactly. Contact and normalized distance are kept exactly within
:data:`REACH_PX` of the phase that is split into objects and as 0 elsewhere: the watershed looks no
farther, so that other object settings give the objects that they would have given before.
Probabilities are rounded to 1/2048, which is what their float16 resolves just below 1.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import cv2
import imagecodecs
import numpy as np

from core.errors import WorkspaceError
from core.types import Segmentation

STEPS = 2048
REACH_PX = 8
"""The watershed smooths with a Gaussian of 1 px, cut off at 4 px."""
THREADS = 2


@dataclass(frozen=True, eq=False)
class Arrays:
    """As in a :class:`core.types.Segmentation`."""

    labels: np.ndarray
    probabilities: np.ndarray
    contact: np.ndarray | None
    distance: np.ndarray | None


def encode(segmentation: Segmentation, objects_phase: int | None) -> bytes:
    """Return the arrays of a segmentation, packed.

    ``objects_phase``: index of the phase whose objects contact and distance tell apart.
    """
    # Every float16 by its bits: looking it up is quicker than arithmetic in float16.
    table = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)
    table = np.rint(np.nan_to_num(table).clip(0, 1) * STEPS).astype("<u2")
    arrays = {
        "labels": segmentation.labels,
        # The first one is what the others leave.
        "probabilities": table[segmentation.probabilities[1:].view(np.uint16)],
    }
    if segmentation.contact is not None and segmentation.distance is not None:
        near = _near(segmentation, objects_phase)
        arrays["contact"] = np.where(near, segmentation.contact, np.float16(0))
        arrays["distance"] = np.where(near, segmentation.distance, np.float16(0))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, array in arrays.items():
            packed.writestr(zipfile.ZipInfo(name), pack(array))
    return stream.getvalue()


def decode(data: bytes, shape: tuple[int, int], phases: int, has_distance: bool) -> Arrays:
    """Return the arrays of :func:`encode`; the bytes may come from anybody.

    ``shape``: (H, W). ``phases``: how many. ``has_distance``: contact and distance are there too.

    Raises:
        WorkspaceError: they are not those of such a segmentation.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            # Nothing is decompressed by the zip, so that nothing grows.
            if any(one.compress_type != zipfile.ZIP_STORED for one in packed.infolist()):
                raise _foreign()
            labels = unpack(packed.read("labels"), np.dtype("u1"), shape)
            steps = unpack(packed.read("probabilities"), np.dtype("<u2"), (phases - 1, *shape))
            half = np.dtype("<f2")
            contact = unpack(packed.read("contact"), half, shape) if has_distance else None
            distance = unpack(packed.read("distance"), half, shape) if has_distance else None
    except (zipfile.BadZipFile, KeyError, NotImplementedError, EOFError) as error:
        raise _foreign() from error
    if labels.max(initial=0) >= phases or steps.max(initial=0) > STEPS:
        raise _foreign()
    for array in (contact, distance):
        if array is not None and not ((array >= 0) & (array <= 1)).all():
            raise _foreign()
    return Arrays(labels, _probabilities(steps), contact, distance)


def pack(array: np.ndarray) -> bytes:
    """Return the compressed bytes of an array, without its shape."""
    return bytes(
        imagecodecs.blosc2_encode(
            np.ascontiguousarray(array).tobytes(),
            level=1,
            compressor=imagecodecs.BLOSC2.COMPRESSOR.ZSTD,
            shuffle=imagecodecs.BLOSC2.FILTER.SHUFFLE,
            typesize=array.itemsize,
            numthreads=THREADS,
        )
    )


def unpack(data: bytes, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """Return the array of this type and shape in the bytes of :func:`pack`.

    Raises:
        WorkspaceError: the bytes are damaged, or those of another array.
    """
    wanted = int(np.prod(shape)) * dtype.itemsize
    # A chunk of Blosc says in its header how many bytes it holds.
    if len(data) < 16 or int.from_bytes(data[4:8], "little") != wanted:
        raise _foreign()
    if wanted == 0:
        return np.zeros(shape, dtype)
    try:
        found = imagecodecs.blosc2_decode(data, numthreads=THREADS)
    except (imagecodecs.Blosc2Error, ValueError) as error:
        raise _foreign() from error
    if len(found) != wanted:
        raise _foreign()
    return np.frombuffer(found, dtype).reshape(shape)


def _near(segmentation: Segmentation, phase: int | None) -> np.ndarray:
    """Return (H, W) bool: what the watershed of the phase can see."""
    size = segmentation.pixel_size
    if phase is None or (size is not None and not size.is_square):
        return np.ones(segmentation.labels.shape, np.bool_)
    inside = (segmentation.labels == phase).astype(np.uint8)
    return cv2.dilate(inside, np.ones((2 * REACH_PX + 1,) * 2, np.uint8)).view(np.bool_)


def _probabilities(steps: np.ndarray) -> np.ndarray:
    """Return (C, H, W) float16 of the steps (C - 1, H, W) of all but the first phase."""
    others = steps.astype(np.float32) / np.float32(STEPS)
    first = np.maximum(1 - others.sum(0, keepdims=True), 0)
    return np.concatenate([first, others]).astype(np.float16)


def _foreign() -> WorkspaceError:
    return WorkspaceError("The arrays of a kept result are damaged or of another image; run again.")
