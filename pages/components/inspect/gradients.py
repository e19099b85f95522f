"""Integrated gradients of a class, with the sum that they have to come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.image_size import width_x_height
from pages.components.inspect import following
from pages.components.inspect import stage as inspect_stage
from pages.components.inspect.link import LINK
from pages.components.inspect.stage import Shown
from pages.components.inspect.subject import Inspected

if TYPE_CHECKING:
    from core.inspection.attribution.integrated_gradients import IntegratedGradients
    from core.types.arrays import Array
    from core.types.progress import ProgressCallback

BASELINES = {"blurred": "Blurred", "mean": "Mean grey"}
PATH = (
    "Each pixel's difference from the baseline times the mean gradient on the straight path from "
    "there. The attributions of all pixels have to add up to the difference of the two logits "
    "(completeness)."
)


def draw(
    inspected: Inspected, phase: int, where: str, region: Array | None, named: object
) -> Shown:
    """Draw the controls and the check; return the overlay, and a caption."""
    from core.figures.inspection.overlays import signed_overlay

    baseline = LINK.choose("Baseline", "baseline", BASELINES)
    subject = inspected.subject
    key = (subject.digest, subject.model, subject.field, phase, named, baseline)

    def work(progress: ProgressCallback) -> IntegratedGradients:
        from core.inspection.attribution.integrated_gradients import Baseline, integrated_gradients

        return integrated_gradients(
            subject, phase, region, Baseline(baseline), on_progress=progress
        )

    found = following.at_once("gradients", key, work, size_bytes=2_000_000)
    if found is None:
        return None, None, ""
    _check(found)
    _cut_off(inspected, found, baseline)
    overlay = inspect_stage.overlay(
        inspected,
        lambda: signed_overlay(found.attribution, percentile=99.5),
        "Integrated gradients",
        *("gradients", *key[3:]),
    )
    name = inspected.classes[phase]
    return overlay, None, f"Red pixels speak for {name} {where}, blue ones against it."


def _check(found: IntegratedGradients) -> None:
    from core.inspection.attribution.integrated_gradients import WITHIN

    error = found.completeness_error
    st.table(
        {
            "Logit": f"{found.logit:.3f}",
            "Logit of the baseline": f"{found.baseline_logit:.3f}",
            "Difference": f"{found.difference:.3f}",
            "Sum of all attributions": f"{found.total:.3f}",
            "Completeness: sum and difference are apart by": f"{100 * error:.1f} %",
        },
        border="horizontal",
        alt="Sum of the attributions beside the difference of the logits",
    )
    if error > WITHIN:
        st.caption(f"More than 5 % after {found.steps} gradients: read the map with care.")
    else:
        st.caption(f"Reached with {found.steps} gradients, more of them where the logit bends.")
    st.caption(PATH)


def _cut_off(inspected: Inspected, found: IntegratedGradients, baseline: str) -> None:
    from core.inspection.attribution.integrated_gradients import blur_px

    start = "The baseline is the mean grey level of the field."
    if baseline == "blurred":
        blur = inspected.length(blur_px(inspected.subject) * inspected.px_per_network_px)
        start = f"The baseline is the field, blurred with a standard deviation of {blur}."
    if found.crop.size == inspected.subject.shape:
        st.caption(f"{start} Computed on all of the field of view.")
        return
    sides = [inspected.length(side * inspected.px_per_network_px) for side in found.crop.size]
    st.caption(
        f"{start} Computed on a crop of {width_x_height(sides, '×')}, beyond which the network "
        f"sees nothing: {100 * found.left_out:.1f} % of the absolute gradient lies outside, and "
        f"the logit is {found.logit:.3f} instead of {found.whole_logit:.3f}."
    )
