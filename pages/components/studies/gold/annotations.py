"""Two annotations of one image: how far two people lie apart, measured instead of claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.errors import LamellaError
from pages.components.frame.words import literal

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.measurement.annotation_spread import AnnotationSpread


def draw(analysis: Analysis | None) -> None:
    """Draw the two uploaders and, with two masks, their spread; beside it the network's, if any."""
    st.subheader("How far apart are two people?")
    st.markdown(
        "It is easily said that a network is as good as human experts. Load two masks of one "
        "image, drawn by two people or by one person on two days, and see what agreement to expect."
    )
    columns = st.columns(2)
    given = [
        column.file_uploader(
            f"{name} annotation (PNG or TIFF, particles above 0)",
            type=["png", "tif", "tiff"],
            key=f"gold_annotation_{name.lower()}",
        )
        for column, name in zip(columns, ("First", "Second"), strict=True)
    ]
    if None in given:
        return
    try:
        _compare(given, analysis)
    except LamellaError as error:
        st.warning(literal(str(error)))


def _compare(given: list[Any], analysis: Analysis | None) -> None:
    from core.formats.isolation.masks import isolated_marked
    from core.measurement.annotation_spread import annotation_spread

    masks = [isolated_marked(one.getvalue(), one.name, "particle/particles") for one in given]
    pairs = {"the two annotations": annotation_spread(*masks)}
    size = None
    if analysis is not None and analysis.micrograph.shape == masks[0].shape:
        size = analysis.micrograph.pixel_size
        found = analysis.segmentation.labels == analysis.card.objects_phase
        if found.any():
            pairs["network and first"] = annotation_spread(found, masks[0])
            pairs["network and second"] = annotation_spread(found, masks[1])
    unit, nm = ("nm", size.nm) if size else ("px", 1.0)
    st.table([_row(name, one, unit, nm) for name, one in pairs.items()], border="horizontal")
    st.caption(
        "Boundary: mean distance from one outline to the other, both ways, and what 95 % stay "
        "below. Matched: pairs with an IoU of at least 0.5. Mean diameter: of particles "
        "that the edge does not cut. Where two people differ, no network can agree with both."
    )


def _row(name: str, spread: AnnotationSpread, unit: str, nm: float) -> dict[str, str]:
    first, second = spread.diameter_px
    return {
        "between": name,
        "Dice": f"{spread.dice:.3f}",
        "IoU": f"{spread.iou:.3f}",
        f"boundary ({unit})": f"{nm * spread.boundary_px:.3g}",
        f"95 % ({unit})": f"{nm * spread.boundary_95_px:.3g}",
        "particles": f"{spread.objects[0]} and {spread.objects[1]}, {spread.matched} matched",
        f"mean diameter ({unit})": f"{nm * first:.3g} and {nm * second:.3g}",
        "difference": f"{100 * spread.diameter_difference:.1f} %",
    }
