"""Thermo Fisher Velox .emd: images of an HDF5 file, with their metadata as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import FormatError
from core.formats.reading.calibration import Calibration, metres, number
from core.formats.reading.grey import Levels, full_scale
from core.formats.reading.hdf5 import (
    child,
    is_dataset,
    is_group,
    is_hdf5,
    is_image_data,
    is_small,
    opened,
    read_frame,
)
from core.formats.reading.limits import check_pages
from core.formats.reading.names import shown
from core.formats.reading.source import Decoded, Finding, Source, flat_metadata, known

if TYPE_CHECKING:
    import h5py

TITLE = "Velox EMD"
EXTENSIONS = ("emd",)

_LONGEST_METADATA = 4_000_000


@dataclass(frozen=True, eq=False)
class _Image:
    """One image or series: ``data`` (H, W, frames) and its metadata."""

    data: h5py.Dataset
    metadata: Mapping

    @property
    def result(self) -> Mapping:
        """What the metadata say about the pixels."""
        found = self.metadata.get("BinaryResult")
        return found if isinstance(found, Mapping) else {}

    @property
    def detector(self) -> str:
        return shown(str(self.result.get("Detector") or "unnamed detector"), 30)

    @property
    def order(self) -> tuple[bool, bool, bool]:
        """Sorts lengths before spatial frequencies, HAADF first, element maps last."""
        unit = str(self.result.get("PixelUnitX", ""))
        return unit.startswith("1/"), self.detector != "HAADF", self.data.dtype.kind == "f"


def sniff(data: bytes) -> bool:
    """Whether ``data`` is an HDF5 file with Velox's folder of images."""
    if not is_hdf5(data):
        return False
    with opened(data) as file:
        return is_group(child(file, "Data", "Image"))


def read(source: Source) -> Decoded:
    """Return the page of ``source``: pages run over all images, HAADF first, and their frames.

    Fourier transforms (complex) are left out.
    """
    with opened(source.data) as file:
        images = _images(file)
        if not images:
            raise FormatError(
                f"{source.name} holds no image, only spectra or Fourier transforms; export the "
                "image from Velox."
            )
        pages = [(image, frame) for image in images for frame in range(image.data.shape[2])]
        check_pages(source.name, len(pages), source.limits)
        source.check_page(len(pages))
        image, frame = pages[source.page]
        height, width, frames = (int(length) for length in image.data.shape)
        pixels = read_frame(image.data, (frame,), (0, 1), source)
        return Decoded(
            Levels(pixels, full_scale(pixels.dtype)),
            (frames, height, width) if frames > 1 else (height, width),
            pixels.dtype.name,
            len(pages),
            Finding(known(_calibration(image)), 0, flat_metadata(image.metadata)),
            notes=_choice(image, images),
        )


def _images(file: h5py.File) -> list[_Image]:
    folder = child(file, "Data", "Image")
    if not is_group(folder):
        return []
    found = []
    for key in folder:
        data = child(folder, key, "Data")
        if is_image_data(data) and data.ndim == 3:
            found.append(_Image(data, _metadata(child(folder, key, "Metadata"))))
    return sorted(found, key=lambda image: image.order)


def _metadata(dataset: object) -> Mapping:
    """Return the JSON of the first frame; it ends at the first zero byte."""
    if not is_dataset(dataset) or dataset.ndim != 2 or dataset.dtype != np.uint8:
        return {}
    if dataset.shape[0] > _LONGEST_METADATA or dataset.shape[1] < 1 or not is_small(dataset):
        return {}
    text = dataset[:, 0].tobytes().partition(b"\0")[0].decode("utf-8", "replace")
    try:
        metadata = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return metadata if isinstance(metadata, Mapping) else {}


def _calibration(image: _Image) -> Calibration | None:
    size = image.result.get("PixelSize")
    if not isinstance(size, Mapping):
        return None
    x, y = number(size.get("width")), number(size.get("height"))
    if not x or x <= 0:
        return None
    unit_x, unit_y = (str(image.result.get(key, "")) for key in ("PixelUnitX", "PixelUnitY"))
    x_m, y_m = metres(x, unit_x), metres(y or x, unit_y or unit_x)
    return Calibration(x_m, y_m, "Velox metadata") if x_m and y_m else None


def _choice(image: _Image, images: list[_Image]) -> tuple[str, ...]:
    if len(images) == 1:
        return ()
    names = ", ".join(one.detector for one in images[:10]) + (", ..." if len(images) > 10 else "")
    return (f"Shown: {image.detector}. The file's images, in the order of pages: {names}.",)
