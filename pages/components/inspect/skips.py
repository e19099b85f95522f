"""A network without some of its skip connections, beside the intact one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.components.frame import session
from pages.components.frame.serving import publish
from pages.components.frame.words import capital
from pages.components.inspect import subject as inspect_subject
from pages.components.inspect.link import LINK
from pages.components.inspect.stage import Shown
from pages.components.inspect.subject import Inspected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.inspection.attribution.ablation import Ablation, Skip

NEXT, NONE = ",", "none"
INTACT = "Labels of the intact network."
ABLATED = "Labels without these skip connections."


def draw(inspected: Inspected, phase: int) -> Shown:
    from core.inspection.attribution.ablation import ablate_skips, skips
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
    from core.inspection.layers.layer_names import readable_block

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
        format_func=lambda name: sizes[name] if is_told_by_size else capital(readable_block(name)),
        key=key,
        on_change=switch,
    )
    return tuple(chosen)
