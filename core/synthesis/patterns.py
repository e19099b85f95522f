"""Patterns that no microscope recorded, and some that one might, of none of the zoo's kinds.

Every function takes a random generator and a side in px, and returns (side, side) uint8.
"""

from __future__ import annotations

import cv2
import numpy as np

from core.synthesis.ising.lattice import checkerboard, random_spins


def constant(random: np.random.Generator, side: int) -> np.ndarray:
    """Return one grey level everywhere."""
    return np.full((side, side), random.integers(256), np.uint8)


def power_noise(random: np.random.Generator, side: int) -> np.ndarray:
    """Return Gaussian noise whose amplitude falls as frequency to the power of 0 to -2.5."""
    return eight_bit(_power_field(random, side, random.uniform(0, 2.5)))


def gradient(random: np.random.Generator, side: int) -> np.ndarray:
    """Return a slow ramp, bowl or edge, with little or no noise."""
    row, column = _grid(side)
    angle = random.uniform(0, 2 * np.pi)
    along = np.cos(angle) * row + np.sin(angle) * column + random.uniform(-0.3, 0.3)
    radius = np.hypot(row - random.uniform(-1, 1), column - random.uniform(-1, 1))
    field = (along, radius, np.tanh(along * random.uniform(2, 80)))[random.integers(3)]
    return eight_bit(field + random.choice((0, 0, 0.02, 0.1)) * random.normal(0, 1, field.shape))


def grating(random: np.random.Generator, side: int) -> np.ndarray:
    """Return one to three gratings, sines or bars, added or multiplied."""
    row, column = _grid(side)
    field = np.zeros((side, side))
    for _ in range(random.integers(1, 4)):
        angle, waves = random.uniform(0, np.pi), np.exp(random.uniform(np.log(4), np.log(90)))
        wave = np.sin(np.pi * waves * (np.cos(angle) * row + np.sin(angle) * column))
        wave = np.sign(wave) if random.random() < 0.3 else wave
        field = field * wave + wave if random.random() < 0.3 else field + wave
    return eight_bit(field)


def checkers(random: np.random.Generator, side: int) -> np.ndarray:
    """Return a checkerboard, straight or in perspective."""
    cells = int(random.integers(4, 24))
    board = (np.indices((cells, cells)).sum(0) % 2 * 255).astype(np.uint8)
    board = cv2.resize(board, (side, side), interpolation=cv2.INTER_NEAREST)
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    moved = corners + random.uniform(-0.25, 0.25, (4, 2)).astype(np.float32) * side
    matrix = cv2.getPerspectiveTransform(corners, moved)
    border = int(random.integers(256))
    return cv2.warpPerspective(board, matrix, (side, side), borderValue=border)


def dead_leaves(random: np.random.Generator, side: int) -> np.ndarray:
    """Return shapes of all sizes that hide each other, shaded and textured as in photographs.

    Source: the dead leaves model of natural images, Lee et al. 2001, doi:10.1023/A:1011109015675.
    """
    image = 128 + 50 * _power_field(random, side, 1.2)
    kinds = random.integers(1, 4)
    texture = _power_field(random, side, random.uniform(0.6, 1.6))
    row, column = _grid(side)
    for size in np.sort(1 / random.uniform(1.5, 25, random.integers(30, 90)))[::-1]:
        mask = np.zeros((side, side), np.uint8)
        centre = random.uniform(0, side, 2)
        corners = int(random.choice((3, 4, 4, 7, 40)[: kinds + 2]))
        turn = np.sort(random.uniform(0, 2 * np.pi, corners))
        reach = size * side * random.uniform(0.6, 1.2, (corners, 1) if corners < 40 else (1, 2))
        outline = centre + reach * np.column_stack([np.cos(turn), np.sin(turn)])
        cv2.fillPoly(mask, [outline.astype(np.int32)], 1)
        slope, inside = random.normal(0, 40, 2), mask.astype(bool)
        tone = random.uniform(0, 255) + slope[0] * row[inside] + slope[1] * column[inside]
        image[inside] = tone + random.uniform(0, 30) * texture[inside]
    return np.clip(image, 0, 255).astype(np.uint8)


def fractal(random: np.random.Generator, side: int) -> np.ndarray:
    """Return a Julia set by escape time."""
    row, column = _grid(side)
    zoom, centre = np.exp(random.uniform(-2.5, 0.3)), random.uniform(-0.4, 0.4, 2)
    z = zoom * (column + 1j * row) + complex(*centre)
    c = 0.7885 * np.exp(1j * random.uniform(0, 2 * np.pi))
    escaped = np.zeros(z.shape)
    for _ in range(40):
        inside = np.abs(z) < 4
        escaped += inside
        z = np.where(inside, z**2 + c, z)
    return eight_bit(np.sqrt(escaped))


def ising(random: np.random.Generator, side: int) -> np.ndarray:
    """Return an Ising snapshot, near the critical temperature or away from it."""
    cells = int(random.choice((32, 64, 128)))
    spins = random_spins(1, cells, random)
    checkerboard(spins, random.uniform(1.2, 4, 1), int(random.integers(5, 60)), random)
    return cv2.resize(
        ((spins[0] + 1) * 127).astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST
    )


