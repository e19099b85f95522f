"""The overlay as a picture for a slide or a report."""

from __future__ import annotations

import io

from PIL import Image

from core.analysis.analysis import Analysis
from core.figures.overlay import draw_scale_bar, overlay


def overlay_png(analysis: Analysis, opacity: float = 0.35) -> bytes:
    """Return the micrograph with phases and object outlines as RGB PNG, of the full size.

    A scale bar is burnt in when the micrograph is calibrated, and only then.
    """
    micrograph, segmentation = analysis.micrograph, analysis.segmentation
    objects = None if analysis.card.objects_phase is None else analysis.objects
    picture = overlay(micrograph.pixels, segmentation.labels, segmentation.phases, objects, opacity)
    if micrograph.pixel_size is not None:
        picture = draw_scale_bar(picture, micrograph.pixel_size, micrograph.info_bar_rows)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    return stream.getvalue()
