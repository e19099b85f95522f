"""Outlines of objects as an ImageJ ROI set (the ROI manager opens the zip)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import roifile

from core.export.outlines import Outline, Polygon, enclosed_area, outlines, polygons
from core.export.zip_file import zip_bytes

# Of java.awt.geom.PathIterator, in which ImageJ stores a composite ROI.
MOVE_TO, LINE_TO, CLOSE = 0.0, 1.0, 4.0


def roi_zip(objects: np.ndarray) -> bytes:
    """Return one ROI an object as ``0001.roi``, ... in a zip; its area is that of the pixels.

    A polygon where one outline is enough, else a composite ROI of all pieces and holes.
    ``objects``: (H, W) ids, 0 = none.
    """
    pixels = np.bincount(objects.ravel())
    found = outlines(objects)
    digits = max(4, len(str(max((outline.id for outline in found), default=0))))
    simple = {one.id for one in found if enclosed_area(one.corners) == pixels[one.id]}
    others = np.where(
        np.isin(objects, [one.id for one in found if one.id not in simple]), objects, 0
    )
    pieces = polygons(others)
    files = {}
    for one in found:
        name = f"{one.id:0{digits}}"
        roi = _polygon(one) if one.id in simple else _composite(pieces[one.id])
        roi.name = name
        files[f"{name}.roi"] = roi.tobytes()
    return zip_bytes(files)


def _polygon(outline: Outline) -> roifile.ImagejRoi:
    # ImageJ counts x, y from the corner of the first pixel, as the outline does.
    corners = outline.corners[:, ::-1]
    roi = roifile.ImagejRoi.frompoints(corners.astype(np.int32), name="")
    roi.roitype = roifile.ROI_TYPE.POLYGON
    # frompoints adds one, as for pixels; these are corners.
    roi.right, roi.bottom = (int(far) for far in corners.max(axis=0))
    return roi


def _composite(pieces: Sequence[Polygon]) -> roifile.ImagejRoi:
    path: list[float] = []
    for ring in (ring for piece in pieces for ring in piece.rings):
        for number, (row, column) in enumerate(ring.tolist()):
            path += [LINE_TO if number else MOVE_TO, column, row]
        path.append(CLOSE)
    corners = np.concatenate([piece.exterior for piece in pieces])
    roi = roifile.ImagejRoi()
    roi.roitype = roifile.ROI_TYPE.RECT
    roi.options = roifile.ROI_OPTIONS.OVERLAY_BACKGROUNDS | roifile.ROI_OPTIONS.OVERLAY_LABELS
    (roi.top, roi.left), (roi.bottom, roi.right) = (
        corners.min(axis=0).tolist(),
        corners.max(axis=0).tolist(),
    )
    roi.multi_coordinates = np.array(path, np.float32)
    roi.shape_roi_size = len(path)
    return roi
