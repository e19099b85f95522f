"""The images that a network is taught with, and the parts of them that choose step and mix."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from core import typed
from core.errors import DataError
from core.training.augmentation import IGNORED, Pair
from core.training.object_targets import IGNORED_ID

CHOOSING_SHARE = 0.2
CONTEXT_PX = 64


@dataclass(frozen=True)
class Origin:
    """Where an image and its labels come from.

    ``specimen``: images of one specimen never lie on both sides of a test. ``model``: whose result
    was corrected; "" of a mask that was made elsewhere. ``from_blank``: no model had a part in the
    labels. ``objects``: that were confirmed or drawn. ``pixel_nm``: side of a pixel, None where it
    is not known. ``micrograph``: its id in the library, "" of an upload. ``sha256``: of the image,
    as :class:`core.types.micrograph.Micrograph` has it.
    """

    name: str
    specimen: str
    model: str = ""
    from_blank: bool = False
    objects: int = 0
    pixel_nm: float | None = None
    micrograph: str = ""
    sha256: str = ""


@dataclass(frozen=True, eq=False)
class TeachingImage:
    """An image with labels to learn from.

    ``grey``: (H, W) uint8 as networks see it. ``phases``: (H, W) uint8, ``IGNORED`` where nobody
    said what it is. ``instances``: (H, W) uint16 ids of the objects that are known, 0 elsewhere;
    None of a mask of phases.
    """

    grey: np.ndarray
    phases: np.ndarray
    instances: np.ndarray | None
    origin: Origin

    @property
    def pixels(self) -> np.ndarray:
        """(H, W) float32 in [0, 1]: the grey levels."""
        return self.grey.astype(np.float32) / 255

    @property
    def known(self) -> np.ndarray:
        """(H, W) bool: the pixels that are learned from."""
        return self.phases != IGNORED

    def pair(self, objects_phase: int | None) -> Pair:
        """Return it as training takes it: ids where ``objects_phase``, the index of the phase that
        consists of objects, is given, else phases."""
        name, specimen = self.origin.name, self.origin.specimen
        if objects_phase is None or self.instances is None:
            return Pair(name, self.grey, self.phases, specimen)
        ids = np.where(self.phases == objects_phase, self.instances, 0).astype(np.uint16)
        is_open = (self.phases == objects_phase) & (ids == 0)
        ids[is_open | ~self.known] = IGNORED_ID
        return Pair(name, self.grey, ids, specimen)


def is_known(labels: np.ndarray) -> np.ndarray:
    """Return which of the labels (H, W) of a pair count, bool."""
    return labels != (IGNORED if labels.dtype == np.uint8 else IGNORED_ID)


def apart(pairs: Sequence[Pair]) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    """Return the pairs to learn from, and the parts that choose step and mix.

    The last fifth of each image's known pixels along its longer side is not learned from; an object
    that reaches into it is left out of what is learned. Where these parts hold nothing to score,
    what is learned chooses.
    """
    both = [_cut(pair) for pair in pairs]
    learned = tuple(one for one, _ in both if is_known(one.labels).any())
    choosing = tuple(one for _, one in both if is_known(one.labels).any())
    if not learned or not choosing:
        return tuple(pairs), tuple(pairs)
    return learned, choosing


def _cut(pair: Pair) -> tuple[Pair, Pair]:
    known = is_known(pair.labels)
    axis = 0 if known.shape[0] > known.shape[1] else 1
    counts = known.sum(axis=1 - axis).cumsum()
    at = int(np.searchsorted(counts, (1 - CHOOSING_SHARE) * counts[-1])) + 1
    first, last = [slice(None)] * 2, [slice(None)] * 2
    first[axis], last[axis] = slice(None, at), slice(at, None)
    nothing = IGNORED if pair.labels.dtype == np.uint8 else IGNORED_ID
    learned, choosing = pair.labels.copy(), pair.labels.copy()
    learned[tuple(last)], choosing[tuple(first)] = nothing, nothing
    if nothing == IGNORED_ID:
        across = np.intersect1d(pair.labels[tuple(first)], pair.labels[tuple(last)])
        across = across[(across > 0) & (across != IGNORED_ID)]
        for labels in (learned, choosing):
            labels[np.isin(labels, across)] = nothing
    seen = [slice(None)] * 2
    seen[axis] = slice(max(0, at - CONTEXT_PX), None)
    image = pair.image[tuple(seen)]
    return replace(pair, labels=learned), replace(pair, image=image, labels=choosing[tuple(seen)])


def pack(images: Sequence[TeachingImage]) -> bytes:
    """Return images as one file: lossless, no pickle."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr("origins.json", json.dumps([asdict(one.origin) for one in images]))
        for number, one in enumerate(images):
            arrays = {"grey": one.grey, "phases": one.phases}
            if one.instances is not None:
                arrays["instances"] = one.instances
            for name, array in arrays.items():
                with packed.open(f"{number}/{name}.npy", "w") as file:
                    np.lib.format.write_array(file, array, allow_pickle=False)
    return buffer.getvalue()


def unpack(data: bytes) -> tuple[TeachingImage, ...]:
    """Return the images of :func:`pack`.

    Raises:
        DataError: it is another file, or damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            there = set(packed.namelist())
            origins = typed.read(tuple[Origin, ...], json.loads(packed.read("origins.json")))

            def array(number: int, name: str) -> np.ndarray:
                with packed.open(f"{number}/{name}.npy") as file:
                    return np.lib.format.read_array(file, allow_pickle=False)

            return tuple(
                TeachingImage(
                    array(number, "grey"),
                    array(number, "phases"),
                    array(number, "instances") if f"{number}/instances.npy" in there else None,
                    origin,
                )
                for number, origin in enumerate(origins)
            )
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(
            "The images of this training are damaged; begin it again with the same images."
        ) from error
