"""The kernel that slides over a patch of the micrograph, in the browser: no run of the script a
position. Every number that it shows is one of ``core.concepts.convolution.convolution``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.concepts.convolution.convolution import Walk, feature_map
from core.concepts.convolution.padding import pad
from core.figures.concepts.convolution import css_colors, feature_colors
from pages.components.frame import session
from pages.components.frame.serving.scripts import script
from pages.components.viewer.viewer import ViewerImage

if TYPE_CHECKING:
    from core.types.arrays import Array

KEY = "conv_stage"
_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "lamella_kernel",
    html=(_HERE / "kernel_stage.html").read_text("utf-8"),
    css=(_HERE / "kernel_stage.css").read_text("utf-8"),
    js=script(_HERE, "kernel_drawing.js", "kernel_playing.js", "kernel_stage.js"),
)


@dataclass(frozen=True, eq=False)
class Slide:
    """What the kernel slides over.

    ``micrograph``, ``whole_map``: pictures to find the patch in. ``place``: its rows and columns.
    ``image``, ``found``: grey levels (H, W) and their feature map. ``pixel``: (row, column) of the
    patch's own map to stop at, None to play. ``on_stage``: of a fixed size, as a presented page
    is fitted to the window by its parts.
    """

    micrograph: ViewerImage
    whole_map: ViewerImage
    image: Array
    found: Array
    walk: Walk
    place: tuple[slice, slice]
    pixel: tuple[int, int] | None
    on_stage: bool = False


def kernel_stage(
    slide: Slide,
    on_place: Callable[[tuple[int, int]], None],
    on_pixel: Callable[[tuple[int, int] | None], None],
) -> None:
    """Show the kernel at work.

    ``on_place``: a pixel (row, column) of the micrograph was chosen to be the patch's middle.
    ``on_pixel``: one of the patch's map was chosen, None for no longer.
    """

    def placed() -> None:
        found = _sent("place")
        if found is not None:
            on_place(found)

    def chosen() -> None:
        on_pixel(_sent("pixel"))

    _component(
        key=KEY,
        data=stage_data(slide),
        default={"place": None, "pixel": None},
        on_place_change=placed,
        on_pixel_change=chosen,
    )


def _sent(name: str) -> tuple[int, int] | None:
    """Return the (row, column) that the browser sent, or None where it is none."""
    sent = session.component_state(KEY).get(name)
    if not isinstance(sent, dict):
        return None
    row, column = sent.get("row"), sent.get("column")
    if isinstance(row, int) and isinstance(column, int) and min(row, column) >= 0:
        return row, column
    return None


def stage_data(slide: Slide) -> dict[str, object]:
    """Return what the browser shows: the padded patch, the kernel, and the patch's map, in full."""
    walk, (rows, columns) = slide.walk, slide.place
    patch = slide.image[rows, columns].astype("float64")
    own_map = feature_map(patch, walk)
    return {
        "micrograph": _picture(slide.micrograph),
        "wholeMap": _picture(slide.whole_map),
        "place": {
            "top": rows.start,
            "left": columns.start,
            "height": patch.shape[0],
            "width": patch.shape[1],
        },
        "padded": pad(patch, walk.geometry.padding, walk.mode).tolist(),
        "padding": walk.geometry.padding,
        "stride": walk.geometry.stride,
        "dilation": walk.geometry.dilation,
        "kernel": walk.applied.tolist(),
        "map": own_map.tolist(),
        "colors": css_colors(feature_colors(own_map, slide.found)),
        "pixel": slide.pixel,
        "onStage": slide.on_stage,
    }


def _picture(image: ViewerImage) -> dict[str, object]:
    return {"url": image.url, "height": image.height, "width": image.width}
