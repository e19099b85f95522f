"""Which files belong together: an image and what the instrument wrote beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.formats.reading.names import clean_name, extension, stem
from core.settings import Limits

TEXT_SIDECARS = ("txt", "hdr")
_SERIES_NUMBER = re.compile(r"_\d+$")


def pair_sidecars(files: Mapping[str, bytes]) -> list[tuple[str, Mapping[str, bytes]]]:
    """Return each image of ``files`` with its sidecars, in the order of ``files``.

    Pairs are found by stem, in upper or lower case. A sidecar that belongs to no image stands
    alone, so that reading it says what is missing.
    """
    pairs = {name: _sidecars_of(name, files) for name in files}
    taken = {sidecar for sidecars in pairs.values() for sidecar in sidecars}
    return [
        (name, {sidecar: files[sidecar] for sidecar in sidecars})
        for name, sidecars in pairs.items()
        if name not in taken
    ]


def without_sidecars(paths: Iterable[Path]) -> list[Path]:
    """Return ``paths`` but the text files that belong to an image among them, in their order.

    A text file that belongs to none of them stays, so that reading it says what is missing.
    """
    paths = list(paths)
    folders: dict[Path, dict[str, bytes]] = {}
    for path in paths:
        folders.setdefault(path.parent, {})[path.name] = b""
    texts = {path for path in paths if extension(path.name) in TEXT_SIDECARS}
    kept = {
        folder / name
        for folder in {path.parent for path in texts}
        for name, _ in pair_sidecars(folders[folder])
    }
    return [path for path in paths if path not in texts or path in kept]


def sidecars_beside(path: Path, limits: Limits) -> dict[str, bytes]:
    """Return the sidecars of the file at ``path`` by name, those over the size limit left out.

    Raises:
        OSError: the folder or a sidecar cannot be read.
    """
    names = [name for name in os.listdir(path.parent) if _may_belong(path.name, name)]
    found = {}
    for name in _sidecars_of(path.name, names, with_series=True):
        sidecar = path.parent / name
        if sidecar.is_file() and sidecar.stat().st_size <= limits.file_bytes:
            found[name] = sidecar.read_bytes()
    return found


def _may_belong(name: str, other: str) -> bool:
    return other != name and extension(other) in (*TEXT_SIDECARS, "emi", "ser")


def _sidecars_of(name: str, names: Iterable[str], *, with_series: bool = False) -> list[str]:
    """Return those of ``names`` that are sidecars of ``name``; of an .emi, also its .ser files."""
    if extension(name) in TEXT_SIDECARS:
        return []
    own = stem(name)
    whole = clean_name(name).lower()
    # TESCAN names the header of image.tif image-tif.hdr, others image.tif.txt.
    stems = {own, whole, f"{own}-{extension(name)}"}
    found = [other for other in names if extension(other) in TEXT_SIDECARS and stem(other) in stems]
    if extension(name) == "ser":
        emi = {own, _SERIES_NUMBER.sub("", own)}
        found += [other for other in names if extension(other) == "emi" and stem(other) in emi]
    if with_series and extension(name) == "emi":
        found += [
            other
            for other in names
            if extension(other) == "ser" and _SERIES_NUMBER.sub("", stem(other)) == own
        ]
    return sorted(found)
