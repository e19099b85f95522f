"""The lecture's own Ising images, read from a folder: 5000 of 16 x 16 and 5000 of 64 x 64 spins.

They are MDS-2 of the package mdsdata 0.1.5 (MIT; Sandfeld and Bompas 2023): images_SIDE.zip and
labels_SIDE.csv. Label 0 is below the critical temperature, 1 above.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from core.errors import DataError
from core.records import read_table
from core.synthesis.ising.snapshots import Snapshots

SIDES = (16, 64)
FOLDS = 5


def file_names(side: int) -> tuple[str, str]:
    """Return the names of the two files of one size: images, labels."""
    return f"images_{side}.zip", f"labels_{side}.csv"


def read_snapshots(folder: Path, side: int) -> Snapshots:
    """Return the lecture's images of one size, coldest first.

    Raises:
        DataError: a file is missing or damaged, or the labels do not follow the temperatures.
    """
    images, labels = (folder / name for name in file_names(side))
    for path in (images, labels):
        if not path.is_file():
            raise DataError(
                f"There is no {path.name} in {folder}; `lamella fetch ising` gets the lecture's "
                "images."
            )
    try:
        rows = read_table(labels)
        temperatures = np.array([float(row["temperatures"]) for row in rows])
        given = np.array([int(row["labels"]) for row in rows])
        spins = _read_images(images, [Path(row["filenames"]).name for row in rows], side)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{images.name} or {labels.name} in {folder} is damaged ({error}); get them again."
        ) from error
    read = Snapshots(spins, temperatures)
    if not np.array_equal(read.labels, given):
        raise DataError(
            f"The labels in {labels} are not those of its temperatures: 0 is below Tc, 1 above."
        )
    return read


def _read_images(path: Path, names: list[str], side: int) -> np.ndarray:
    """Return the named images as spins (N, side, side) int8."""
    spins = np.empty((len(names), side, side), np.int8)
    with zipfile.ZipFile(path) as archive:
        places = {Path(name).name: name for name in archive.namelist()}
        for index, name in enumerate(names):
            with Image.open(io.BytesIO(archive.read(places[name]))) as image:
                if image.size != (side, side):
                    raise ValueError(f"{name} is not of {side} x {side} px")
                spins[index] = np.where(np.asarray(image) > 127, 1, -1)
    return spins


def folds_by_content(spins: np.ndarray, folds: int = FOLDS) -> np.ndarray:
    """Return the fold, 0 to ``folds`` - 1, of each image (N, L, L): equal images share one."""
    bits = (spins > 0).astype(np.uint8)
    return np.array([hashlib.sha256(one.tobytes()).digest()[0] % folds for one in bits])
