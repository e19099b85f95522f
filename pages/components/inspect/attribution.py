"""Maps of what speaks for a label: Seg-Grad-CAM, integrated gradients, occlusion, and the network
without its skips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame.work import background
from pages.components.inspect import colors as inspect_colors
from pages.components.inspect import following
from pages.components.inspect import gradients as inspect_gradients
from pages.components.inspect import layers as inspect_layers
from pages.components.inspect import skips as inspect_skips
from pages.components.inspect import stage as inspect_stage
from pages.components.inspect import subject as inspect_subject
from pages.components.inspect.link import LINK
from pages.components.inspect.stage import Shown
from pages.components.inspect.subject import Inspected

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.inspection.attribution.occlusion import Occlusion
    from core.inspection.attribution.sanity import SanityCheck
    from core.inspection.subject import Subject
    from core.types.arrays import Array
    from core.types.progress import ProgressCallback
    from pages.components.frame.stores import Key

WHERES = {"pixel": "This pixel", "object": "This object", "field": "Whole field"}
EVIDENCE = "Evidence for {} {}, in {} units of {}"
IN_TURN = "in turn is set to the mean grey level, and the network runs again."
LOWERS = "Occlusion lowers it by up to"
NO_EVIDENCE = (
    "The map is empty: no unit of this layer speaks for {}. The class is decided in other layers."
)
SANITY = (
    "Layers get random weights from the output downwards (cascading randomization, Adebayo et al. "
    "2018), and the map is computed anew each time; shown is the last, all random. A rank "
    "correlation with the trained network's map that stays near 1 means that the map does not "
    "depend on what was learned and explains nothing."
)
MAPS = {
    "cam": "Seg-Grad-CAM",
    "gradients": "Integrated gradients",
    "occlusion": "Occlusion",
    "skips": "Skip ablation",
}


def draw_map(inspected: Inspected, shown: str, phase: int) -> Shown:
    """Draw the controls of a map; return its overlay or labels, and a caption."""
    # A network with one output channel has one logit, of its only class.
    phase = min(phase, len(inspected.subject.logits) - 1)
    draw = {
        "cam": _cam,
        "gradients": _gradients,
        "occlusion": _occlusion,
        "skips": inspect_skips.draw,
    }
    return draw[shown](inspected, phase)


# ---- Seg-Grad-CAM


def _cam(inspected: Inspected, phase: int) -> Shown:
    from core.figures.inspection.overlays import heat_overlay
    from core.inspection.attribution.attribution import seg_grad_cam

    rows = inspect_layers.layers(inspected)
    names = [name for name, row in rows.items() if len(row.layer.shape) == 3]
    layer = inspect_layers.choose(inspected, names, _deepest(inspected, names))
    phase = _phase(inspected, phase)
    where, region, named = _region(inspected)
    subject = inspected.subject

    def draw(one: Subject) -> Array:
        return seg_grad_cam(one, layer, phase, region).heat

    asked = "cam", layer, phase, named
    check = LINK.switch("Sanity check with random weights", "sanity")
    heat = _checked(inspected, draw, asked) if check else _heat(subject, draw, asked)
    if not heat.any():
        _no_evidence(inspected, names, phase, region)
    scale = inspect_colors.choose(is_signed=False).plotly
    overlay = inspect_stage.overlay(
        inspected,
        lambda: heat_overlay(heat, scale=scale),
        "Seg-Grad-CAM",
        *(*asked, check, scale),
    )
    units = " × ".join(map(str, rows[layer].layer.shape[1:]))
    return (
        overlay,
        None,
        EVIDENCE.format(
            inspected.classes[phase], where, units, inspect_layers.title(inspected, layer)
        )
        + f"{', from random weights' if check else ''}.",
    )


def _no_evidence(inspected: Inspected, names: list[str], phase: int, region: Array | None) -> None:
    """Say that a map is empty, and offer a layer whose map is not."""
    from core.inspection.attribution.attribution import layer_with_evidence

    def go_on() -> None:
        layer = layer_with_evidence(inspected.subject, reversed(names), phase, region)
        if layer is not None:
            LINK.change(layer=layer)

    st.info(NO_EVIDENCE.format(inspected.classes[phase]))
    st.button("Show a layer with evidence", key="cam-evidence", on_click=go_on)


def _deepest(inspected: Inspected, names: list[str]) -> str:
    """Return the last layer on the way down: coarse, but with the meaning of the whole."""
    heights = [inspect_layers.layers(inspected)[name].layer.shape[1] for name in names]
    lowest = min((height for height in heights if height > 1), default=min(heights))
    return next(
        name
        for name, height in zip(reversed(names), reversed(heights), strict=True)
        if height == lowest
    )


def _phase(inspected: Inspected, winner: int) -> int:
    count = len(inspected.subject.logits)
    names = {str(index): inspected.classes[index] for index in range(count)}
    return int(LINK.choose("Class", "class", names, str(winner), in_list=True))


def _region(inspected: Inspected, whole_field: bool = True) -> tuple[str, Array | None, object]:
    """Draw where the class is asked for; return it in words, as a region, and its name."""
    from core.inspection.region import labels_in_field, pixel_region

    subject = inspected.subject
    if subject.logits.ndim != 3:
        return "anywhere in the field", None, "field"
    objects = inspected.analysis.objects if inspected.analysis else None
    number = int(objects[inspected.pixel]) if objects is not None else 0
    left_out = () if number else ("object",)
    left_out += () if whole_field else ("field",)
    wheres = {name: words for name, words in WHERES.items() if name not in left_out}
    where = LINK.choose(
        "Where", "where", wheres, "pixel", known=WHERES, label_visibility="collapsed"
    )
    if where == "field":
        return "anywhere in the field", None, "field"
    if where == "object":
        region = labels_in_field(objects, subject.field) == number
        digest = inspected.analysis.segmentation.digest
        name = digest, inspected.analysis.object_settings, number
        return f"in object {number}", region, name
    return "at this pixel", pixel_region(subject, *inspected.network_pixel), inspected.network_pixel


def _heat(subject: Subject, draw: Callable[[Subject], Array], asked: Key) -> Array:
    return inspect_subject.kept(
        subject, *asked, make=lambda: draw(subject), words="Computing the gradient."
    )


def _checked(inspected: Inspected, draw: Callable[[Subject], Array], asked: Key) -> Array:
    """Return the map from random weights, and say how alike the two are at each stage."""
    from core.inspection.attribution.sanity import sanity_check

    subject = inspected.subject
    found: SanityCheck = inspect_subject.kept(
        subject,
        "sanity",
        *asked,
        make=lambda: sanity_check(subject, draw),
        words="Computing the same map with random weights, stage by stage.",
        size_bytes=4_000_000,
    )
    st.table(
        {
            "Random from the output down to": [
                inspect_layers.title(inspected, one.down_to) for one in found.stages
            ],
            "Rank correlation": [
                "constant map"
                if one.rank_correlation != one.rank_correlation
                else f"{one.rank_correlation:.2f}"
                for one in found.stages
            ],
        },
        border="horizontal",
        hide_index=True,
        alt="Rank correlation with the trained network's map, stage by stage",
    )
    st.caption(SANITY)
    return found.stages[-1].heat


# ---- integrated gradients


def _gradients(inspected: Inspected, phase: int) -> Shown:
    phase = _phase(inspected, phase)
    # Along a path of many steps the whole field would take too long to follow a click.
    where, region, named = _region(inspected, whole_field=False)
    return inspect_gradients.draw(inspected, phase, where, region, named)


# ---- occlusion


def _occlusion(inspected: Inspected, phase: int) -> Shown:
    from core.figures.inspection.overlays import signed_overlay

    subject, pixel = inspected.subject, inspected.network_pixel
    square = _square(inspected)
    size = inspected.length(square * inspected.px_per_network_px)
    st.caption(f"Each square of {size} {IN_TURN}")
    key = (subject.digest, subject.model, subject.field, pixel, phase, square)

    def work(progress: ProgressCallback) -> Occlusion:
        from core.inspection.attribution.occlusion import occlusion

        return occlusion(subject, *pixel, square, phase, on_progress=progress)

    following.stop_overtaken("occlusion", key)
    found = background.run(
        "occlusion",
        "Run occlusion",
        key,
        work,
        size_bytes=2_000_000,
        step="Square",
        ends_with_view=True,
    )
    if found is None:
        return None, None, ""
    lowest, highest = float(found.drop.min()), float(found.drop.max())
    st.caption(
        f"The logit is {found.logit:.3f}. {LOWERS} {highest:.3f} (red) and "
        f"raises it by up to {max(0.0, -lowest):.3f} (blue)."
    )
    overlay = inspect_stage.overlay(
        inspected, lambda: signed_overlay(found.drop), "Occlusion", "occlusion", *key[3:]
    )
    return overlay, None, f"Change of this pixel's logit where a square of {size} is occluded."


def _square(inspected: Inspected) -> int:
    """Draw the choice of the square's side in px of the network, and return it."""
    side = min(inspected.subject.shape)
    lowest, highest, first = max(1, side // 16), side // 2, max(1, side // 8)
    square = LINK.whole_within("square", lowest, highest, first)
    key = LINK.control("square", square, side)
    st.slider(
        "Side of the square (network px)",
        lowest,
        highest,
        key=key,
        on_change=LINK.note_value_of,
        args=(key, "square"),
    )
    return square
