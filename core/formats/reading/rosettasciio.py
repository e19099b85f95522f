"""Read vendor formats with RosettaSciIO, which is GPL-3 and so optional."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping

import numpy as np

from core.errors import FormatError
from core.formats.isolation.running import run_isolated_once
from core.formats.reading.calibration import Calibration, metres, number
from core.formats.reading.grey import Levels, full_scale, luminance
from core.formats.reading.names import shown
from core.formats.reading.source import Decoded, Finding, Source, known

_CHILD = "core.formats.reading.rosettasciio_child:decode_as_child"
_NO_UNITS = ("", "pix", "px", "pixel", "pixels", "points")


def read_isolated(source: Source, plugin: str, title: str, files: Mapping[str, bytes]) -> Decoded:
    """Return the page of ``source`` that RosettaSciIO's ``plugin`` reads from ``files``.

    In a process of its own, as some damaged files keep RosettaSciIO busy for ever.

    Raises:
        FormatError: RosettaSciIO is not installed, or finds no image.
        LimitError: too large, or too slow.
    """
    if importlib.util.find_spec("rsciio") is None:
        raise FormatError(
            f"{source.name} is a {title} file, and the reader for these is not installed; run "
            'pip install "lamella[em]", or export the image as TIFF.'
        )
    job = {"file": next(iter(files)), "name": source.name, "page": source.page}
    job |= {"plugin": plugin, "title": title}
    answer = run_isolated_once(_CHILD, files, job, source)
    return _decoded(answer.arrays["frame"], answer.facts, title)


def _decoded(frame: np.ndarray, result: Mapping, title: str) -> Decoded:
    levels = Levels(luminance(frame) if frame.ndim == 3 else frame, full_scale(frame.dtype))
    units = result["unit_x"], result["unit_y"]
    values = [number(result[key]) for key in ("scale_x", "scale_y")]
    x_m, y_m = (
        metres(value, unit) if value else None for value, unit in zip(values, units, strict=True)
    )
    notes: tuple[str, ...] = ()
    calibration = None
    if x_m and y_m:
        calibration = Calibration(abs(x_m), abs(y_m), f"{title} scale")
    elif units[0].strip() not in _NO_UNITS:
        notes = (f"The scale is in {shown(units[0])}, not a length: not calibrated.",)
    return Decoded(
        levels,
        tuple(result["file_shape"]),
        result["dtype"],
        int(result["pages"]),
        Finding(known(calibration), 0, notes=notes),
    )
