"""Bytes to ``Micrograph``: the format is found by content, limits are checked before decoding.

A module in this folder is a file format and its own registration. It has ``TITLE``,
``EXTENSIONS``, ``sniff(data) -> bool`` and ``read(source) -> Decoded``.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from core.errors import FormatError, LamellaError, LimitError
from core.formats import vendors
from core.formats.isolation.running import run_isolated, start_readers
from core.formats.reading.clues import Clues
from core.formats.reading.grey import to_unit_range
from core.formats.reading.info_bar import InfoBars, find_info_bars
from core.formats.reading.limits import check_file_bytes
from core.formats.reading.names import clean_name, extension
from core.formats.reading.pairing import (
    TEXT_SIDECARS,
    pair_sidecars,
    sidecars_beside,
    without_sidecars,
)
from core.formats.reading.scale import scale_of
from core.formats.reading.source import Decoded, Finding, Source
from core.formats.reading.transfer import facts_of, micrograph_of
from core.formats.reading.unknown import explain_unknown, missing_sidecar
from core.settings import Limits
from core.types.micrograph import Micrograph

__all__ = [
    "extensions",
    "modules",
    "pair_sidecars",
    "read",
    "read_file",
    "read_isolated",
    "start_readers",
    "without_sidecars",
]

_NO_SIDECARS: Mapping[str, bytes] = MappingProxyType({})


def modules() -> list[ModuleType]:
    """Return the modules of this folder, one for each file format, by name."""
    found = (info for info in pkgutil.iter_modules(__path__) if not info.ispkg)
    return [importlib.import_module(f"{__name__}.{info.name}") for info in found]


def extensions() -> tuple[str, ...]:
    """Return the extensions, without dots, of images and of sidecars, for a file chooser."""
    images = {extension for module in modules() for extension in module.EXTENSIONS}
    return (*sorted(images), "txt", "hdr")


def read(
    data: bytes,
    name: str,
    *,
    sidecars: Mapping[str, bytes] = _NO_SIDECARS,
    page: int = 0,
    limits: Limits | None = None,
) -> Micrograph:
    """Return one page of a file as a micrograph.

    Args:
        data: the bytes of the file; what they are decides the format, never the name.
        name: of the file, for messages; reduced to a base name of at most 120 characters.
        sidecars: files that the instrument wrote beside it, by name.
        page: of a stack, from 0.
        limits: None takes them from the environment.

    Raises:
        LimitError: larger than the limits allow.
        FormatError: anything else that keeps it from being read.
    """
    limits = limits or Limits.from_environment()
    return _read(data, name, sidecars, page, limits, isolated=False)


def _read(
    data: bytes,
    name: str,
    sidecars: Mapping[str, bytes],
    page: int,
    limits: Limits,
    isolated: bool,
) -> Micrograph:
    source = Source(data, clean_name(name), sidecars, page, limits, isolated)
    for file_name, content in ((source.name, data), *sidecars.items()):
        if content is data or content:
            check_file_bytes(clean_name(file_name), len(content), limits)
    module = next((one for one in modules() if _sniffs(one, data)), None)
    if module is None:
        titles = [one.TITLE for one in modules()]
        raise FormatError(explain_unknown(data, source.name, titles))
    try:
        return _micrograph(module.read(source), source)
    except FormatError as error:
        if source.name in str(error):
            raise
        raise type(error)(f"{source.name}: {error}") from error
    except LamellaError:
        raise
    except MemoryError as error:
        raise LimitError(
            f"{source.name} needs more memory than there is; crop or bin it, or use a machine with "
            "more memory."
        ) from error
    except Exception as error:
        raise FormatError(
            f"{source.name} is a damaged or incomplete {module.TITLE} file; copy it again from "
            "the microscope, or open it in the program that made it and save it as TIFF."
        ) from error


def read_file(path: Path, *, page: int = 0, limits: Limits | None = None) -> Micrograph:
    """Return one page of the file at ``path``, with the sidecars that lie beside it.

    Sidecars are found by stem, in upper or lower case: .txt, .hdr, and .emi and .ser of each other.

    Raises:
        FormatError: as ``read``, and when the file is not there or may not be read.
    """
    limits = limits or Limits.from_environment()
    path = Path(path)
    try:
        if path.stat().st_size > limits.file_bytes:
            check_file_bytes(clean_name(path.name), path.stat().st_size, limits)
        data = path.read_bytes()
        sidecars = sidecars_beside(path, limits)
    except OSError as error:
        raise FormatError(
            f"{clean_name(path.name)} cannot be opened ({error.strerror or error}); check that the "
            "file is there and may be read."
        ) from error
    return read(data, path.name, sidecars=sidecars, page=page, limits=limits)


def read_isolated(
    data: bytes,
    name: str,
    *,
    sidecars: Mapping[str, bytes] = _NO_SIDECARS,
    page: int = 0,
    limits: Limits | None = None,
) -> Micrograph:
    """Return what :func:`read` returns, read in a process of its own with limits on its memory,
    time and files: for files that others sent.

    Raises:
        LimitError: as ``read``, and where it took too long.
        FormatError: as ``read``, and where the reader crashed.
    """
    limits = limits or Limits.from_environment()
    name = clean_name(name)
    files = {"image": data, **{f"sidecar-{n}": one for n, one in enumerate(sidecars.values())}}
    job = {"name": name, "sidecars": list(sidecars), "page": page}
    answer = run_isolated("core.formats:read_as_child", files, job, name, limits)
    return micrograph_of(answer.facts, answer.arrays["pixels"], answer.arrays.get("valid"))


def read_as_child(
    folder: Path, job: Mapping[str, Any], limits: Limits
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Do the work of :func:`read_isolated` in the child; return the arrays and the facts."""
    names = enumerate(job["sidecars"])
    sidecars = {name: (folder / f"sidecar-{n}").read_bytes() for n, name in names}
    data = (folder / "image").read_bytes()
    micrograph = _read(data, job["name"], sidecars, job["page"], limits, isolated=True)
    arrays = {"pixels": micrograph.pixels}
    if micrograph.valid is not None:
        arrays["valid"] = micrograph.valid
    return arrays, facts_of(micrograph)


