"""The grain study, step 1: a microstructure that makes itself, every effect a switch."""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.synthesis.grains.settings import GrainSettings, random_settings
from pages.components.frame import session, stores
from pages.components.frame.page_link import PageLink
from pages.components.frame.serving import publish
from pages.components.frame.words import literal
from pages.components.studies import study
from pages.components.studies.grains import settings as study_grains_settings
from pages.components.viewer.viewer import ViewerSettings, viewer

if TYPE_CHECKING:
    from core.measurement.grains.grain_size import GrainCount
    from core.synthesis.grains.image import GrainImage

SIDE = 512
GOOD = GrainSettings()


def draw(link: PageLink) -> None:
    """Draw the generator's controls, the image, and its label beside it."""
    st.markdown(
        "A Laguerre tessellation gives the grains; orientation contrast, etching, polishing and "
        "the microscope then obscure them, in physical order. The label is fixed before any of "
        "this, so it is exact: it stays the same whatever you switch on, but for precipitates, "
        "which are marked in it."
    )
    study_grains_settings.switches()
    controls, pictures = st.columns([1, 2.6], gap="medium")
    with controls:
        seed = _buttons(link)
        study_grains_settings.adjust(link)
    with pictures:
        made = _made(seed)
        if made is not None:
            _pictures(made)
    study.go_on({"image_problem": "The image problem"})


def _buttons(link: PageLink) -> int:
    seed = link.whole_number("Structure (seed)", "structure", 1)
    with st.container(horizontal=True):
        if st.button("All at random", help="As training draws them, from this seed."):
            study_grains_settings.keep(random_settings(abs(seed)))
        if st.button("Back to the start"):
            study_grains_settings.keep(GOOD)
    return seed


@dataclass(frozen=True, eq=False)
class _Made:
    """A generated image, its grains counted and measured, and how long it took to generate."""

    image: GrainImage
    counted: GrainCount
    intercept_px: float
    seconds: float


def _made(seed: int) -> _Made | None:
    if seed < 0:
        st.warning(f"The structure is {seed}; a seed is 0 or more.")
        return None
    settings = study_grains_settings.current()
    try:
        return stores.kept(
            ("grain image", settings, seed), lambda: _generated(settings, seed), 10 * SIDE * SIDE
        )
    except LamellaError as error:
        st.warning(literal(str(error)))
        return None


def _generated(settings: GrainSettings, seed: int) -> _Made:
    from core.measurement.grains.grain_lines import grain_lines, in_short
    from core.measurement.grains.grain_size import count_grains
    from core.synthesis.grains.image import generate

    begun = time.perf_counter()
    image = generate(settings, (SIDE, SIDE), seed)
    seconds = time.perf_counter() - begun
    intercept_px = in_short(grain_lines(image.grains)).mean_px
    return _Made(image, count_grains(image.grains), intercept_px, seconds)


def _pictures(made: _Made) -> None:
    image, counted = made.image, made.counted
    left, right = st.columns(2)
    with left:
        viewer(
            publish.grey_image(image.grey / 255, "Synthetic micrograph"),
            ViewerSettings(height=430),
            key="grain_image",
        )
    with right:
        viewer(
            publish.grey_image(
                image.labels.astype("float32") / max(1, int(image.labels.max())),
                "Its boundaries" if image.settings.precipitates is None else "Its labels",
            ),
            ViewerSettings(height=430),
            key="grain_label",
        )
    area = counted.area_px / counted.equivalent
    ideal = pi / 4 * area**0.5
    st.caption(
        f"{counted.equivalent:g} grains (those cut by the edge count half, in the corners a "
        f"quarter), mean area {area:.0f} px², mean lineal intercept {made.intercept_px:.1f} px. A "
        f"Poisson-Voronoi tessellation of this mean area has π/4 · √area = {ideal:.1f} px. "
        f"Generated in {1000 * made.seconds:.0f} ms."
    )
    session.remember("grain_preview", image)
