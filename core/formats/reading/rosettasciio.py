"""Read vendor formats with RosettaSciIO, in a process of its own.

RosettaSciIO is GPL-3 and optional. Some damaged files keep it busy for ever, so it gets a time
limit, and a memory limit where the system has one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from core.errors import FormatError, LimitError
from core.formats.reading.calibration import Calibration, metres, number
from core.formats.reading.grey import Levels, full_scale, luminance
from core.formats.reading.limits import check_pages
from core.formats.reading.names import shown
from core.formats.reading.source import Decoded, Finding, Source

RESULT, FRAME = "result.json", "frame.npy"
_ROOT = Path(__file__).resolve().parents[3]
_ONE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}


def read_isolated(source: Source, plugin: str, title: str, files: Mapping[str, bytes]) -> Decoded:
    """Return the page of ``source`` that RosettaSciIO's ``plugin`` reads from ``files``.

    ``files``: by the name that they get; the first is the one to read.

    Raises:
        FormatError: RosettaSciIO is not installed, or finds no image.
        LimitError: too large, or too slow.
    """
    if importlib.util.find_spec("rsciio") is None:
        raise FormatError(
            f"{source.name} is a {title} file, and the reader for these is not installed; run "
            'pip install "lamella[em]", or export the image as TIFF.'
        )
    with tempfile.TemporaryDirectory(prefix="lamella-") as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        _run(source, plugin, title, Path(folder) / next(iter(files)))
        try:
            result = json.loads((Path(folder) / RESULT).read_text())
        except (OSError, ValueError) as error:
            raise _damaged(source, title, "the reader stopped") from error
        if "refused" in result:
            _refuse(source, title, result)
        frame = np.load(Path(folder) / FRAME, allow_pickle=False)
    return _decoded(frame, result, title)


def _run(source: Source, plugin: str, title: str, path: Path) -> None:
    job = {"plugin": plugin, "path": str(path), "page": source.page}
    job["limits"] = asdict(source.limits)
    try:
        # Not fork: the web server's threads and the GPU do not survive one.
        subprocess.run(
            [sys.executable, "-m", "core.formats.reading.rosettasciio_process"],
            input=json.dumps(job).encode(),
            cwd=_ROOT,
            env={**os.environ, **_ONE_THREAD},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=source.limits.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LimitError(
            f"{source.name} took longer than {source.limits.seconds} s to read as {title}, most "
            "likely because it is damaged; copy it again, or raise LAMELLA_MAX_SECONDS."
        ) from error


def _refuse(source: Source, title: str, result: Mapping) -> None:
    reason, detail = result["refused"], result.get("detail", "")
    if reason == "pages":
        check_pages(source.name, int(detail), source.limits)
    if reason == "page":
        source.check_page(int(detail))
    if reason == "limit":
        raise LimitError(str(detail))
    if reason == "memory":
        raise LimitError(
            f"{source.name} needs more memory than is allowed for a {title} file; crop or bin it, "
            "or raise LAMELLA_MAX_DECODED_BYTES."
        )
    if reason == "no image":
        raise FormatError(
            f"{source.name} is a {title} file without an image, only {detail}; export the image "
            "as TIFF."
        )
    raise _damaged(source, title, str(detail))


def _damaged(source: Source, title: str, reason: str) -> FormatError:
    return FormatError(
        f"{source.name} is a damaged or incomplete {title} file ({reason}); copy it again from the "
        "microscope, or export the image as TIFF."
    )


def _decoded(frame: np.ndarray, result: Mapping, title: str) -> Decoded:
    scale = full_scale(frame.dtype)
    levels = Levels(luminance(frame) if frame.ndim == 3 else frame, scale)
    values = [number(result[key]) for key in ("scale_x", "scale_y")]
    x_m, y_m = (
        metres(value, unit) if value else None
        for value, unit in zip(values, (result["unit_x"], result["unit_y"]), strict=True)
    )
    notes: tuple[str, ...] = ()
    calibration = None
    if x_m and y_m:
        calibration = Calibration(abs(x_m), abs(y_m), f"{title} scale")
    elif result["unit_x"].strip() not in ("", "pix", "px", "pixel", "points"):
        notes = (f"The scale is in {shown(result['unit_x'])}, not a length: not calibrated.",)
    return Decoded(
        levels,
        tuple(result["file_shape"]),
        result["dtype"],
        int(result["pages"]),
        Finding(calibration, 0, notes=notes),
    )
