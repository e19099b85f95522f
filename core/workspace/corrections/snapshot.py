"""The whole of a correction as bytes: its maps and what is known of each object."""

from __future__ import annotations

import io
import json
import math
import zipfile
from dataclasses import asdict, dataclass

import numpy as np

from core import typed
from core.correction.state import Box, CorrectionState, ObjectRecord
from core.errors import CorrectionError, WorkspaceError
from core.formats.reading.zip_members import ZIP_ERRORS
from core.settings import Limits
from core.types.segmentation import Phase
from core.workspace.results.result_arrays import pack, unpack

MOST_ABOUT_BYTES = 100_000_000


@dataclass(frozen=True)
class _Object:
    id: int
    record: ObjectRecord


@dataclass(frozen=True)
class _About:
    shape: tuple[int, int]
    phases: tuple[Phase, ...]
    ground: int
    next_id: int
    first_new_id: int
    found: int
    areas: tuple[Box, ...]
    objects: tuple[_Object, ...]


def encode(state: CorrectionState) -> bytes:
    """Return ``state``, packed."""
    about = _About(
        shape=state.shape,
        phases=state.phases,
        ground=state.ground,
        next_id=state.next_id,
        first_new_id=state.first_new_id,
        found=state.found,
        areas=state.areas,
        objects=tuple(_Object(number, one) for number, one in sorted(state.objects.items())),
    )
    contents = {
        "about": json.dumps(asdict(about), separators=(",", ":")).encode(),
        "ids": pack(state.ids.astype("<u4", copy=False), shuffle=False),
        "labels": pack(state.labels, shuffle=False),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in contents.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return stream.getvalue()


def decode(data: bytes, limits: Limits | None = None) -> CorrectionState:
    """Return the state in the bytes of :func:`encode`, which may come from anybody.

    Raises:
        WorkspaceError: they are not those of a state, or of an image above the ``limits``.
    """
    limits = limits or Limits.from_environment()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # Nothing is decompressed by the zip, so that nothing grows.
            if any(one.compress_type != zipfile.ZIP_STORED for one in archive.infolist()):
                raise ValueError("compressed")
            about: _About = typed.read(_About, json.loads(archive.read("about")))
            shape = about.shape
            if min(shape) < 1 or math.prod(shape) > limits.pixels:
                raise ValueError("too large")
            ids = unpack(archive.read("ids"), np.dtype("<u4"), shape).astype(np.uint32)
            labels = unpack(archive.read("labels"), np.dtype("u1"), shape).copy()
        objects = {one.id: one.record for one in about.objects}
        phases = len(about.phases)
        is_sound = (
            len(objects) == len(about.objects)
            and all(0 <= one.phase < phases for one in objects.values())
            and 0 <= about.ground < phases < 255
            and max(objects, default=0) < about.next_id <= 2**24
            and 0 < about.first_new_id <= about.next_id
            and about.found >= 0
        )
        if not is_sound:
            raise ValueError("not sound")
        return CorrectionState(
            *(ids, labels, about.phases, objects),
            ground=about.ground,
            areas=about.areas,
            next_id=about.next_id,
            first_new_id=about.first_new_id,
            found=about.found,
        )
    except (*ZIP_ERRORS, ValueError, KeyError) as error:
        raise _foreign() from error
    except CorrectionError as error:
        raise _foreign() from error


def _foreign() -> WorkspaceError:
    return WorkspaceError(
        "The kept corrections of a result cannot be read by this Lamella; start again from the "
        "model's result."
    )