def _sniffs(module: ModuleType, data: bytes) -> bool:
    try:
        return module.sniff(data)
    except Exception:
        return False


def _micrograph(decoded: Decoded, source: Source) -> Micrograph:
    finding = decoded.finding or vendors.find(_clues(decoded, source))
    bars = _info_bars(decoded, finding)
    grey = to_unit_range(decoded.levels, slice(bars.top, decoded.shape[0] - bars.bottom))
    scale = scale_of(finding.calibrations, decoded.shape)
    missing: tuple[str, ...] = ()
    texts = [name for name in source.sidecars if extension(name) in TEXT_SIDECARS]
    if not finding.calibrations and (texts or finding.info_bar_rows is None):
        missing = missing_sidecar(decoded.shape, bars.top or bars.bottom, finding.metadata, texts)
    return Micrograph(
        pixels=grey.pixels,
        valid=grey.valid,
        name=source.name,
        digest=_digest(source, decoded),
        pixel_size=scale.size,
        pixel_size_choices=scale.choices,
        info_bar_rows=bars.bottom,
        top_bar_rows=bars.top,
        metadata=finding.metadata,
        file_shape=decoded.file_shape,
        dtype=decoded.dtype,
        page=source.page,
        pages=decoded.pages,
        notes=(*decoded.notes, *finding.notes, *scale.notes, *missing, *grey.notes),
    )


def _info_bars(decoded: Decoded, finding: Finding) -> InfoBars:
    """Return the bars that the metadata state, else those that are seen."""
    stated = finding.info_bar_rows
    if stated is not None and 0 <= stated < decoded.shape[0]:
        return InfoBars(0, stated)
    return find_info_bars(decoded.levels)


def _clues(decoded: Decoded, source: Source) -> Clues:
    return Clues(
        decoded.shape,
        decoded.tags,
        source.sidecars if decoded.is_first else _NO_SIDECARS,
        decoded.embedded,
        decoded.descriptions,
        decoded.image,
    )


def _digest(source: Source, decoded: Decoded) -> str:
    """Return the SHA-256 of the file; of a page after the first, of the file and the page."""
    digest = hashlib.sha256(source.data)
    digest.update(decoded.digest_extra)
    if source.page:
        digest.update(f"page {source.page}".encode())
    return digest.hexdigest()
