"""Simulated TEM images of gold particles on amorphous carbon, whose outlines are known.

Positions, kinds and orientations depend on the specimen's settings and the seed alone; the label
follows from them before the microscope is looked at. Particles, carbon and electrons each draw
from a stream of their own, so another defocus or dose keeps the specimen.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy import fft

from core.segmentation.preprocessing import grey_levels
from core.synthesis.gold import optics
from core.synthesis.gold.atoms import ATOMS_PER_NM3, KINDS, build, random_rotation, zone_axis
from core.synthesis.gold.optics import Grid
from core.synthesis.gold.settings import (
    MIXED,
    PARAMETERS,
    GoldSettings,
    check,
    draw_settings,
    random_settings,
)
from core.types.arrays import read_only
from core.types.micrograph import Micrograph
from core.types.pixel_size import PixelSize

__all__ = [
    "PARAMETERS",
    "GoldImage",
    "GoldParticle",
    "GoldSettings",
    "draw_settings",
    "random_settings",
    "simulate",
]

PARTICLES, CARBON, ELECTRONS = range(3)
# A pixel belongs to a particle where the exit wave of the particles alone, in vacuum, is shifted
# by more than this at 300 kV, after a blur that removes the lattice.
# Source: Rangel DaCosta et al., Elemental Microscopy EM000010, methods (simulated datasets).
LABEL_PHASE, LABEL_VOLTAGE_KV, LABEL_BLUR_NM = np.pi / 16, 300.0, 0.16
# 2 g/cm3, as evaporated films have.
CARBON_PER_NM3 = 100.0
# The grid on which waves are computed is at least this fine, up to four points a pixel a side.
FINEST_NM, MOST_POINTS = 0.03, 4
# Particles come this close, seen along the beam.
GAP_NM = 0.3


@dataclass(frozen=True)
class GoldParticle:
    """One particle. ``row``, ``column``: its centre in px. ``orientation``: the rotation from the
    crystal's axes to (row, column, beam), three rows. ``atoms``: how many it has."""

    kind: str
    diameter_nm: float
    row: float
    column: float
    orientation: tuple[tuple[float, float, float], ...]
    atoms: int


