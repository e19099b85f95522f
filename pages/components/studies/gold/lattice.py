"""The lattice of one particle: its power spectrum, the spots in it, and their planes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.errors import LamellaError
from pages.components.frame import screen
from pages.components.frame.serving import publish
from pages.components.frame.words import literal
from pages.components.viewer.viewer import ViewerSettings, viewer

if TYPE_CHECKING:
    from core.analysis.analysis import Analysis
    from core.measurement.lattice import Lattice

MOST_ROWS = 8


def draw(analysis: Analysis, number: int) -> None:
    """Draw the chosen particle, its spectrum with gold's rings, and the spots as a table."""
    from core.measurement.lattice import find_lattice
    from core.measurement.power_spectrum import particle_spectrum

    shown = analysis.micrograph
    st.subheader(f"The lattice of particle {number}")
    try:
        spectrum = particle_spectrum(shown.pixels, analysis.objects, number, shown.pixel_size)
        lattice = find_lattice(spectrum)
    except LamellaError as error:
        st.warning(literal(str(error)))
        return
    one, two, three = screen.parts(300, 400, 480)
    with one:
        _particle(analysis, number)
    with two:
        from studies.gold.spectra_figures import spectrum_figure

        screen.chart(spectrum_figure(spectrum, lattice), "gold_particle_spectrum", height=360)
    with three:
        _spots(lattice)


def _particle(analysis: Any, number: int) -> None:
    from studies.gold.figures import around

    shown = analysis.micrograph
    part = around(shown.pixels, analysis.objects, number)
    image = publish.grey_image(part, f"Particle {number}", shown.pixel_size.nm)
    viewer(image, ViewerSettings(height=300), key="gold_particle")
    st.caption("Its spectrum is taken from the particle alone, its rim faded out.")


def _spots(lattice: Lattice) -> None:
    if not lattice.spots:
        st.markdown(
            "**No lattice found.** A spot must be "
            f"{lattice.threshold:.0f} times as strong as the background around it; noise alone "
            "would make one in a hundred such spectra. The particle may be tilted so that no plane "
            "stands along the beam."
        )
        return
    rows = [
        {
            "plane": spot.plane.name if spot.plane else "none",
            "d (nm)": f"{spot.d_nm:.4f}",
            "off": f"{100 * (spot.d_nm / spot.plane.d_nm - 1):+.1f} %" if spot.plane else "",
            "angle": f"{spot.angle_deg:.0f}°",
            "strength": f"{spot.strength:.0f}",
        }
        for spot in lattice.spots[:MOST_ROWS]
    ]
    st.table(rows, border="horizontal")
    _pair(lattice)
    st.caption(
        f"Spots more than {lattice.threshold:.0f} times as strong as the background (a chance of 1 "
        "in 100 that noise makes one), within 4 % of gold's {111} 0.2355, {200} 0.2039, {220} "
        "0.1442, {311} 0.1230 or {222} 0.1177 nm; {222} may be {111} at twice its frequency. In a "
        "small tilted particle spacings are off without any strain (Malm and O'Keefe 1997, "
        "Ultramicroscopy 68, 13), so a spot without a plane is no discovery."
    )


def _pair(lattice: Lattice) -> None:
    """Say at which angle the two strongest {111} planes meet."""
    from core.measurement.lattice import angle_between
    from core.measurement.power_spectrum import GOLD

    close = lattice.of(GOLD[0])[:2]
    if len(close) == 2:
        st.markdown(
            f"The two strongest {{111}} meet at **{angle_between(*close):.1f}°**; in one crystal "
            "of gold it is 70.5°."
        )
