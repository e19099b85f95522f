"""How far the single slice of ``core.synthesis.gold.image`` is from multislice: abTEM beside it.

    python -m benchmarks.accuracy.gold_multislice [--table studies/gold/networks/multislice.csv]

One gold particle without carbon, the same atoms, the same lens, no noise. abTEM is under the GPL
and a development-only tool, so no requirement: install it into another environment with
``pip install abtem==1.0.11`` and run this there from the root of the repository.

Both focus on the particle's middle. abTEM slices the potential every 0.1 nm at 0.0125 nm a point,
thermal vibration as one mean displacement, and its images over foci are summed here.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from scipy import fft, ndimage

from core.synthesis.gold import optics
from core.synthesis.gold.atoms import LATTICE_NM, build, random_rotation, zone_axis
from core.synthesis.gold.optics import Grid, Lens

TABLE = Path(__file__).resolve().parents[2] / "studies" / "gold" / "networks" / "multislice.csv"
GRID = Grid(320, 0.025)
LENSES = {
    "uncorrected": Lens(300, -58.3, 1.2, 3.0, aperture_mrad=20.0),
    "corrected": Lens(300, -8.0, 0.0, 3.0, aperture_mrad=20.0),
}
LABEL_PHASE, LABEL_BLUR_NM = np.pi / 16, 0.16


@dataclass(frozen=True)
class Comparison:
    """``correlation``: of the two images. ``contrast_ratio``: standard deviation of our image over
    theirs. ``expected_111``: bin of the {111} ring; ``ours_111``, ``theirs_111``: of the strongest
    spot within 3 bins of it, broad for small particles. ``phase_ratio``: largest blurred phase,
    ours over theirs. ``label_dice``: of the masks from both exit waves; nothing where neither wave
    is shifted enough. Down a zone axis the phase of multislice's wave passes pi and begins anew, so
    both say little there."""

    kind: str
    diameter_nm: float
    orientation: str
    lens: str
    atoms: int
    correlation: float
    contrast_ratio: float
    expected_111: float
    ours_111: float
    theirs_111: float
    phase_ratio: float
    label_dice: float


def exit_wave(atoms: np.ndarray, voltage_kv: float) -> np.ndarray:
    """Return abTEM's wave (H, W) complex behind atoms (N, 3) in nm, focused on their middle."""
    try:
        import abtem
        from ase import Atoms
    except ImportError as error:
        raise SystemExit(
            "This comparison needs abTEM, which is not installed here; install it into another "
            "environment with `pip install abtem==1.0.11` and run this there."
        ) from error
    height = float(np.ptp(atoms[:, 2])) + 1.0
    width = GRID.side * GRID.step_nm
    # abTEM's x is our row; it counts in Angstrom.
    places = 10 * (atoms + [0, 0, height / 2 - (atoms[:, 2].max() + atoms[:, 2].min()) / 2])
    crystal = Atoms("Au" * len(atoms), positions=places, cell=[10 * width, 10 * width, 10 * height])
    sigma = 10 * np.sqrt(optics.DISPLACEMENT_NM2["Au"])
    kirkland = abtem.parametrizations.KirklandParametrization(sigmas={"Au": sigma})
    potential = abtem.Potential(
        crystal, gpts=2 * GRID.side, slice_thickness=1.0, parametrization=kirkland
    )
    waves = (
        abtem.PlaneWave(energy=voltage_kv * 1e3).multislice(potential).compute(progress_bar=False)
    )
    spectrum = fft.fft2(np.asarray(waves.array))
    fine = Grid(2 * GRID.side, GRID.step_nm / 2)
    rows, columns = fine.whole()
    length = optics.wavelength_nm(voltage_kv)
    back = np.exp(1j * np.pi * length * (height / 2) * (rows**2 + columns**2))
    return fft.ifft2(spectrum * back)


