"""Grain microstructures whose boundaries are known: first the label, then everything that hides it.

The label depends on ``seeds``, ``sizes``, ``curvature``, ``twins`` and ``precipitates`` of the
settings and on the seed alone. Each effect draws from a stream of its own, so that switching one
off leaves the others as they were.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from skimage.measure import label

from core.synthesis.grains import microscope, surface
from core.synthesis.grains.geometry import GrainMap, draw_map, tessellate
from core.synthesis.grains.particles import paint_precipitates, precipitate_cover
from core.synthesis.grains.settings import EFFECTS, GrainSettings, check
from core.types.arrays import read_only
from core.types.micrograph import Micrograph

STREAMS = {name: index for index, name in enumerate(("seeds", *(e.name for e in EFFECTS)))}


@dataclass(frozen=True, eq=False)
class GrainImage:
    """A synthetic micrograph and its answer.

    ``grey``: (H, W) uint8. ``labels``: (H, W) uint8, 1 on a boundary, 2 in a precipitate, which
    hides it. ``grains``: (H, W) int32, 1 to n, which grain each pixel belongs to, boundaries and
    precipitates included; each is one 8-connected piece. Twins are grains of their own only where
    they are counted.
    """

    grey: np.ndarray
    labels: np.ndarray
    grains: np.ndarray
    settings: GrainSettings
    seed: int

    def __post_init__(self) -> None:
        for name in ("grey", "labels", "grains"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def micrograph(self) -> Micrograph:
        """Return the image as if it had been read from a file, without a pixel size."""
        return Micrograph(
            pixels=self.grey.astype(np.float32) / 255,
            name=f"synthetic-grains-{self.seed}.png",
            digest=hashlib.sha256(self.grey.tobytes()).hexdigest(),
            metadata={"origin": "synthetic", "seed": str(self.seed)},
            file_shape=self.grey.shape,
            dtype="uint8",
            notes=("Synthetic: made by Lamella, with known truth.",),
        )


def generate(settings: GrainSettings, shape: tuple[int, int], seed: int) -> GrainImage:
    """Return a microstructure of (H, W) px; the same settings and seed give the same image.

    Raises:
        LamellaError: fewer than four grains fit, or a setting outside its range.
    """
    check(settings, shape)
    grains = geometry(settings, shape, seed)
    labels, ids = truth(grains, settings)
    surface_image, cover = _surface(grains, settings, seed)
    labels[cover > 0.5] = 2
    image = _record(surface_image, settings, seed)
    return GrainImage(image, labels, ids, settings, seed)


def _stream(name: str, seed: int) -> np.random.Generator:
    return np.random.default_rng((seed, STREAMS[name]))


def geometry(settings: GrainSettings, shape: tuple[int, int], seed: int) -> GrainMap:
    """Return where the grains are, before anything looks at them."""
    structure = tessellate(settings.seeds, settings.sizes, shape, _stream("seeds", seed))
    randoms = (_stream("curvature", seed), _stream("twins", seed))
    diameter = settings.seeds.mean_diameter_px
    return draw_map(structure, settings.curvature, settings.twins, diameter, randoms)


def truth(grains: GrainMap, settings: GrainSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return the label (H, W) uint8, 1 within half of ``band_px`` of a boundary, and grain ids;
    without precipitates.

    The tessellation wraps around; a grain that the edge of the image cuts in two is two there, as
    in a micrograph.
    """
    edge, ids = grains.edge, grains.grains
    if settings.twins is not None and settings.twins.counted > 0.5:
        edge = np.minimum(edge, grains.twin_edge)
        ids = 2 * ids + grains.twin
    labels = (edge <= settings.seeds.band_px / 2).astype(np.uint8)
    return labels, label(ids, background=-1, connectivity=2).astype(np.int32)


def _surface(grains: GrainMap, settings: GrainSettings, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the image and how much of each pixel precipitates cover, (H, W) both."""
    image = np.full(grains.edge.shape, settings.matrix, np.float32)
    cover = np.zeros(image.shape, np.float32)
    for name in ("channelling", "gradient", "slip_lines", "etch_pits", "second_phase", "pores"):
        if (values := getattr(settings, name)) is not None:
            image += getattr(surface, name)(values, grains, _stream(name, seed))
    if (cut := settings.grooves) is not None:
        twins = settings.twins is not None
        image += surface.grooves(cut, grains, twins, seed, _stream("grooves", seed))
    if settings.attack is not None:
        random = _stream("attack", seed)
        image = surface.attack(image, settings.attack, grains, seed + 3, random)
    if (values := settings.precipitates) is not None:
        random = _stream("precipitates", seed)
        cover = precipitate_cover(values, grains, seed + 4, random)
        image = paint_precipitates(image, values, settings.matrix, cover, random)
    for name in ("relief", "scratches", "curtaining"):
        if (values := getattr(settings, name)) is not None:
            image += getattr(surface, name)(values, image.shape, _stream(name, seed))
    return np.clip(image, 0.02, 1.2), cover


def _record(image: np.ndarray, settings: GrainSettings, seed: int) -> np.ndarray:
    for name in ("shading", "blur", "noise", "charging", "scan_lines", "drift"):
        if (values := getattr(settings, name)) is not None:
            image = getattr(microscope, name)(image, values, _stream(name, seed))
    if settings.tone is not None:
        image = microscope.tone(image, settings.tone)
    return microscope.eight_bit(image, settings.compression)
