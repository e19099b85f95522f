"""Maps of what speaks for a label: Seg-Grad-CAM, occlusion, and the network without its skips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame import background, publish, session
from pages.components.inspect import colors as inspect_colors
from pages.components.inspect import layers as inspect_layers
from pages.components.inspect import stage as inspect_stage
from pages.components.inspect import subject as inspect_subject
from pages.components.inspect.link import LINK
from pages.components.inspect.subject import Inspected
from pages.components.viewer.viewer import Overlay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.inspection.ablation import Ablation, Skip
    from core.inspection.occlusion import Occlusion
    from core.inspection.sanity import SanityCheck
    from core.inspection.subject import Subject
    from core.types import Array, ProgressCallback
    from pages.components.frame.stores import Key

WHERES = {"pixel": "This pixel", "object": "This object", "field": "Whole field"}
NEXT, NONE = ",", "none"
EVIDENCE = "Evidence for {} {}, in {} units of {}"
IN_TURN = "in turn is set to the mean grey level, and the network runs again."
LOWERS = "Occlusion lowers it by up to"
SANITY = (
    "Layers get random weights from the output downwards (cascading randomization, Adebayo et al. "
    "2018), and the map is computed anew each time; shown is the last, all random. A rank "
    "correlation with the trained network's map that stays near 1 means that the map does not "
    "depend on what was learned and explains nothing."
)
INTACT = "Labels of the intact network."
ABLATED = "Labels without these skip connections."
MAPS = {"cam": "Seg-Grad-CAM", "occlusion": "Occlusion", "skips": "Skip ablation"}
Shown = tuple[Overlay | None, Overlay | None, str]


def draw_map(inspected: Inspected, shown: str, phase: int) -> Shown:
    """Draw the controls of a map; return its overlay or labels, and a caption."""
    # A network with one output channel has one logit, of its only class.
    phase = min(phase, len(inspected.subject.logits) - 1)
    return {"cam": _cam, "occlusion": _occlusion, "skips": _skips}[shown](inspected, phase)


# ---- Seg-Grad-CAM


def _cam(inspected: Inspected, phase: int) -> Shown:
    from core.figures.inspection_overlays import heat_overlay
    from core.inspection.attribution import seg_grad_cam

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
        EVIDENCE.format(inspected.classes[phase], where, units, layer)
        + f"{', from random weights' if check else ''}.",
    )


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


def _region(inspected: Inspected) -> tuple[str, Array | None, object]:
    """Draw where the class is asked for; return it in words, as a region, and its name."""
    from core.inspection.region import labels_in_field, pixel_region

    subject = inspected.subject
    if subject.logits.ndim != 3:
        return "anywhere in the field", None, "field"
    objects = inspected.analysis.objects if inspected.analysis else None
    number = int(objects[inspected.pixel]) if objects is not None else 0
    wheres = {name: words for name, words in WHERES.items() if number or name != "object"}
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
    from core.inspection.sanity import sanity_check

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
            "Random from the output down to": [f"`{one.down_to}`" for one in found.stages],
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


# ---- occlusion


def _occlusion(inspected: Inspected, phase: int) -> Shown:
    from core.figures.inspection_overlays import signed_overlay

    subject, pixel = inspected.subject, inspected.network_pixel
    square = _square(inspected)
    size = inspected.length(square * inspected.px_per_network_px)
    st.caption(f"Each square of {size} {IN_TURN}")
    key = (subject.digest, subject.model, subject.field, pixel, phase, square)

    def work(progress: ProgressCallback) -> Occlusion:
        from core.inspection.occlusion import occlusion

        return occlusion(subject, *pixel, square, phase, on_progress=progress)

    found = background.run(
        "occlusion", "Run occlusion", key, work, size_bytes=2_000_000, step="Square"
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


# ---- skips


def _skips(inspected: Inspected, phase: int) -> Shown:
    from core.inspection.ablation import ablate_skips, skips
    from core.inspection.region import labels_in_field, labels_on_micrograph

    subject, opened = inspected.subject, inspected.opened
    known = skips(subject)
    if not known:
        st.caption("This network has no skip connections to switch off.")
        return None, None, ""
    off = _switched_off(known)
    reference = None
    if opened.truth is not None and inspected.is_trained:
        reference = labels_in_field(opened.truth, subject.field)
    found = inspect_subject.kept(
        subject,
        "ablation",
        off,
        reference is None,
        make=lambda: ablate_skips(subject, off, reference),
        words="Running the network without these skip connections.",
    )
    _agreement(found, known_truth=reference is not None)
    whole = LINK.switch("Show the intact network's labels", "whole")
    shape = opened.micrograph.shape
    labels = found.labels if whole else found.labels_without
    from core.figures.encoding import encode_labels

    phases = inspected.phases
    layer = publish.overlay(
        "inspect labels",
        f"{subject.digest} {subject.model} {subject.field} {off} {whole}",
        lambda: encode_labels(labels_on_micrograph(labels, subject.field, shape), phases),
    )
    return None, layer, INTACT if whole else ABLATED


def _agreement(found: Ablation, known_truth: bool) -> None:
    against = "the ground truth" if known_truth else "the intact network's labels"
    st.table(
        {
            f"Agreement with {against}": ["Mean IoU", "Boundary F1"],
            "Intact": [f"{found.iou:.3f}", f"{found.boundary_f1:.3f}"],
            "Without": [f"{found.iou_without:.3f}", f"{found.boundary_f1_without:.3f}"],
            "Change": [
                f"{found.iou_without - found.iou:+.3f}",
                f"{found.boundary_f1_without - found.boundary_f1:+.3f}",
            ],
        },
        border="horizontal",
        hide_index=True,
        alt="Agreement with and without the skips",
    )


def _switched_off(known: Sequence[Skip]) -> tuple[str, ...]:
    """Draw a switch for each skip; return the names of those that are off."""
    names = [one.layer for one in known]
    asked = st.query_params.get("skips")
    chosen = names[-1:] if asked is None else [name for name in asked.split(NEXT) if name != NONE]
    if unknown := [name for name in chosen if name not in names]:
        LINK.refuse(
            f'The link asks for a skip into "{unknown[0]}"; this network has skips into '
            f"{', '.join(names)}.",
            "skips",
        )
        chosen = names[-1:]
    key = LINK.control("skips", chosen, *names)

    def switch() -> None:
        LINK.note("skips", NEXT.join(session.value_of(key)) or NONE)

    sizes = {one.layer: " × ".join(map(str, one.shape[1:])) for one in known}
    is_told_by_size = len(set(sizes.values())) == len(sizes)
    st.pills(
        "Disable skip connections of these sizes"
        if is_told_by_size
        else "Disable skip connections into",
        names,
        selection_mode="multi",
        format_func=lambda name: sizes[name] if is_told_by_size else name,
        key=key,
        on_change=switch,
    )
    return tuple(chosen)
