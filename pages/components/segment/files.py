"""The files of a result, to take away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame.serving import downloads
from pages.components.segment import objects

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from pages.components.segment.kept import Reference

EXPORT, SIZES = "Export", "sizes.png"


def export(reference: Reference) -> None:
    """Draw the downloads; a file is made when it is asked for."""
    from core.export.archive import result_archive, safe_stem

    stem = safe_stem(PurePath(reference.name).stem)
    st.subheader(EXPORT)
    downloads.button(
        "All files (ZIP)",
        ("zip", reference),
        f"{stem}.zip",
        lambda: result_archive(reference.analysis(), stem),
        key="download-all",
        icon=":material/download:",
        width="stretch",
    )
    with st.expander("Individual files"):
        for suffix, (title, make) in single_files().items():
            if suffix == SIZES and not len(reference.analysis().table):
                continue
            downloads.button(
                title,
                (suffix, reference),
                f"{stem}.{suffix}",
                lambda make=make: make(reference.analysis()),
                key=f"download-{suffix}",
                kind="tertiary",
            )


def single_files() -> dict[str, tuple[str, Callable[[Analysis], bytes]]]:
    """Return what is offered beside the zip: title and maker by the end of the file's name."""
    from core.export.coco import coco_json
    from core.export.geojson import geojson
    from core.export.label_image import label_tiff, object_tiff
    from core.export.overlay_image import overlay_png
    from core.export.provenance import run_json
    from core.export.rois import roi_zip
    from core.export.tables import csv_bytes
    from core.export.workbook import result_xlsx

    return {
        "labels.tif": (
            "Phases (TIFF)",
            lambda one: label_tiff(one.segmentation.labels, one.micrograph.pixel_size),
        ),
        "objects.tif": (
            "Object labels (TIFF)",
            lambda one: object_tiff(one.objects, one.micrograph.pixel_size),
        ),
        "objects.csv": ("Measurements (CSV)", lambda one: csv_bytes(one.table)),
        "objects.xlsx": ("Measurements (Excel)", result_xlsx),
        "rois.zip": ("Outlines for ImageJ (ROI ZIP)", lambda one: roi_zip(one.objects)),
        "geojson": ("Outlines for QuPath (GeoJSON)", geojson),
        "coco.json": ("Masks for training (COCO JSON)", coco_json),
        SIZES: ("Size distribution (PNG)", _sizes_png),
        "overlay.png": ("Overlay with scale bar (PNG)", overlay_png),
        "run.json": ("Settings and versions (JSON)", run_json),
    }


def _sizes_png(analysis: Analysis) -> bytes:
    from core.figures.paper.charts import size_figure
    from core.figures.paper.style import png_bytes
    from core.figures.size_histogram import size_bins

    return png_bytes(size_figure(size_bins(analysis.table), objects.counted_phase(analysis)))
