"""Decode in a process of its own, with a time limit, and a memory limit where the system has one.

For decoders that can be made to run for ever, or to take memory that no header announces. The
process gets a job as JSON on standard input and leaves ``result.json`` and ``frame.npy``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from core.errors import FormatError, LimitError
from core.formats.reading.limits import check_pages
from core.formats.reading.source import Source
from core.settings import Limits

_RESULT, _FRAME = "result.json", "frame.npy"
_ROOT = Path(__file__).resolve().parents[3]
_ONE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
_BASE_BYTES = 3_000_000_000
"""Address space of Python with its libraries, before any image."""


def decode_isolated(
    source: Source, module: str, title: str, files: Mapping[str, bytes], plugin: str = ""
) -> tuple[np.ndarray, Mapping]:
    """Return the frame and the result that ``module``, run as a program, makes of ``files``.

    ``files``: by the name that they get; the first is the one to read. ``title``: of the format.

    Raises:
        FormatError: damaged, or without an image.
        LimitError: too large, or too slow.
    """
    with tempfile.TemporaryDirectory(prefix="lamella-") as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        job = {"path": str(Path(folder) / next(iter(files))), "page": source.page}
        _run(module, {**job, "plugin": plugin, "limits": asdict(source.limits)}, source, title)
        try:
            result = json.loads((Path(folder) / _RESULT).read_text())
        except (OSError, ValueError) as error:
            raise _damaged(source, title) from error
        if "refused" in result:
            _refuse(source, title, result, next(iter(files)))
        return np.load(Path(folder) / _FRAME, allow_pickle=False), result


def serve(read: Callable[[Path, str, int, Limits], tuple[np.ndarray | None, dict]]) -> None:
    """Do the job on standard input with ``read``: the other end of ``decode_isolated``."""
    job = json.load(sys.stdin)
    path, limits = Path(job["path"]), Limits(**job["limits"])
    _limit_resources(limits)
    try:
        frame, result = read(path, job["plugin"], job["page"], limits)
        if frame is not None:
            np.save(path.parent / _FRAME, frame, allow_pickle=False)
    except MemoryError:
        result = {"refused": "memory"}
    except LimitError as error:
        result = {"refused": "limit", "detail": str(error)}
    except Exception:
        result = {"refused": "damaged"}
    (path.parent / _RESULT).write_text(json.dumps(result))


def _limit_resources(limits: Limits) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    most = _BASE_BYTES + 4 * limits.decoded_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))


def _run(module: str, job: Mapping, source: Source, title: str) -> None:
    try:
        # Not fork: the web server's threads and the GPU do not survive one.
        subprocess.run(
            [sys.executable, "-m", module],
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


def _refuse(source: Source, title: str, result: Mapping, stand_in: str) -> None:
    reason, detail = result["refused"], result.get("detail", "")
    if reason == "pages":
        check_pages(source.name, int(detail), source.limits)
    if reason == "page":
        source.check_page(int(detail))
    if reason == "limit":
        raise LimitError(str(detail).replace(stand_in, source.name))
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
    raise _damaged(source, title)


def _damaged(source: Source, title: str) -> FormatError:
    return FormatError(
        f"{source.name} is a damaged or incomplete {title} file; copy it again from the "
        "microscope, or export the image as TIFF."
    )