def their_image(wave: np.ndarray, lens: Lens) -> np.ndarray:
    """Return the image (H, W) of abTEM's wave, over 21 foci, on our grid and our pixels."""
    fine = Grid(2 * GRID.side, GRID.step_nm / 2)
    rows, columns = fine.whole()
    q2 = rows**2 + columns**2
    spectrum = fft.fft2(wave) * (q2 <= lens.band_limit(GRID.step_nm) ** 2)
    spread = np.pi * optics.wavelength_nm(lens.voltage_kv) * lens.focal_spread_nm * q2
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    image = np.zeros(wave.shape)
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        seen = fft.ifft2(spectrum * np.exp(-1j * (lens.chi(rows, columns) + node * spread)))
        image += weight * np.abs(seen) ** 2
    half = optics.lowest_half(fft.rfft2(image), GRID.side) / 4
    rows, columns = GRID.half()
    half = half * np.sinc(rows * GRID.step_nm) * np.sinc(columns * GRID.step_nm)
    return fft.irfft2(half, s=(GRID.side, GRID.side))


def ring_111(image: np.ndarray) -> float:
    """Return the bin of the strongest spot near the {111} ring, to a part of a bin."""
    window = np.outer(np.hanning(GRID.side), np.hanning(GRID.side))
    power = np.abs(fft.fft2((image - image.mean()) * window)) ** 2
    frequency = fft.fftfreq(GRID.side, 1 / GRID.side)
    distance = np.hypot(frequency[:, None], frequency)
    power[np.abs(distance - expected_111()) > 3] = 0
    row, column = np.unravel_index(np.argmax(power), power.shape)
    near = np.s_[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
    return float(np.average(distance[near], weights=power[near]))


def expected_111() -> float:
    """Return N p sqrt(3) / a."""
    return GRID.side * GRID.step_nm * np.sqrt(3) / LATTICE_NM


def blurred_phase(wave: np.ndarray, step_nm: float) -> np.ndarray:
    """Return the phase (H, W) of a wave, blurred as the label asks."""
    blur = LABEL_BLUR_NM / step_nm
    return ndimage.gaussian_filter(np.angle(wave), blur, mode="wrap")


def compare(kind: str, diameter: float, orientation: str) -> list[Comparison]:
    """Return a line for each lens."""
    turn = {
        "[110]": zone_axis((1, 1, 0)),
        "[111]": zone_axis((1, 1, 1)),
        "random": random_rotation(np.random.default_rng(7)),
    }[orientation]
    middle = GRID.side * GRID.step_nm / 2
    atoms = build(kind, diameter) @ turn.T + [middle, middle, 0]
    phase = optics.phase_shift(optics.splat(atoms[:, :2], GRID), None, 300, GRID)
    theirs = exit_wave(atoms, 300)
    ours_blurred = ndimage.gaussian_filter(phase, LABEL_BLUR_NM / GRID.step_nm, mode="wrap")
    theirs_blurred = blurred_phase(theirs, GRID.step_nm / 2)[::2, ::2]
    ours_mask, theirs_mask = (one > LABEL_PHASE for one in (ours_blurred, theirs_blurred))
    marked = ours_mask.sum() + theirs_mask.sum()
    dice = 2 * (ours_mask & theirs_mask).sum() / marked if marked else np.nan
    lines = []
    for name, lens in LENSES.items():
        image, other = optics.image(phase, lens, GRID, GRID.step_nm), their_image(theirs, lens)
        lines.append(
            Comparison(
                kind,
                diameter,
                orientation,
                name,
                len(atoms),
                float(np.corrcoef(image.ravel(), other.ravel())[0, 1]),
                float(image.std() / other.std()),
                expected_111(),
                ring_111(image),
                ring_111(other),
                float(ours_blurred.max() / theirs_blurred.max()),
                float(dice),
            )
        )
    return lines


def written(value: object) -> object:
    """Return what the table holds: four digits, nothing for what cannot be told."""
    if not isinstance(value, float):
        return value
    return "" if np.isnan(value) else f"{value:.4f}"


def main() -> None:
    """Compare particles of growing diameter and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, default=TABLE)
    options = parser.parse_args()
    runs = [("fcc", d, "[110]") for d in (1.0, 2.0, 3.0, 4.0, 5.0)]
    runs += [("fcc", d, "random") for d in (2.0, 4.0)]
    runs += [("icosahedron", 3.0, "random"), ("decahedron", 3.0, "random")]
    with options.table.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow([one.name for one in fields(Comparison)])
        for run in runs:
            for found in compare(*run):
                print(found, flush=True)
                writer.writerow([written(value) for value in astuple(found)])


if __name__ == "__main__":
    main()
