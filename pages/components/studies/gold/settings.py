"""The simulator of the gold study: its settings, all of them in the link, and their controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LamellaError
from core.synthesis.gold.settings import GoldSettings
from pages.components.frame import screen, stores
from pages.components.frame.page_link import PageLink
from pages.components.frame.serving import publish
from pages.components.frame.words import literal

if TYPE_CHECKING:
    from core.synthesis.gold.image import GoldImage
    from pages.components.viewer.viewer import ViewerImage

# Coarse pixels need a finer grid to compute on, so there are fewer of them.
SIDE, COARSE_SIDE, COARSE_NM = 384, 256, 0.06
KINDS = {
    "fcc": "Single crystals",
    "decahedron": "Decahedra (five twins)",
    "icosahedron": "Icosahedra (twenty twins)",
    "mixed": "Mixed",
}
AXES = {"random": "at random", "110": "[110]", "100": "[100]", "111": "[111]"}
VOLTAGES = {"300": "300 kV", "200": "200 kV", "80": "80 kV"}
DOSES = (0.0, 100.0, 300.0, 1e3, 3e3, 1e4, 2e4, 5e4, 1e5)
PIXELS = (0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2)
DOSE, PIXEL = 2e4, 0.04
FIRST_SPECIMEN = 2
"""Its image lies inside the range of the training images."""
# How much smaller and larger than the mean the particles of one image are.
SPREAD = 0.2


@dataclass(frozen=True)
class Slider:
    """A number of the simulator: its label with unit, where it begins, and its range."""

    label: str
    default: float
    low: float
    high: float
    step: float


SLIDERS = {
    "count": Slider("Particles", 6.0, 0.0, 40.0, 1.0),
    "diameter": Slider("Mean diameter (nm)", 4.0, 1.0, 8.0, 0.1),
    "carbon": Slider("Carbon thickness (nm)", 3.0, 0.0, 20.0, 0.5),
    "defocus": Slider("Defocus (nm)", -8.0, -200.0, 100.0, 1.0),
    "cs": Slider("Spherical aberration Cs (mm)", 0.0, -0.1, 2.0, 0.05),
    "spread": Slider("Focal spread (nm)", 2.0, 0.0, 12.0, 0.5),
    "astigmatism": Slider("Astigmatism (nm)", 0.0, 0.0, 40.0, 1.0),
}
SPECIMEN, MICROSCOPE = ("count", "diameter", "carbon"), ("defocus", "cs", "spread", "astigmatism")
NAMES = ("kind", "axis", "voltage", "dose", "pixel", "specimen", *SLIDERS)


def controls(link: PageLink) -> None:
    """Draw a control for each number; what they say is in the link."""
    # One column of them is higher than a projector.
    places = st.columns(2) if screen.presenting() else [st.container(), st.container()]
    specimen, microscope = places
    with specimen:
        link.whole_number("Specimen (seed)", "specimen", FIRST_SPECIMEN)
        link.choose("Particles are", "kind", KINDS, in_list=True)
        link.choose("Axis along the beam", "axis", AXES, in_list=True)
        for name in SPECIMEN:
            _slider(link, name)
    with microscope:
        link.choose("Voltage", "voltage", VOLTAGES, in_list=True)
        for name in MICROSCOPE:
            _slider(link, name)
        link.scale("Dose (electrons/nm²)", "dose", DOSES, DOSE)
        link.scale("Pixel size (nm)", "pixel", PIXELS, PIXEL)


def current(link: PageLink) -> GoldSettings:
    """Return the settings that the link asks for."""
    number = {
        name: link.number(name, one.default, one.low, one.high) for name, one in SLIDERS.items()
    }
    asked = st.query_params.get
    axis = asked("axis", "random")
    kind, voltage = asked("kind", "fcc"), asked("voltage", "300")
    return GoldSettings(
        particles=int(number["count"]),
        diameter_nm=(number["diameter"] * (1 - SPREAD), number["diameter"] * (1 + SPREAD)),
        kind=kind if kind in KINDS else "fcc",
        zone_axis=tuple(map(int, axis)) if axis in AXES and axis != "random" else None,
        pixel_size_nm=link.one_of_numbers("pixel", PIXELS, PIXEL),
        voltage_kv=float(voltage) if voltage in VOLTAGES else 300.0,
        defocus_nm=number["defocus"],
        cs_mm=number["cs"],
        focal_spread_nm=number["spread"],
        astigmatism_nm=number["astigmatism"],
        dose_e_per_nm2=link.one_of_numbers("dose", DOSES, DOSE),
        carbon_thickness_nm=number["carbon"],
    )


def image(link: PageLink) -> GoldImage | None:
    """Return the image of these settings, made once for all; None, and why, where it cannot be."""
    seed = int(link.number("specimen", FIRST_SPECIMEN, -1e9, 1e9))
    if seed < 0:
        st.warning(f"The specimen is {seed}; a seed is 0 or more.")
        return None
    settings = current(link)
    side = SIDE if settings.pixel_size_nm <= COARSE_NM else COARSE_SIDE

    def make() -> GoldImage:
        from core.synthesis.gold.image import simulate

        return simulate(settings, side, seed)

    try:
        return stores.kept(("gold image", settings, seed), make, 20 * side * side)
    except LamellaError as error:
        st.warning(literal(str(error)))
        return None


def picture(made: GoldImage, name: str = "Simulated micrograph") -> ViewerImage:
    """Return the image for the viewer, its pixel size with it."""
    return publish.grey_image(made.grey, name, made.settings.pixel_size_nm)


def in_words(made: GoldImage) -> str:
    """Return what the image shows, for a caption below it."""
    lens = made.settings
    return (
        f"{len(made.particles)} particles of {lens.diameter_nm[0]:.1f} to "
        f"{lens.diameter_nm[1]:.1f} nm, {lens.pixel_size_nm:g} nm a pixel, "
        f"{lens.voltage_kv:g} kV, Cs {lens.cs_mm:g} mm, defocus {lens.defocus_nm:g} nm, "
        f"{lens.dose_e_per_nm2:,.0f} electrons/nm². Step 1 changes them."
    )


def _slider(link: PageLink, name: str) -> None:
    one = SLIDERS[name]
    link.slider(one.label, name, one.default, one.low, one.high, one.step)
