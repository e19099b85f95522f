"""All files of one result."""

from __future__ import annotations

import re
from collections.abc import Collection
from textwrap import fill

from core.analysis.analysis import Analysis
from core.export.label_image import label_tiff, object_tiff
from core.export.provenance import run_json
from core.export.tables import csv_bytes
from core.segmentation.forest.marks import mask_png
from core.types.pixel_size import PixelSize

README_COLUMNS, INDENT = 96, "    "


def result_files(analysis: Analysis, stem: str) -> dict[str, bytes]:
    """Return the files that ``lamella segment`` writes, file name to content.

    Four, and the marks of a forest that was fitted to this very image.
    """
    size = analysis.micrograph.pixel_size
    marks = {}
    forest_training = analysis.forest_training
    if forest_training and forest_training.image_digest == analysis.micrograph.digest:
        marks[f"{stem}.marks.png"] = mask_png(forest_training.marks.values)
    return {
        f"{stem}.labels.tif": label_tiff(analysis.segmentation.labels, size),
        f"{stem}.objects.tif": object_tiff(analysis.objects, size),
        f"{stem}.objects.csv": csv_bytes(analysis.table),
        f"{stem}.run.json": run_json(analysis),
        **marks,
    }


def result_archive(analysis: Analysis, stem: str) -> bytes:
    """Return one zip: those files, a workbook, outlines for ImageJ, QuPath and training, the
    overlay, and what each of them is.

    ``stem`` may come from an upload; what would leave the folder it is unpacked in is replaced.
    """
    # The terminal writes no zip, and starts quicker without what draws and outlines.
    from core.export.coco import coco_json
    from core.export.geojson import geojson
    from core.export.overlay_image import overlay_png
    from core.export.rois import roi_zip
    from core.export.workbook import result_xlsx
    from core.export.zip_file import zip_bytes

    stem = safe_stem(stem)
    files = result_files(analysis, stem)
    return zip_bytes(
        {
            "README.txt": _readme(analysis, stem, files).encode(),
            **files,
            f"{stem}.objects.xlsx": result_xlsx(analysis),
            f"{stem}.rois.zip": roi_zip(analysis.objects),
            f"{stem}.geojson": geojson(analysis),
            f"{stem}.coco.json": coco_json(analysis),
            f"{stem}.overlay.png": overlay_png(analysis),
        }
    )


def safe_stem(stem: str) -> str:
    """Return ``stem`` without folders, control characters and what Windows forbids, 120 at most."""
    name = re.split(r"[/\\\\]", stem)[-1]
    name = re.sub(r"[^\w .,()+=@#%&~-]", "_", name).strip(" .")
    return name[:120] or "image"


def _readme(analysis: Analysis, stem: str, names: Collection[str]) -> str:
    card, by_hand = analysis.card, analysis.by_hand
    head = [
        f"Result of Lamella for {analysis.micrograph.name}",
        f"Model: {card.title} ({card.name})",
        *(["The model is untrained: its result means nothing."] if card.untrained else []),
        *([f"This result was {by_hand}."] if by_hand is not None else []),
        _scale(analysis.micrograph.pixel_size),
    ]
    entries = {
        "labels.tif": _about_labels(analysis),
        "objects.tif": "The number of the object that each pixel belongs to, 0 = none. 32 bit, "
        "OME-TIFF.",
        "objects.csv": _about_table(analysis),
        "objects.xlsx": "The same table as an Excel workbook, with the phases and what made them.",
        "rois.zip": "The outlines of the objects for ImageJ's ROI manager; their areas are those "
        "of the pixels.",
        "geojson": "The same outlines with their measurements for QuPath and GIS tools, in px, y "
        "down.",
        "coco.json": f"Masks of the {'phases' if card.objects_phase is None else 'objects'} in "
        "COCO's format, for tools that annotate and train.",
        "overlay.png": "The image with its phases and outlines, to look at; do not measure in it.",
        "run.json": "What made this result: input, model, settings, versions; enough to run it "
        "again.",
    }
    if f"{stem}.marks.png" in names:
        marked = ", ".join(f"{index} = {phase.name}" for index, phase in enumerate(card.phases, 1))
        entries["marks.png"] = f"What the forest learned from: {marked}, 0 = not marked."
    told = [f"{stem}.{suffix}\n{_paragraph(text)}" for suffix, text in entries.items()]
    return "\n".join([*head, "", *told, ""])


def _paragraph(text: str) -> str:
    return fill(
        text,
        README_COLUMNS,
        initial_indent=INDENT,
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _scale(size: PixelSize | None) -> str:
    if size is None:
        return "This image has no pixel size, so every length is in px."
    height = "" if size.is_square else f" wide and {size.height_nm:.6g} nm high"
    return f"Lengths are in nm; one pixel is {size.nm:.6g} nm{height} ({size.source})."


def _about_labels(analysis: Analysis) -> str:
    classes = ", ".join(f"{index} = {one.name}" for index, one in enumerate(analysis.card.phases))
    bars = zip(("highest", "lowest"), analysis.micrograph.bar_rows, strict=True)
    left_out = "".join(f" The {at} {n} rows are the info bar: 0 everywhere." for at, n in bars if n)
    return f"The phase of each pixel: {classes}. 8 bit; ImageJ reads its scale.{left_out}"


def _about_table(analysis: Analysis) -> str:
    text = (
        "One row an object, id as in objects.tif. Rows and columns count from 0, the centre of the "
        "first pixel. Feret diameters are caliper widths; aspect_ratio is the long by the short "
        'axis of the ellipse of the same second moments, ImageJ\'s "AR". circularity is '
        'sqrt(4 pi area) / perimeter as in ISO 9276-6; ImageJ\'s "Circ." is its square. '
        "orientation_deg is the angle of the long axis, counter-clockwise from the horizontal. "
        "mean_intensity lies between 0 (black) and 1 (white). An object that touches_edge "
        "continues outside the image: leave it out of size statistics, and give each whole one its "
        "edge_weight (Miles-Lantuejoul, ISO 13322-1), as large ones are cut more often."
    )
    if "confidence" in analysis.table:
        text += (
            " confidence is how likely an object is one that a person would have traced; the least "
            "is in run.json."
        )
    if analysis.by_hand is not None:
        text += (
            " made_by is model, corrected (the model's, changed by hand), drawn or clicked; "
            "confirmed is whether somebody said that an object is right. Numbers that are missing "
            "are of objects that are none any more."
        )
    return text
