"""What a simulated image of gold particles is made of: the specimen, the microscope, the dose."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from core.errors import LamellaError
from core.synthesis.gold.atoms import DIAMETER_NM, KINDS
from core.synthesis.gold.optics import Lens
from core.synthesis.parameters import Parameter, parameter, parameters

MIXED = "mixed"


@dataclass(frozen=True)
class GoldSettings:
    """Gold particles on amorphous carbon and how they are imaged.

    ``diameter_nm``: smallest and largest; drawn uniformly in between. ``kind``: one of
    ``gold_atoms.KINDS``, or "mixed". ``zone_axis``: turns every particle with that direction along
    the beam, as (1, 1, 0); None turns each at random. Underfocus is negative. ``dose_e_per_nm2``:
    electrons that fall on a square nanometre of the specimen.

    The first eight fields decide the label, the others never touch it.
    """

    particles: int = parameter(6, 1, 400, "Particles", log=True)
    diameter_nm: tuple[float, float] = (2.5, 4.5)
    kind: str = MIXED
    zone_axis: tuple[int, int, int] | None = None
    pixel_size_nm: float = parameter(0.03, 0.01, 0.2, "Pixel size", "nm", log=True)
    voltage_kv: float = parameter(300.0, 60, 300, "Voltage", "kV")
    defocus_nm: float = parameter(-58.0, -1000, 1000, "Defocus (underfocus negative)", "nm")
    cs_mm: float = parameter(1.2, -0.1, 3.0, "Spherical aberration", "mm")
    focal_spread_nm: float = parameter(3.0, 0, 20, "Focal spread", "nm")
    astigmatism_nm: float = parameter(0.0, 0, 100, "Astigmatism", "nm")
    astigmatism_degrees: float = parameter(0.0, 0, 180, "Its direction", "degrees")
    aperture_mrad: float = parameter(50.0, 3, 100, "Objective aperture", "mrad", log=True)
    dose_e_per_nm2: float = parameter(2e4, 10, 1e7, "Dose", "electrons/nm²", log=True)
    carbon_thickness_nm: float = parameter(3.0, 0, 50, "Carbon", "nm")

    @property
    def lens(self) -> Lens:
        """The microscope's part."""
        return Lens(**{one.name: getattr(self, one.name) for one in fields(Lens)})


PARAMETERS: dict[str, Parameter] = parameters(GoldSettings)


def check(settings: GoldSettings, side_px: int) -> None:
    """Refuse what cannot be simulated.

    Raises:
        LamellaError: no particles, no electrons, a number outside its range, particles larger
            than the field, or a side of less than 32 or more than 1024 px.
    """
    if settings.particles < 1:
        raise LamellaError("No particles were asked for; give 1 or more.")
    if not settings.dose_e_per_nm2 > 0:
        raise LamellaError(
            f"A dose of {settings.dose_e_per_nm2:g} electrons/nm² makes no image; give 10 or more."
        )
    for name, limits in PARAMETERS.items():
        value = getattr(settings, name)
        if not limits.low <= value <= limits.high:
            unit = f" {limits.unit}" if limits.unit else ""
            raise LamellaError(
                f"{limits.label} is {value:g}{unit}; it must lie between {limits.low:g} and "
                f"{limits.high:g}{unit}."
            )
    if settings.kind not in (*KINDS, MIXED):
        raise LamellaError(
            f"{settings.kind} is no kind of gold particle; choose from {', '.join(KINDS)}, {MIXED}."
        )
    if not 32 <= side_px <= 1024:
        raise LamellaError(f"An image of {side_px} px a side was asked for; give 32 to 1024 px.")
    _check_diameters(settings, side_px)


def _check_diameters(settings: GoldSettings, side_px: int) -> None:
    low, high = settings.diameter_nm
    if not DIAMETER_NM[0] <= low <= high <= DIAMETER_NM[1]:
        raise LamellaError(
            f"Diameters of {low:g} to {high:g} nm were asked for; give the smaller one first, "
            f"both between {DIAMETER_NM[0]:g} and {DIAMETER_NM[1]:g} nm."
        )
    field_nm = side_px * settings.pixel_size_nm
    if high > field_nm:
        raise LamellaError(
            f"Particles of {high:g} nm do not fit a field of {field_nm:.3g} nm; take smaller "
            "particles, more pixels or a larger pixel size."
        )


def draw_settings(random: np.random.Generator, side_px: int = 256) -> GoldSettings:
    """Return settings drawn from the trained range, for lattice images of ``side_px``.

    Half of the microscopes have their spherical aberration corrected. Defocus is drawn around
    Scherzer's where it is not, and 4 to 25 nm from focus where it is: in focus a thin particle has
    next to no contrast. Doses are 50 to 1000 electrons per square Angstrom.
    """
    pixel = _log_uniform(random, 0.02, 0.06)
    field_nm = side_px * pixel
    largest = min(7.0, 0.8 * field_nm)
    sizes = sorted(random.uniform(min(1.8, largest), largest, 2))
    # Room for all: particles of the mean size may cover two fifths of the field at most.
    room = 0.4 * field_nm**2 / (np.pi / 4 * np.mean(sizes) ** 2)
    corrected = random.random() < 0.5
    lens = GoldSettings(
        particles=int(random.integers(1, 2 + int(np.clip(room, 0, 12)))),
        diameter_nm=(float(sizes[0]), float(sizes[1])),
        pixel_size_nm=pixel,
        voltage_kv=float(random.choice((80.0, 200.0, 300.0))),
        cs_mm=float(random.uniform(-0.02, 0.02) if corrected else random.uniform(0.5, 1.4)),
        focal_spread_nm=float(random.uniform(1, 5)),
        astigmatism_nm=float(random.uniform(0, 4)),
        astigmatism_degrees=float(random.uniform(0, 180)),
        dose_e_per_nm2=_log_uniform(random, 5e3, 1e5),
        carbon_thickness_nm=float(random.uniform(1, 5)),
    )
    around, near = random.uniform(0.4, 2.0), random.choice((-1, 1)) * random.uniform(4, 25)
    defocus = float(near if corrected else around * lens.lens.scherzer_nm())
    return replace(lens, defocus_nm=defocus)


def random_settings(seed: int) -> GoldSettings:
    """Return settings drawn as for training, the same for the same seed of 0 or more."""
    return draw_settings(np.random.default_rng(seed))


def _log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(random.uniform(np.log(low), np.log(high))))
