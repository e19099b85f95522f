"""What a segmentation says: fractions, sizes and the table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame import screen, session
from pages.components.frame.words import capital
from pages.components.segment import objects, selection
from pages.components.viewer.viewer import Rectangle, ViewerEvent

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.types.arrays import Array
    from pages.components.segment.kept import Reference

RESULT = "Result"
SETTLED = "The settings of objects change nothing in it any more."
NOTED = 0.02
"""Of the area of a phase, the share that lies in no object that counts, from which it is said."""
PARTICLES = ("particles", "particles-resnet18")
SUPPORTED = "For metal particles on a catalyst support choose the model {}."
AGREEMENT = "Agreement with this synthetic sample's ground truth (IoU): "


def summary(analysis: Analysis, truth: Array | None) -> None:
    """Draw the few numbers that most users came for."""
    from core.figures.size_histogram import size_bins
    from core.measurement.readable_units import in_digits

    fractions = analysis.phase_fractions
    rows = {
        capital(name): f"{100 * share:.1f} % of the area"
        for name, share in zip(fractions["phase"], fractions["area_fraction"], strict=True)
    }
    if analysis.card.objects_phase is not None:
        sizes = size_bins(analysis.table)
        rows[objects.heading(analysis)] = counted(analysis)
        rows["Cut by the edge"] = f"{sizes.cut:,}"
        rows |= _left_out(analysis)
        if sizes.counted:
            corrected = ", edge-corrected" if sizes.cut else ""
            rows["Median diameter"] = f"{in_digits(sizes.median)} {sizes.unit}{corrected}"
            rows["Mean diameter"] = f"{in_digits(sizes.mean)} {sizes.unit}{corrected}"
    rows |= _grain_size(analysis)
    if analysis.card.has_probabilities:
        rows["Mean confidence"] = f"{100 * analysis.mean_confidence:.1f} %"
    st.subheader(RESULT)
    st.table(rows, border="horizontal", alt="Phase fractions and objects")
    if analysis.few_pixels:
        st.warning(analysis.few_pixels)
    if analysis.by_hand is not None:
        st.caption(f"{capital(str(analysis.by_hand))}. {SETTLED}")
    st.caption(
        f"Computed in {analysis.seconds:.1f} s ({analysis.segmentation.execution.in_words})."
    )
    if truth is not None and session.truth_is_for(analysis.card):
        _agreement(analysis, truth)


def counted(analysis: Analysis) -> str:
    """Return how many objects count, and their area where it is not that of their phase."""
    card, number = analysis.card, f"{len(analysis.table):,}"
    of_phase = analysis.phase_fractions["area_fraction"][card.objects_phase]
    share = analysis.object_fraction
    is_same = abs(share - of_phase) < NOTED * of_phase
    if is_same or card.boundary_phase is not None or analysis.by_hand is not None:
        return number
    return f"{number}, {100 * share:.1f} % of the area"


def _left_out(analysis: Analysis) -> dict[str, str]:
    """Return how many objects do not count, and why."""
    chosen, settings, rows = analysis.selection, analysis.object_settings, {}
    if chosen.too_small:
        rows[f"Under {settings.minimum_area_px} px²"] = f"{chosen.too_small:,} left out (hatched)"
    if chosen.doubtful:
        least = f"Confidence under {settings.minimum_confidence:g}"
        if chosen.mean_confidence is not None:
            least = f"Objects' mean confidence {chosen.mean_confidence:.2f}"
        rows[least] = f"{chosen.doubtful:,} left out (hatched)"
    if chosen.in_annotations:
        verb = "counted" if settings.keep_annotations else "left out"
        rows["In burnt-in text"] = f"{chosen.in_annotations:,} {verb}"
    return rows


def instead(analysis: Analysis) -> str:
    """Return which model to try where one of particles was sure of nothing; "" elsewhere."""
    from models import zoo

    card = analysis.card
    if not analysis.why_no_object or card.name not in PARTICLES or card.origin != "zoo":
        return ""
    return SUPPORTED.format(zoo.CARDS["supported-particles"].title)


def annotation_boxes(analysis: Analysis) -> tuple[Rectangle, ...]:
    """Return what lies in burnt-in text and does not count, to be marked in the viewer."""
    if analysis.object_settings.keep_annotations:
        return ()
    return tuple(
        Rectangle(one.top, one.left, one.bottom, one.right, dashed=True)
        for one in analysis.selection.boxes
    )


def warn(analysis: Analysis) -> None:
    """Draw one warning above the image where the model met one unlike its training images, or found
    nothing."""
    from core.segmentation.out_of_distribution import ONE_GREY_LEVEL

    if analysis.reasons_to_doubt == (ONE_GREY_LEVEL,):
        st.warning(ONE_GREY_LEVEL)
        return
    counts = analysis.card.objects_phase is not None
    reasons = analysis.reasons_to_doubt
    why = analysis.why_no_object
    if counts and not len(analysis.table) and (why or not analysis.selection.too_small):
        is_unlike = any(reason != why for reason in reasons)
        unlike = ", or be unlike what the model was trained on" if is_unlike else ""
        name = objects.object_name(analysis)
        sentences = (
            f"No {name} was found: the image may hold none{unlike}.",
            why,
            instead(analysis),
        )
        st.warning(" ".join(filter(None, sentences)))
    elif reasons:
        st.warning(
            f"**This image is unlike those that {analysis.card.title} was trained on.** Check the "
            "result by eye before you use its numbers."
        )
        with st.expander(f"In what it differs ({len(reasons)})"):
            st.markdown("\n".join(f"- {reason}" for reason in reasons))


def _grain_size(analysis: Analysis) -> dict[str, str]:
    """Return mean intercept and, where the image is calibrated, ASTM G; nothing without grains."""
    from core.fields.measurands.grain_quantities import g_in_short
    from core.fields.words import interval_in_words, value_in_words
    from models.measured import measurand_errors

    found, size = analysis.intercepts, analysis.micrograph.pixel_size
    if found is None or not found.hits:
        return {}
    if size is None:
        return {"Mean intercept": f"{found.mean_px:.1f} px"}
    number = g_in_short(found, size.nm, measurand_errors(analysis.card))
    counted = f"{number.method}, {number.n:,} {number.counted}"
    return {
        "Mean intercept": f"{found.mean_px * size.nm / 1000:.3g} µm",
        "Grain size, ASTM G": f"{value_in_words(number)} (95 %: {interval_in_words(number)}; after "
        f"{counted})",
    }


def _agreement(analysis: Analysis, truth: Array) -> None:
    from core.measurement.agreement import confusion_matrix, intersection_over_union

    phases = analysis.segmentation.phases
    overlap = intersection_over_union(
        confusion_matrix(truth, analysis.segmentation.labels, len(phases))
    )
    parts = [
        f"{phase.name} {iou:.3f}"
        for phase, iou in zip(phases, overlap, strict=True)
        if math.isfinite(iou)
    ]
    st.caption(AGREEMENT + ", ".join(parts) + ".")


def uncertainty_legend() -> None:
    """Draw what the colours of the uncertainty mean and what to do with it."""
    from core.figures.inspection.overlays import css_gradient

    with st.container(horizontal=True, vertical_alignment="center", key="uncertainty-legend"):
        st.markdown("sure", width="content")
        bar = f"background:{css_gradient()};height:12px;border-radius:6px"
        st.html(f'<div style="{bar}"></div>', width=200)
        st.markdown("undecided", width="content")
    st.caption(
        "Undecided: two or more phases are about as likely. Outlines are bright in every image. "
        "Look at bright areas inside an object or between two: there the count and the sizes are "
        "doubtful; correct them by hand or leave them out. A dark area is no proof, since a "
        "network can be sure and wrong."
    )


def details(analysis: Analysis) -> None:
    """Draw the size histogram and the table; a selected row is shown in the viewer."""
    if analysis.card.objects_phase is None:
        return
    if not len(analysis.table):
        # Where none is likely an object, the warning above the image says all.
        if not analysis.why_no_object and (left_out := _left_out(analysis)):
            reasons = ", ".join(f"{why[0].lower()}{why[1:]} {so}" for why, so in left_out.items())
            st.info(f"No object counts: {reasons}. The settings are in the sidebar under Objects.")
        return
    chart, table = screen.parts(screen.HALF, screen.HALF)
    with chart:
        _histogram(analysis)
    with table:
        objects.table(analysis)


def _histogram(analysis: Analysis) -> None:
    from core.figures.size_histogram import size_histogram

    st.subheader("Size distribution")
    st.plotly_chart(
        size_histogram(analysis.table, phase=objects.counted_phase(analysis)),
        height=objects.HEIGHT,
        key="size-histogram",
        config={"displayModeBar": False},
        alt="Histogram of equivalent circular diameters",
    )
    if analysis.table["touches_edge"].any():
        st.caption(
            "Objects cut by the edge are left out. Large ones are cut more often, so median and "
            "mean weight each whole object by 1 / P, the chance that one of its height and width "
            "lies wholly in the image (Miles-Lantuéjoul, ISO 13322-1)."
        )


def selected(analysis: Analysis) -> int:
    """Return the number of the object that is selected; 0 = none."""
    return selection.selected(analysis.objects_digest)


def select_at(reference: Reference, event: ViewerEvent) -> None:
    """Select the object under a click in the viewer; none on the background."""
    analysis = reference.analysis()
    number = int(analysis.objects[event.row, event.column])
    selection.select(analysis.objects_digest, number)
