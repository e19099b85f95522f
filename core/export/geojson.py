"""Objects or phases of a micrograph as GeoJSON, which QuPath and GIS tools open."""

from __future__ import annotations

import json
import math

import numpy as np

from core.analysis.analysis import Analysis
from core.export.outlines import Polygon, polygons
from core.palette import rgb
from core.types.segmentation import Phase

AXES = "px from the upper left corner of the image, x to the right, y down"


def geojson(analysis: Analysis) -> bytes:
    """Return a feature an object; of a model that counts none, one a phase but the first.

    A feature covers the very pixels, holes left out. Coordinates are px, as QuPath reads them: x to
    the right, y down; properties have QuPath's names, and each object's row of the table as its
    ``measurements``. Source: RFC 7946, except that its coordinates are degrees.
    """
    card, size = analysis.card, analysis.micrograph.pixel_size
    if card.objects_phase is None:
        found = polygons(analysis.segmentation.labels)
        features = [
            _feature(index, pieces, card.phases[index], "annotation", {})
            for index, pieces in found.items()
        ]
    else:
        rows = analysis.table.set_index("id").to_dict("index")
        phases = analysis.object_phases
        features = [
            _feature(
                identity,
                pieces,
                card.phases[phases.get(identity, card.objects_phase)],
                "detection",
                rows.get(identity, {}),
            )
            for identity, pieces in polygons(analysis.objects).items()
        ]
    content = {
        "type": "FeatureCollection",
        "properties": {
            "image": analysis.micrograph.name,
            "coordinates": AXES,
            "pixel_size_nm": size.nm if size else None,
            "pixel_height_nm": (size.height_nm or size.nm) if size else None,
        },
        "features": features,
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _feature(
    identity: int, pieces: list[Polygon], phase: Phase, kind: str, row: dict[str, object]
) -> dict[str, object]:
    rings = [[_closed(ring) for ring in piece.rings] for piece in pieces]
    geometry = (
        {"type": "Polygon", "coordinates": rings[0]}
        if len(rings) == 1
        else {"type": "MultiPolygon", "coordinates": rings}
    )
    measured = {str(name): value for name, value in row.items() if _is_number(value)}
    return {
        "type": "Feature",
        "id": identity,
        "geometry": geometry,
        "properties": {
            "objectType": kind,
            "name": str(identity) if kind == "detection" else phase.name,
            "classification": {"name": phase.name, "color": rgb(phase.color).tolist()},
            "measurements": measured,
        },
    }


def _closed(ring: np.ndarray) -> list[list[int]]:
    """Return x, y of a ring whose last point is its first."""
    points = ring[:, ::-1].tolist()
    return [*points, points[0]]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
