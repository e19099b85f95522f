"""The gold study, step 1: from atoms to an image, a slider for every setting of the microscope."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.types.pixel_size import PixelSize
from pages.components.frame import screen, session
from pages.components.frame.page_link import PageLink
from pages.components.frame.serving import publish
from pages.components.frame.words import literal
from pages.components.studies import study
from pages.components.studies.gold import settings as study_gold_settings
from pages.components.viewer.viewer import ViewerSettings, viewer

if TYPE_CHECKING:
    from core.synthesis.gold.image import GoldImage


def draw(link: PageLink) -> None:
    """Draw the controls, the image with its label, and what its power spectrum shows."""
    st.markdown(
        "Atoms sit on the sites of the crystal; their potential shifts the phase of the electron "
        "wave, the objective lens turns phase into contrast, and the dose adds shot noise. The "
        "label follows from the gold alone: it stays the same whatever the microscope does."
    )
    controls, pictures = st.columns([1.4, 2] if screen.presenting() else [1, 2.6], gap="medium")
    with controls:
        study_gold_settings.controls(link)
    with pictures:
        begun = time.perf_counter()
        made = study_gold_settings.image(link)
        if made is not None:
            _pictures(made, time.perf_counter() - begun)
    if made is not None:
        # On stage a screen of its own.
        with st.container() if screen.presenting() else pictures:
            _spectrum(made)
        session.remember("gold_preview", made)
    study.go_on({"convolution": "Convolution"})


def _pictures(made: GoldImage, seconds: float) -> None:
    left, right = st.columns(2)
    nm = made.settings.pixel_size_nm
    with left:
        viewer(study_gold_settings.picture(made), ViewerSettings(height=380), key="gold_image")
    with right:
        label = publish.grey_image(made.labels.astype("float32"), "Its label", nm)
        viewer(label, ViewerSettings(height=380), key="gold_label")
    wanted, placed = made.settings.particles, len(made.particles)
    room = "" if wanted == placed else f" There was no room for {wanted - placed} more."
    atoms = sum(one.atoms for one in made.particles)
    electrons = made.settings.dose_e_per_nm2 * nm**2
    each = f", about {round(atoms / placed, -2):,.0f} each" if placed else ""
    st.caption(
        f"{placed} particles, {atoms:,} atoms of gold{each}.{room} {electrons:.3g} electrons per "
        f"pixel. Computed in {1000 * seconds:.0f} ms. Label: where gold alone, in vacuum, shifts "
        "the phase by more than π/16."
    )


def _spectrum(made: GoldImage) -> None:
    from core.measurement.power_spectrum import check_reach, radial_profile, region_spectrum
    from studies.gold import spectra_figures as figures

    size = PixelSize(made.settings.pixel_size_nm, "the simulation")
    spectrum = region_spectrum(made.grey, size)
    lens = made.settings.lens
    left, right = st.columns([1, 1.1])
    with left:
        screen.chart(figures.spectrum_figure(spectrum), "gold_spectrum", height=420)
    with right:
        transfer = lens.transfer(radial_profile(spectrum)[0])
        screen.chart(figures.profile_figure(spectrum, transfer), "gold_profile", height=420)
    scherzer = (
        f"The Scherzer defocus of this lens is {lens.scherzer_nm():.0f} nm."
        if lens.cs_mm > 0
        else "A corrected lens near focus shows the lattice and hardly any mass-thickness "
        "contrast: try -60 nm."
    )
    st.caption(
        "Left: the power spectrum. Amorphous carbon scatters equally in all directions, so it "
        "shows the microscope itself: the dark **Thon rings** lie where the contrast transfer "
        f"function (right, below) is 0. Underfocus is negative. {scherzer} Spots on the dotted "
        "rings come from gold's lattice planes."
    )
    try:
        check_reach(size)
    except LamellaError as error:
        st.caption(literal(str(error)))
