"""What is measured, and how: the controls beside the image and the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import streamlit as st

from core.fields.field import kinds_of, phase_of
from core.fields.settings import FITS, GRAIN_METHODS, PHASE_METHODS, Kind, MeasureSettings
from core.types.model_card import ModelCard
from pages.components.frame import session, sidebar
from pages.components.frame.memory import Opened
from pages.components.frame.page_link import PageLink
from pages.components.frame.words import capital
from pages.components.frame.work import background
from pages.components.measure.link import LINK
from pages.components.segment import marking, run, stored
from pages.components.segment.run import Result

KINDS: dict[Kind, str] = {
    "particles": "Particle size",
    "grains": "Grain size",
    "phases": "Phase fractions",
    "layer": "Layer thickness",
    "fibres": "Fibre diameter",
    "cracks": "Cracks",
}
GRAIN_METHOD_TITLES = dict(
    zip(
        GRAIN_METHODS,
        (
            "Intercepts, lines in four directions",
            "Intercepts, Abrams' three circles",
            "Counting, Jeffries' circle",
            "Counting, Saltykov's rectangle",
        ),
        strict=True,
    )
)
PHASE_METHOD_TITLES = dict(
    zip(PHASE_METHODS, ("By area (E1245)", "Point count (E562)"), strict=True)
)
UNITS = {"auto": "As fits", "nm": "nm", "µm": "µm"}
EDGE_HELP = (
    "Objects that the edge cuts have no size. Large ones are cut more often, so the others are "
    "weighted by the inverse of the chance to lie wholly inside (Miles-Lantuéjoul, ISO 13322-1)."
)
ERROR_HELP = (
    "Half the width of the 95 % interval of the pixel size, in percent: what a calibration "
    "standard or the maker's data sheet states. It is carried into every length and area."
)
MARKS = "Draw the marks on the page Segment, then come back: the result is measured here."


def micrograph() -> Opened | None:
    """Draw the image's controls; the first sample where none is chosen, None where unreadable."""
    session.begin_with_a_sample(run=True)
    return sidebar.choose_micrograph()


def segmentation(opened: Opened) -> Result | None:
    """Draw the choice of the model and its run in the sidebar; return what it found."""
    kept = stored.choose(opened, LINK)
    if kept is not None:
        return kept.result
    card = sidebar.choose_model()
    button, _ = sidebar.about_model(card)
    card, marked = marking.choose(opened, card)
    settings = sidebar.object_settings(card)
    with button:
        found = run.segment(opened, card, settings, marked)
        if found is None and marked and background.running(run.PLACE) is None:
            st.caption(MARKS)
    return found


def next_step() -> None:
    """Draw what to do where nothing is segmented yet."""
    if background.running(run.PLACE) is None:
        st.caption("Check the pixel size, then press Segment: what is found is measured here.")


def settings(
    card: ModelCard, removed_hits: tuple[int, ...] = (), link: PageLink = LINK
) -> MeasureSettings:
    """Draw what is measured and how; ``removed_hits``: those removed in the viewer. ``link``: of
    the page that they stand on."""
    known = kinds_of(card)
    with st.sidebar:
        st.subheader("Measure")
        kind = cast(
            Kind,
            link.choose(
                "Measure",
                "what",
                {one: KINDS[one] for one in known},
                in_list=True,
                known=tuple(KINDS),
                label_visibility="collapsed",
                drops=("phase", "method", "points", "unweighted", "fit"),
            ),
        )
        chosen = MeasureSettings(kind=kind, removed_hits=removed_hits)
        chosen = replace(chosen, **BY_KIND.get(kind, _phase)(card, kind, link))
        with st.expander("Uncertainty and units"):
            return replace(chosen, **_shared(link))


def _particles(card: ModelCard, kind: Kind, link: PageLink) -> dict[str, Any]:
    is_off = link.switch("Without edge correction", "unweighted", help=EDGE_HELP)
    fit = link.choose(
        "Curve over the histogram", "fit", {one: capital(one) for one in FITS}, in_list=True
    )
    return {"edge_correction": not is_off, "fit": fit}


def _grains(card: ModelCard, kind: Kind, link: PageLink) -> dict[str, Any]:
    return {
        "grain_method": link.choose(
            "Method of the headline", "method", GRAIN_METHOD_TITLES, in_list=True
        )
    }


def _phase(card: ModelCard, kind: Kind, link: PageLink) -> dict[str, Any]:
    usual = phase_of(card, kind)
    names = {str(index): capital(phase.name) for index, phase in enumerate(card.phases)}
    phase = link.choose("Phase", "phase", names, str(usual), in_list=True)
    values: dict[str, Any] = {"phase": int(phase)}
    if kind == "phases":
        values["phase_method"] = link.choose("Method", "method", PHASE_METHOD_TITLES, in_list=True)
        if values["phase_method"] == "point count":
            points = link.slider("Points a side", "points", 10, 5, 40, 1)
            values["grid_points"] = round(points)
    return values


def _shared(link: PageLink) -> dict[str, Any]:
    error = link.slider("Pixel size, ± %", "error", 0.0, 0.0, 10.0, 0.1, help=ERROR_HELP)
    unit = link.choose("Unit of length", "unit", UNITS)
    return {
        # Zero is not stated: no pixel size is exact.
        "pixel_size_error_percent": error or None,
        "length_unit": None if unit == "auto" else unit,
    }


BY_KIND = {"particles": _particles, "grains": _grains}
