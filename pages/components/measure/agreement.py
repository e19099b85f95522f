"""How the segmentation agrees with a reference mask that the user has, and where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.types.model_card import Score
from pages.components.frame import keeping, lab, session
from pages.components.frame.words import capital, literal

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.fields.agreement import Agreement, MaskKind

KINDS: dict[MaskKind, str] = {"instances": "Objects: each its own number", "classes": "Phases"}
SCATTERED = (
    "Each number of this mask is spread over many areas, as in a mask of phases, and counts as one "
    "object here. If it is a mask of phases, choose *Phases* under *The mask holds*; if it is one "
    "of objects, give each a number of its own."
)
COLOURS = "Differences: :orange[orange] missed, :blue[blue] added, :violet[pink] another phase."


def draw(analysis: Analysis) -> Agreement | None:
    """Draw the uploader and, with a mask, the agreement; return it for the viewer."""
    with st.sidebar, st.expander("Compare with a reference mask"):
        kinds = list(KINDS) if analysis.card.objects_phase is not None else ["classes"]
        kind = st.selectbox(
            "The mask holds", kinds, format_func=KINDS.__getitem__, key="reference_kind"
        )
        given = st.file_uploader(
            "Mask as PNG or TIFF, of the image's size",
            type=["png", "tif", "tiff"],
            key=f"reference-{session.memory().source}",
        )
    if given is None:
        return None
    try:
        return _agreement(analysis, given.getvalue(), given.name, kind)
    except LamellaError as error:
        st.sidebar.warning(literal(str(error)))
        return None


def note(analysis: Analysis, found: Agreement) -> None:
    """Keep the agreement on the card of a foreign model of the user, once; of others nothing."""
    card = analysis.card
    if card.origin != "foreign" or found.mean_iou is None:
        return
    from core.workspace.lab import lab_models

    workspace, kept = keeping.workspace(), lab.found(session.memory()).get(card.name)
    data = f"{analysis.micrograph.name}, compared with a mask on the page Measure"
    score = Score("mean IoU", found.mean_iou, data)
    if workspace is None or kept is None or kept.owner != session.owner():
        return
    if score not in kept.card.tested:
        lab_models.note_test(workspace, kept.owner, kept.name, [score])
        st.caption(f"Noted on the card of {literal(kept.card.title)}.")


def _agreement(analysis: Analysis, data: bytes, name: str, kind: MaskKind) -> Agreement:
    from core.fields.agreement import agreement
    from core.formats.isolation.masks import isolated_mask

    return agreement(analysis, isolated_mask(data, name, analysis.micrograph.shape), kind)


def table(found: Agreement) -> None:
    """Draw the measures of agreement."""
    st.subheader("Agreement with the reference")
    if found.is_scattered:
        st.warning(SCATTERED)
    if found.objects is not None:
        objects = found.objects
        off = found.mean_diameter_error
        diameter = "" if off is None else f" Mean diameter {100 * off:+.1f} %."
        st.markdown(
            f"Objects matched at an IoU of 0.5 or more: F1 **{objects.f1:.3f}** (precision "
            f"{objects.precision:.3f}, recall {objects.recall:.3f}).{diameter}"
        )
    st.table(
        [
            {
                "Phase": capital(one.phase),
                "IoU": _in_words(one.iou),
                "Dice": _in_words(one.dice),
                "Boundary F1 (2 px)": _in_words(one.boundary_f1),
                "Reference (%)": f"{one.reference_percent:.2f}",
                "Found (%)": f"{one.found_percent:.2f}",
            }
            for one in found.phases
        ],
        border="horizontal",
    )
    st.caption(f"Equal pixels: {100 * found.pixel_accuracy:.2f} %. {COLOURS}")


def _in_words(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
