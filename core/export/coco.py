"""Objects or phases of a micrograph as COCO JSON, for tools that annotate and train."""

from __future__ import annotations

import json

import numpy as np
from pycocotools import mask as coco_mask

from core.analysis.analysis import Analysis
from core.measurement.regions import find_runs


def coco_json(analysis: Analysis) -> bytes:
    """Return one annotation an object; of a model that counts none, one a phase but the first.

    Masks are run-length encoded and cover the very pixels. ``bbox``: x, y, width, height in px.
    ``score``: how likely an object is right, where the model says. Source: the COCO data format,
    https://cocodataset.org/#format-data.
    """
    micrograph, card = analysis.micrograph, analysis.card
    height, width = micrograph.shape
    size = micrograph.pixel_size
    image = {
        "id": 1,
        "file_name": micrograph.name,
        "width": width,
        "height": height,
        "pixel_size_nm": size.nm if size else None,
        "pixel_height_nm": (size.height_nm or size.nm) if size else None,
        "sha256": micrograph.digest,
    }
    content = {
        "info": {"description": f"{micrograph.name}, segmented by {card.title} ({card.name})"},
        "licenses": [],
        "images": [image],
        "annotations": _annotations(analysis.segmentation.labels)
        if card.objects_phase is None
        else _objects(analysis),
        "categories": [
            {"id": index, "name": phase.name, "supercategory": "phase"}
            for index, phase in enumerate(card.phases)
        ],
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _objects(analysis: Analysis) -> list[dict[str, object]]:
    table, phase = analysis.table, analysis.card.objects_phase
    phases: dict[object, int] = dict(analysis.object_phases.items())
    found = _annotations(analysis.objects, phase)
    for one in found:
        one["category_id"] = phases.get(one["id"], phase)
    if "confidence" in table:
        # What a person made has none.
        known = table.dropna(subset="confidence")
        scores: dict[object, float] = dict(zip(known["id"], known["confidence"], strict=True))
        for one in found:
            if one["id"] in scores:
                one["score"] = round(float(scores[one["id"]]), 6)
    return found


def _annotations(objects: np.ndarray, category: int | None = None) -> list[dict[str, object]]:
    """Return an annotation for each id in ``objects``, (H, W), 0 = none; ``category``: of all of
    them, None = their ids."""
    height, width = objects.shape
    # COCO counts pixels column by column.
    runs = find_runs(objects.T)
    if not len(runs.ids):
        return []
    order = np.argsort(runs.index, kind="stable")
    bounds = np.cumsum(np.bincount(runs.index, minlength=len(runs.ids)))[:-1]
    starts = np.split((runs.row * height + runs.start)[order], bounds)
    stops = np.split((runs.row * height + runs.stop)[order], bounds)
    found = []
    for identity, start, stop in zip(runs.ids.tolist(), starts, stops, strict=True):
        steps = np.stack([start, stop], axis=1).ravel()
        counts = np.diff(np.concatenate([[0], steps, [objects.size]]))
        uncompressed = {"size": [height, width], "counts": counts.tolist()}
        mask = coco_mask.frPyObjects(uncompressed, height, width)
        found.append(
            {
                "id": identity,
                "image_id": 1,
                "category_id": identity if category is None else category,
                "segmentation": {"size": mask["size"], "counts": mask["counts"].decode("ascii")},
                "area": int((stop - start).sum()),
                "bbox": coco_mask.toBbox(mask).tolist(),
                "iscrowd": 0,
            }
        )
    return found