def fibres(random: np.random.Generator, side: int) -> np.ndarray:
    """Return a felt of bent fibres over each other, bright rims on dark ground."""
    image = np.full((side, side), random.uniform(10, 60), np.float32)
    width = np.exp(random.uniform(np.log(2), np.log(side / 14)))
    for _ in range(int(random.integers(20, 120))):
        steps = int(random.integers(8, 30))
        heading = random.uniform(0, 2 * np.pi) + np.cumsum(random.normal(0, 0.12, steps))
        path = random.uniform(-0.2, 1.2, 2) * side + np.cumsum(
            side / 14 * np.column_stack([np.cos(heading), np.sin(heading)]), 0
        )
        tone = random.uniform(70, 200)
        thick = max(1, int(width * random.uniform(0.6, 1.4)))
        points = [path.astype(np.int32)]
        cv2.polylines(image, points, False, tone + 50, thick + 2, cv2.LINE_AA)
        cv2.polylines(image, points, False, tone, thick, cv2.LINE_AA)
    return np.clip(image, 0, 255).astype(np.uint8)


def diffraction(random: np.random.Generator, side: int) -> np.ndarray:
    """Return spots of a lattice, or rings, that fade around a bright centre."""
    row, column = _grid(side)
    field = np.exp(-np.hypot(row, column) / random.uniform(0.05, 0.3))
    if random.random() < 0.5:
        for ring in random.uniform(0.1, 0.9, random.integers(2, 9)):
            field += random.uniform(0.2, 1) * np.exp(
                -(((np.hypot(row, column) - ring) / 0.01) ** 2)
            )
        return eight_bit(np.log1p(random.uniform(1, 9) * field))
    angle, spacing = random.uniform(0, np.pi), random.uniform(0.1, 0.3)
    one = spacing * np.array([np.cos(angle), np.sin(angle)])
    other = np.array([-one[1], one[0]]) * random.uniform(0.8, 1.6)
    spots = np.zeros((side, side), np.float32)
    for i, j in np.ndindex(13, 13):
        at = (i - 6) * one + (j - 6) * other
        if np.abs(at).max() < 1:
            place = tuple(((at + 1) / 2 * (side - 1)).astype(int))
            spots[place] = random.uniform(0.2, 1) * np.exp(-1.5 * (at @ at))
    blurred = cv2.GaussianBlur(spots, (0, 0), random.uniform(0.005, 0.012) * side)
    return eight_bit(np.log1p(random.uniform(1, 9) * (field + blurred / blurred.max())))


def fringes(random: np.random.Generator, side: int) -> np.ndarray:
    """Return lattice fringes that come and go in noise, as in high-resolution TEM."""
    row, column = _grid(side)
    field = 0.4 * _power_field(random, side, 0.5)
    for angle in random.uniform(0, np.pi, random.integers(1, 4)):
        waves = random.uniform(20, 70)
        wave = np.sin(np.pi * waves * (np.cos(angle) * row + np.sin(angle) * column))
        field = field + wave * np.clip(_power_field(random, side, 1.8), 0, 2)
    return eight_bit(field)


def spinodal(random: np.random.Generator, side: int) -> np.ndarray:
    """Return two interwoven phases: one band of frequencies, cut at a level."""
    frequency = _frequencies(side)
    wanted = np.exp(random.uniform(np.log(5), np.log(30)))
    band = np.exp(-(((frequency - wanted) / (0.2 * wanted)) ** 2))
    field = _shaped(random, band)
    return eight_bit(np.tanh(4 * (field - random.uniform(-0.3, 0.3))))


def automaton(random: np.random.Generator, side: int) -> np.ndarray:
    """Return the history of an elementary cellular automaton, rule 30, 90 or 110."""
    cells, rule = 128, int(random.choice((30, 90, 110)))
    line = random.integers(0, 2, cells)
    rows = []
    for _ in range(cells):
        rows.append(line)
        code = 4 * np.roll(line, 1) + 2 * line + np.roll(line, -1)
        line = rule >> code & 1
    history = (np.array(rows) * 255).astype(np.uint8)
    return cv2.resize(history, (side, side), interpolation=cv2.INTER_NEAREST)


def contours(random: np.random.Generator, side: int) -> np.ndarray:
    """Return the contour lines of a smooth hilly field, as on a map."""
    field = _power_field(random, side, 2.6)
    levels = (field * random.uniform(2, 6)) % 1
    return np.where(levels < random.uniform(0.05, 0.2), 40, 235).astype(np.uint8)


def eight_bit(field: np.ndarray) -> np.ndarray:
    """Return ``field`` from its smallest to its largest value as 0 to 255."""
    low, high = field.min(), field.max()
    return ((field - low) / max(high - low, 1e-9) * 255).astype(np.uint8)


def _grid(side: int) -> tuple[np.ndarray, np.ndarray]:
    line = np.linspace(-1, 1, side)
    return line[:, None] + 0 * line, line + 0 * line[:, None]


def _frequencies(side: int) -> np.ndarray:
    """Return |frequency| in waves across the image, in the order of ``rfft2``."""
    return np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)) * side


def _power_field(random: np.random.Generator, side: int, exponent: float) -> np.ndarray:
    frequency = _frequencies(side)
    frequency[0, 0] = 1
    return _shaped(random, frequency**-exponent)


def _shaped(random: np.random.Generator, amplitude: np.ndarray) -> np.ndarray:
    side = len(amplitude)
    spectrum = np.fft.rfft2(random.standard_normal((side, side))) * amplitude
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, (side, side))
    return field / field.std()
