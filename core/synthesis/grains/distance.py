"""How far generated micrographs are from a real one, and the settings that bring them closer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from core.errors import LamellaError
from core.image_size import width_x_height
from core.segmentation.preprocessing import grey_levels
from core.synthesis.grains.effects import Blur, Channelling, Noise, Tone
from core.synthesis.grains.image import generate
from core.synthesis.grains.settings import GrainSettings
from core.types.progress import ProgressCallback, no_progress

GREY_BINS, SPECTRUM_BINS = 64, 24
SIDE_PX = 256
SEED = 1
# What is fitted: field of the settings, its number, and the values tried in the first round.
TRIED: tuple[tuple[str, str, tuple[float, ...]], ...] = (
    ("channelling", "contrast", (0.02, 0.06, 0.12, 0.25)),
    ("tone", "gamma", (0.6, 0.8, 1.0, 1.25, 1.6)),
    ("blur", "sigma_px", (0.4, 0.7, 1.0, 1.5, 2.2)),
    ("noise", "electrons", (30.0, 100.0, 300.0, 1000.0, 3000.0)),
)
ROUNDS = 2


@dataclass(frozen=True, eq=False)
class Look:
    """What an image looks like, without what it shows.

    ``grey``: (64,) share of pixels by grey level in [0, 1]. ``frequency``: (24,) in cycles a px.
    ``power``: (24,) mean power at that frequency, as a share of the whole variance.
    """

    grey: np.ndarray
    frequency: np.ndarray
    power: np.ndarray


def look(image: np.ndarray) -> Look:
    """Return histogram and radial power spectrum of the middle of ``image`` (H, W) in [0, 1].

    Grey levels are stretched first, as for the network. A Hann window keeps the edges of the field
    out of the spectrum.

    Raises:
        LamellaError: an image below 32 px.
    """
    side = min(*image.shape, SIDE_PX)
    if side < 32:
        raise LamellaError(
            f"The image is {width_x_height(image.shape)} px; a comparison needs 32 px or more."
        )
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    field = grey_levels(image[top : top + side, left : left + side])
    grey = np.histogram(field, GREY_BINS, (0, 1))[0] / field.size
    window = np.hanning(side)[:, None] * np.hanning(side)[None]
    spectrum = np.abs(np.fft.rfft2((field - field.mean()) * window)) ** 2
    rows, columns = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    radius = np.hypot(rows, columns)
    edges = np.geomspace(2 / side, 0.5, SPECTRUM_BINS + 1)
    place = np.digitize(radius.ravel(), edges) - 1
    inside = (place >= 0) & (place < SPECTRUM_BINS)
    total = np.bincount(place[inside], spectrum.ravel()[inside], SPECTRUM_BINS)
    number = np.maximum(np.bincount(place[inside], minlength=SPECTRUM_BINS), 1)
    power = total / number / max(float(spectrum.sum()), 1e-12)
    return Look(grey, np.sqrt(edges[:-1] * edges[1:]), np.maximum(power, 1e-12))


@dataclass(frozen=True)
class LookDistance:
    """``grey``: earth mover's distance of the histograms, in grey levels of a range of 1.
    ``spectrum``: root mean squared difference of the spectra, in decades."""

    grey: float
    spectrum: float

    @property
    def total(self) -> float:
        """One number to make small: a tenth of the grey range weighs as much as half a decade."""
        return self.grey / 0.1 + self.spectrum / 0.5


def look_distance(one: Look, other: Look) -> LookDistance:
    """Return how far two looks are apart; 0 for the same image."""
    grey = float(np.abs(np.cumsum(one.grey) - np.cumsum(other.grey)).sum() / GREY_BINS)
    decades = np.log10(one.power) - np.log10(other.power)
    return LookDistance(grey, float(np.sqrt(np.mean(decades**2))))


@dataclass(frozen=True)
class Fit:
    """``settings``: fitted; ``before``, ``after``: the distance to the image."""

    settings: GrainSettings
    before: LookDistance
    after: LookDistance


def fit_settings(
    settings: GrainSettings, image: np.ndarray, progress: ProgressCallback = no_progress
) -> Fit:
    """Fit contrast, gamma, blur and noise of ``settings`` to ``image`` (H, W) in [0, 1].

    One number after the other, each tried at a few values, then at finer ones; the structure stays
    the same, so the fit cannot turn one material into another. ``progress`` may raise Cancelled.

    Raises:
        LamellaError: an image below 32 px.
    """
    target = look(image)
    best = replace(
        settings,
        channelling=settings.channelling or Channelling(contrast=0.02),
        tone=settings.tone or Tone(),
        blur=settings.blur or Blur(),
        noise=settings.noise or Noise(),
    )
    before = _distance(settings, target)
    found = _distance(best, target)
    steps = ROUNDS * sum(len(values) for _, _, values in TRIED)
    done = 0
    for finer in range(ROUNDS):
        for effect, number, values in TRIED:
            for value in _values(best, effect, number, values, finer):
                progress(done, steps)
                done += 1
                changed = replace(getattr(best, effect), **{number: value})
                candidate = replace(best, **{effect: changed})
                if (distance := _distance(candidate, target)).total < found.total:
                    best, found = candidate, distance
    progress(steps, steps)
    return Fit(best, before, found) if found.total < before.total else Fit(settings, before, before)


def _values(
    best: GrainSettings, effect: str, number: str, values: tuple[float, ...], finer: int
) -> list[float]:
    if not finer:
        return list(values)
    middle = getattr(getattr(best, effect), number)
    return [
        float(np.clip(middle * factor, values[0], values[-1])) for factor in (0.7, 0.85, 1.2, 1.4)
    ]


def _distance(settings: GrainSettings, target: Look) -> LookDistance:
    largest = 0.5 * SIDE_PX
    seeds = replace(settings.seeds, mean_diameter_px=min(settings.seeds.mean_diameter_px, largest))
    made = generate(replace(settings, seeds=seeds), (SIDE_PX, SIDE_PX), SEED)
    return look_distance(look(made.grey.astype(np.float32) / 255), target)


Features = Callable[[np.ndarray], np.ndarray]


def feature_distance(ours: list[np.ndarray], theirs: list[np.ndarray], features: Features) -> float:
    """Return the Frechet distance between two sets of images in a network, channels taken apart.

    ``features``: from an image (H, W) float32 in [0, 1] to (C, N): C channels at N places. The
    distance is the root of the sum over channels of (difference of means)^2 + (difference of
    standard deviations)^2, each in units of the pooled variance, divided by C: 0 for the same
    distribution, about 1 where they hardly overlap. Source: Heusel et al. 2017, arXiv:1706.08500,
    eq. 6 with diagonal covariances.
    """
    one = np.concatenate([features(image) for image in ours], axis=1)
    other = np.concatenate([features(image) for image in theirs], axis=1)
    pooled = (one.var(1) + other.var(1)) / 2 + 1e-12
    means = (one.mean(1) - other.mean(1)) ** 2
    spreads = (one.std(1) - other.std(1)) ** 2
    return float(np.sqrt(np.mean((means + spreads) / pooled)))
