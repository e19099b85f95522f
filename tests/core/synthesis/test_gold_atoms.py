"""Gold particles: magic numbers, neighbour distances, sizes, orientations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from core.errors import LamellaError
from core.synthesis.gold import atoms as gold


def neighbours(atoms: np.ndarray) -> np.ndarray:
    return cKDTree(atoms).query(atoms, 2)[0][:, 1]


@pytest.mark.parametrize(("shells", "count"), [(1, 13), (2, 55), (3, 147), (4, 309)])
def test_icosahedra_have_magic_numbers(shells: int, count: int) -> None:
    """Mackay 1962."""
    atoms = gold.icosahedron(shells)
    assert len(atoms) == gold.icosahedron_count(shells) == count
    # Twelve corners, as far out as there are shells.
    reach = np.linalg.norm(atoms, axis=1)
    assert np.isclose(reach, reach.max()).sum() == 12


@pytest.mark.parametrize(("edge", "count"), [(1, 7), (2, 23)])
def test_pentagonal_bipyramids_have_magic_numbers(edge: int, count: int) -> None:
    assert len(gold.decahedron(edge)) == count


@pytest.mark.parametrize("edge", [3, 4, 9])
def test_the_number_of_atoms_of_a_decahedron_is_known_beforehand(edge: int) -> None:
    atoms = gold.decahedron(edge)
    assert len(atoms) == gold.decahedron_count(edge)
    assert neighbours(atoms).min() == pytest.approx(gold.NEIGHBOURS_NM)


def test_truncated_octahedra_have_magic_numbers() -> None:
    """79 and 201 atoms: the clusters around one atom whose {111} faces are 5 and 6 planes out."""
    plane = gold.LATTICE_NM / np.sqrt(3) / 2
    counts = [len(gold.truncated_octahedron(2 * planes * plane + 0.01)) for planes in (5, 6)]
    assert counts == [79, 201]


@pytest.mark.parametrize("diameter", [1.0, 3.0, 6.0])
def test_neighbours_of_a_crystal_are_a_over_root_2_apart(diameter: float) -> None:
    found = neighbours(gold.build("fcc", diameter))
    assert np.allclose(found, 0.40782 / np.sqrt(2))


def test_neighbours_of_an_icosahedron_are_5_percent_apart_and_bulk_on_average() -> None:
    atoms = gold.icosahedron(4)
    pairs = cKDTree(atoms).query_pairs(0.33, output_type="ndarray")
    apart = np.linalg.norm(atoms[pairs[:, 0]] - atoms[pairs[:, 1]], axis=1)
    assert apart.max() / apart.min() == pytest.approx(1.0515, abs=1e-3)
    assert (apart.min() + apart.max()) / 2 == pytest.approx(gold.NEIGHBOURS_NM, rel=1e-6)


@pytest.mark.parametrize("kind", gold.KINDS)
def test_a_particle_holds_the_atoms_of_its_diameter(kind: str) -> None:
    atoms = gold.build(kind, 4.0)
    assert len(atoms) == gold.atoms_in(4.0) == round(np.pi / 6 * 64 * 4 / 0.40782**3)
    assert np.allclose(atoms.mean(axis=0), 0)
    # Round enough that no side is longer than its fifth more than the diameter.
    assert np.all(np.abs(np.ptp(atoms, axis=0) / 4 - 1) < 0.2)
    assert neighbours(atoms).min() > 0.28


@pytest.mark.parametrize(("kind", "diameter"), [("cube", 3.0), ("fcc", 0.1), ("fcc", 40.0)])
def test_a_particle_that_cannot_be_is_refused(kind: str, diameter: float) -> None:
    with pytest.raises(LamellaError):
        gold.build(kind, diameter)


def test_orientations_are_rotations_and_point_everywhere() -> None:
    random = np.random.default_rng(3)
    turns = np.array([gold.random_rotation(random) for _ in range(2000)])
    assert np.allclose(turns @ turns.transpose(0, 2, 1), np.eye(3))
    assert np.allclose(np.linalg.det(turns), 1)
    # The square of a cosine between random directions is 1/3 on average, its variance 4/45.
    assert np.allclose((turns**2).mean(axis=0), 1 / 3, atol=4 * np.sqrt(4 / 45 / 2000))


@pytest.mark.parametrize("direction", [(0, 0, 1), (1, 1, 0), (1, 1, 1), (-2, 1, 3)])
def test_a_zone_axis_lies_along_the_beam(direction: tuple[int, int, int]) -> None:
    turn = gold.zone_axis(direction)
    assert np.allclose(turn @ direction, [0, 0, np.linalg.norm(direction)])
    assert np.linalg.det(turn) == pytest.approx(1)
    with pytest.raises(LamellaError, match="no direction"):
        gold.zone_axis((0, 0, 0))
