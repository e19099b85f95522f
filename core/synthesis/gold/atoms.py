"""Where the atoms of a gold particle sit: single crystals, decahedra, icosahedra.

Positions are (N, 3) float64 in nm, (row, column, along the beam), around the particle's centre.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from core.errors import LamellaError

# Of gold at room temperature.
LATTICE_NM = 0.40782
NEIGHBOURS_NM = LATTICE_NM / np.sqrt(2)
ATOMS_PER_NM3 = 4 / LATTICE_NM**3
KINDS = ("fcc", "decahedron", "icosahedron")
TITLES = {
    "fcc": "single crystal (truncated octahedron)",
    "decahedron": "decahedron (five twins)",
    "icosahedron": "icosahedron (twenty twins)",
}
DIAMETER_NM = (0.6, 15.0)


def atoms_in(diameter_nm: float) -> int:
    """Return how many gold atoms fill a sphere of that diameter."""
    return max(1, round(np.pi / 6 * diameter_nm**3 * ATOMS_PER_NM3))


def build(kind: str, diameter_nm: float) -> np.ndarray:
    """Return the atoms (N, 3) of a particle, unrotated.

    ``diameter_nm``: of the sphere that holds as many atoms of bulk gold; 0.6 to 15. The atoms
    farthest from the centre of the next larger closed shape are left out, so corners are blunt
    and every size can be had.

    Raises:
        LamellaError: an unknown kind, or a diameter out of range.
    """
    if kind not in KINDS:
        raise LamellaError(f"{kind} is no kind of gold particle; choose from {', '.join(KINDS)}.")
    low, high = DIAMETER_NM
    if not low <= diameter_nm <= high:
        raise LamellaError(
            f"A gold particle of {diameter_nm:g} nm was asked for; give {low:g} to {high:g} nm."
        )
    wanted = atoms_in(diameter_nm)
    if kind == "fcc":
        # The shape's width from {111} to {111} is 0.88 of the diameter of the sphere it fills.
        atoms = truncated_octahedron(0.88 * diameter_nm + LATTICE_NM)
        return _nearest(atoms, wanted, octahedral(atoms))
    model, count = {
        "decahedron": (decahedron, decahedron_count),
        "icosahedron": (icosahedron, icosahedron_count),
    }[kind]
    shells = 1
    while count(shells) < wanted:
        shells += 1
    atoms = model(shells)
    return _nearest(atoms, wanted, np.linalg.norm(atoms, axis=1))


def octahedral(atoms: np.ndarray) -> np.ndarray:
    """Return by how much a regular truncated octahedron must grow to reach each atom, in nm.

    Its {100} faces are 2/sqrt(3) times as far from the centre as its {111} faces, near the Wulff
    shape of gold.
    """
    to_111 = np.abs(atoms).sum(axis=1) / np.sqrt(3)
    return np.maximum(to_111, np.abs(atoms).max(axis=1) * np.sqrt(3) / 2)


def _nearest(atoms: np.ndarray, count: int, distance: np.ndarray) -> np.ndarray:
    # Rounded, so that the order of atoms equally far away is the same on every machine.
    kept = atoms[np.argsort(np.rint(distance * 1e6), kind="stable")[:count]]
    return kept - kept.mean(axis=0)


def truncated_octahedron(width_nm: float) -> np.ndarray:
    """Return an fcc crystal (N, 3), a truncated octahedron ``width_nm`` from {111} to {111} face.

    An atom lies at the centre; the axes are <100>.
    """
    cells = int(np.ceil(width_nm / LATTICE_NM)) + 1
    axis = np.arange(-cells, cells + 1)
    halves = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    lattice = halves[halves.sum(axis=1) % 2 == 0] * (LATTICE_NM / 2)
    return lattice[octahedral(lattice) <= width_nm / 2 + 1e-9]


def icosahedron_count(shells: int) -> int:
    """Return how many atoms ``shells`` shells of an icosahedron hold: 13, 55, 147, 309, ..."""
    return (10 * shells**3 + 15 * shells**2 + 11 * shells + 3) // 3


def icosahedron(shells: int) -> np.ndarray:
    """Return a Mackay icosahedron (N, 3) of ``shells`` shells around one atom.

    Neighbours in one shell are 5 % farther apart than those in two; on average they are as far
    apart as in bulk gold.

    Source: Mackay 1962, Acta Crystallographica 15, 916, doi:10.1107/S0365110X6200239X.
    """
    golden = (1 + np.sqrt(5)) / 2
    corners = np.array(
        [
            np.roll((0.0, one, other * golden), turn)
            for turn in range(3)
            for one in (-1, 1)
            for other in (-1, 1)
        ]
    )
    corners /= np.linalg.norm(corners[0])
    # An edge of an icosahedron is 1.05146 times as long as the way to its centre; each atom has
    # six neighbours within its shell and six outside it.
    edge = 1 / np.sin(2 * np.pi / 5)
    corners *= 2 * NEIGHBOURS_NM / (1 + edge)
    apart = np.linalg.norm(corners[:, None] - corners, axis=-1) / np.linalg.norm(corners[0])
    touching = np.isclose(apart, edge)
    pieces = [np.zeros((1, 3))]
    # Centre, spokes, walls and the inside of the twenty tetrahedra, so that no atom comes twice.
    for size in (1, 2, 3):
        steps = _steps(shells, size)
        for chosen in combinations(range(12), size):
            if all(touching[pair] for pair in combinations(chosen, 2)):
                pieces.append(steps @ corners[list(chosen)])
    return np.concatenate(pieces)


def _steps(shells: int, size: int) -> np.ndarray:
    """Return all (N, size) numbers of steps, 1 or more each, that sum up to ``shells`` at most."""
    grid = np.indices((shells,) * size).reshape(size, -1).T + 1
    return grid[grid.sum(axis=1) <= shells].astype(np.float64)


def _widest(edge: int) -> int:
    return edge if edge < 3 else int(np.ceil(0.6 * edge))


def decahedron_count(edge: int) -> int:
    """Return how many atoms ``decahedron`` has: 7, 23, 39, 85, ..."""
    return edge + 1 + sum(5 * step * (edge + 1 - step) for step in range(1, _widest(edge) + 1))


def decahedron(edge: int) -> np.ndarray:
    """Return a pentagonal bipyramid (N, 3) of ``edge`` steps an edge, its side edges cut (Ino).

    Five fcc crystals share the axis along the beam. At one and two steps nothing is cut: 7 and 23
    atoms. The five wedges of 70.53 degrees are stretched to fill the circle.

    Source: Ino 1969, Journal of the Physical Society of Japan 27, 941, doi:10.1143/JPSJ.27.941.
    """
    widest = _widest(edge)
    # Steps along the two twin planes of a wedge; the second belongs to the next wedge.
    i, j = np.indices((widest + 1, widest + 1)).reshape(2, -1)
    i, j = (steps[(i >= 1) & (i + j <= widest)] for steps in (i, j))
    reach = NEIGHBOURS_NM * np.sqrt(3) / 2
    angle = 2 * np.pi * np.arange(6)[:, None] / 5
    row = reach * (i * np.sin(angle[:5]) + j * np.sin(angle[1:]))
    column = reach * (i * np.cos(angle[:5]) + j * np.cos(angle[1:]))
    flat = np.stack([np.append(row, 0.0), np.append(column, 0.0)], axis=1)
    # A column of atoms m steps from the axis is m atoms shorter.
    length = edge + 1 - np.append(np.tile(i + j, 5), 0)
    start = np.cumsum(length) - length
    height = np.arange(length.sum()) - np.repeat(start + (length - 1) / 2, length)
    return np.column_stack([np.repeat(flat, length, axis=0), NEIGHBOURS_NM * height])


def random_rotation(random: np.random.Generator) -> np.ndarray:
    """Return a rotation matrix (3, 3), every orientation equally likely.

    Source: Shoemake 1992, Graphics Gems III, 124 (a random unit quaternion).
    """
    w, x, y, z = (one := random.standard_normal(4)) / np.linalg.norm(one)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def zone_axis(direction: tuple[int, int, int]) -> np.ndarray:
    """Return the rotation (3, 3) that turns a direction of the fcc crystal along the beam.

    Raises:
        LamellaError: (0, 0, 0), which is no direction.
    """
    along = np.array(direction, np.float64)
    if not along.any():
        raise LamellaError("[0 0 0] is no direction; give a zone axis such as 1, 1, 0.")
    along /= np.linalg.norm(along)
    start = np.eye(3)[np.argmin(np.abs(along))]
    row = np.cross(along, start)
    row /= np.linalg.norm(row)
    return np.stack([row, np.cross(along, row), along])
