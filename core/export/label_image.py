"""Label and object images as TIFF files that ImageJ, QuPath and tifffile open with their scale."""

from __future__ import annotations

import hashlib
import io
import uuid

import numpy as np
import tifffile

from core.types.pixel_size import PixelSize

CM_IN_NM = 1e7
_LARGEST_RATIONAL = 2**32 - 1


def label_tiff(labels: np.ndarray, pixel_size: PixelSize | None) -> bytes:
    """Return class indices, (H, W) uint8, as an ImageJ TIFF; calibrated in um when ``pixel_size``.

    The display range is set to the classes, so that ImageJ does not open a black image.
    """
    metadata: dict[str, object] = {"axes": "YX", "min": 0.0, "max": float(max(labels.max(), 1))}
    resolution = None
    if pixel_size is not None:
        metadata["unit"] = "um"
        width, height = _sides(pixel_size)
        resolution = (1000 / width, 1000 / height)
    stream = io.BytesIO()
    tifffile.imwrite(
        stream,
        np.ascontiguousarray(labels, np.uint8),
        imagej=True,
        compression="zlib",
        resolution=resolution,
        metadata=metadata,
    )
    return stream.getvalue()


def object_tiff(objects: np.ndarray, pixel_size: PixelSize | None) -> bytes:
    """Return object ids, (H, W) uint32, as an OME-TIFF; with ``PhysicalSizeX`` when calibrated.

    ImageJ's own kind of TIFF has no 32-bit integers. For readers that know no OME the resolution
    tags hold the pixels of a centimetre too.
    """
    objects = np.ascontiguousarray(objects, np.uint32)
    # tifffile would draw a random one, and the same result would never give the same file.
    digest = hashlib.sha256(objects.tobytes()).hexdigest()
    metadata: dict[str, object] = {
        "axes": "YX",
        "UUID": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
    }
    resolution = None
    if pixel_size is not None:
        width, height = _sides(pixel_size)
        metadata |= {
            "PhysicalSizeX": width / 1000,
            "PhysicalSizeXUnit": "\N{MICRO SIGN}m",
            "PhysicalSizeY": height / 1000,
            "PhysicalSizeYUnit": "\N{MICRO SIGN}m",
        }
        a_centimetre = (CM_IN_NM / width, CM_IN_NM / height)
        # Under 2.4 pm a pixel the number is too large for a TIFF tag; OME's XML holds it.
        resolution = a_centimetre if max(a_centimetre) <= _LARGEST_RATIONAL else None
    stream = io.BytesIO()
    tifffile.imwrite(
        stream,
        objects,
        ome=True,
        compression="zlib",
        resolution=resolution,
        resolutionunit="CENTIMETER" if resolution else None,
        metadata=metadata,
    )
    return stream.getvalue()


def _sides(pixel_size: PixelSize) -> tuple[float, float]:
    """Return width and height of a pixel in nm."""
    return pixel_size.nm, pixel_size.height_nm or pixel_size.nm