@dataclass(frozen=True, eq=False)
class GoldImage:
    """A simulated micrograph and its answer.

    ``image``: (H, W) float32, electrons counted in each pixel. ``grey``: (H, W) float32 in [0, 1],
    as displayed. ``intensity``: (H, W) float32, what endless exposure would show, 1 in vacuum.
    ``labels``: (H, W) uint8, 1 on a particle. ``thickness_nm``: (H, W) float32 of gold along the
    beam. ``particles``: in the order they were placed, fewer than asked for where there was no
    room.
    """

    image: np.ndarray
    grey: np.ndarray
    intensity: np.ndarray
    labels: np.ndarray
    thickness_nm: np.ndarray
    particles: tuple[GoldParticle, ...]
    settings: GoldSettings
    seed: int

    def __post_init__(self) -> None:
        for name in ("image", "grey", "intensity", "labels", "thickness_nm"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def micrograph(self) -> Micrograph:
        """Return the image as if it had been read from a file, with its pixel size."""
        return Micrograph(
            pixels=self.grey,
            name=f"simulated-gold-{self.seed}.png",
            digest=hashlib.sha256(self.grey.tobytes()).hexdigest(),
            pixel_size=PixelSize(self.settings.pixel_size_nm, "the simulation"),
            metadata={"origin": "simulated", "seed": str(self.seed)},
            file_shape=self.grey.shape,
            notes=("Simulated: made by Lamella, with known truth.",),
        )


@dataclass(frozen=True)
class SimulationGrid:
    """``grid``: the fine one. ``points``: of it a camera pixel a side. ``margin``: camera pixels
    that are computed around the image and cut off."""

    grid: Grid
    points: int
    margin: int
    pixel_nm: float

    @property
    def camera(self) -> Grid:
        """The camera's pixels, margin included."""
        return Grid(self.grid.side // self.points, self.pixel_nm)

    def inside(self, atoms: np.ndarray) -> np.ndarray:
        """Return where on the grid, (N, 2) in nm, those of ``atoms`` (N, 3) lie that are on it."""
        at = atoms[:, :2] + self.margin * self.pixel_nm
        width = self.grid.side * self.grid.step_nm
        return at[np.all((at >= 0) & (at < width), axis=1)]


def simulate(settings: GoldSettings, side_px: int, seed: int) -> GoldImage:
    """Return an image of ``side_px`` x ``side_px``; the same settings and seed give the same one.

    Raises:
        LamellaError: settings that cannot be simulated; see ``core.synthesis.gold.settings.check``.
    """
    check(settings, side_px)
    particles, atoms = specimen(settings, side_px, np.random.default_rng((seed, PARTICLES)))
    field = field_for(settings, side_px)
    spectrum = optics.splat(field.inside(atoms), field.grid)
    thickness, shift = truth(spectrum, field)
    carbon = None
    if settings.carbon_thickness_nm > 0:
        random = np.random.default_rng((seed, CARBON))
        thick = settings.carbon_thickness_nm
        carbon = optics.amorphous(thick, CARBON_PER_NM3, field.grid, random)
    phase = optics.phase_shift(spectrum, carbon, settings.voltage_kv, field.grid)
    middle = np.s_[field.margin : field.margin + side_px, field.margin : field.margin + side_px]
    intensity = optics.image(phase, settings.lens, field.grid, field.pixel_nm)[middle]
    random = np.random.default_rng((seed, ELECTRONS))
    electrons = settings.dose_e_per_nm2 * settings.pixel_size_nm**2
    counts = random.poisson(electrons * intensity.astype(np.float64)).astype(np.float32)
    labels = (shift[middle] > LABEL_PHASE).astype(np.uint8)
    return GoldImage(
        image=counts,
        grey=grey_levels(counts),
        intensity=intensity.copy(),
        labels=labels,
        thickness_nm=thickness[middle].copy(),
        particles=particles,
        settings=settings,
        seed=seed,
    )


def field_for(settings: GoldSettings, side_px: int) -> SimulationGrid:
    """Return the grid for an image, wide enough that nothing comes in from the other side."""
    pixel = settings.pixel_size_nm
    points = int(np.clip(np.ceil(pixel / FINEST_NM - 1e-9), 1, MOST_POINTS))
    length = optics.wavelength_nm(settings.voltage_kv)
    # How far a {200} beam of gold lands from where it left, not more than 3 nm; not less than five
    # times the blur of the label, which must not see this margin.
    defocus = abs(settings.defocus_nm) + settings.astigmatism_nm
    away = length * 5 * defocus + abs(settings.cs_mm) * 1e6 * length**3 * 5**3
    margin = int(np.ceil(max(0.8, min(away, 3.0, side_px * pixel / 4)) / pixel))
    camera = fft.next_fast_len(side_px + 2 * margin, real=True)
    return SimulationGrid(
        Grid(camera * points, pixel / points), points, (camera - side_px) // 2, pixel
    )


def specimen(
    settings: GoldSettings, side_px: int, random: np.random.Generator
) -> tuple[tuple[GoldParticle, ...], np.ndarray]:
    """Place particles one after the other; return them and their atoms (N, 3) in nm.

    Positions are (row, column, beam), pixel (0, 0) of the image at 0 nm. Particles have their
    centres in the image and do not overlap; one that finds no room in 60 tries is left out.
    """
    low, high = settings.diameter_nm
    width = side_px * settings.pixel_size_nm
    placed: list[GoldParticle] = []
    atoms: list[np.ndarray] = []
    taken = np.zeros((0, 3))
    for diameter in np.sort(random.uniform(low, high, settings.particles))[::-1]:
        kind = settings.kind if settings.kind != MIXED else str(random.choice(KINDS))
        turn = _orientation(settings, random)
        places = random.uniform(0, width, (60, 2))
        apart = np.linalg.norm(places[:, None] - taken[None, :, :2], axis=-1)
        free = np.all(apart >= taken[:, 2] + diameter / 2 + GAP_NM, axis=1)
        if not free.any():
            continue
        center = places[np.argmax(free)]
        taken = np.vstack([taken, [*center, diameter / 2]])
        inside = build(kind, float(diameter)) @ turn.T
        inside[:, :2] += center
        atoms.append(inside)
        row, column = (float(one) / settings.pixel_size_nm for one in center)
        orientation = tuple(tuple(line) for line in turn.tolist())
        placed.append(GoldParticle(kind, float(diameter), row, column, orientation, len(inside)))
    return tuple(placed), np.concatenate(atoms)


def _orientation(settings: GoldSettings, random: np.random.Generator) -> np.ndarray:
    if settings.zone_axis is None:
        return random_rotation(random)
    angle = random.uniform(0, 2 * np.pi)
    cos, sin = np.cos(angle), np.sin(angle)
    spin = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return spin @ zone_axis(settings.zone_axis)


def truth(spectrum: np.ndarray, field: SimulationGrid) -> tuple[np.ndarray, np.ndarray]:
    """Return thickness in nm and phase shift in rad of the gold alone, (H, W) of the camera.

    ``spectrum``: of the atoms, on the fine grid. Both are blurred as the label asks.
    """
    camera = field.camera
    rows, columns = camera.half()
    q2 = rows**2 + columns**2
    small = optics.lowest_half(spectrum, camera.side) * np.exp(
        -2 * np.pi**2 * LABEL_BLUR_NM**2 * q2
    )
    small /= camera.step_nm**2
    shape = (camera.side, camera.side)
    thickness = fft.irfft2(small, s=shape) / ATOMS_PER_NM3
    volts = fft.irfft2(small * optics.scattering_volt_nm2("Au", q2), s=shape)
    sigma = optics.interaction_constant(LABEL_VOLTAGE_KV)
    return np.maximum(thickness, 0).astype(np.float32), sigma * volts
