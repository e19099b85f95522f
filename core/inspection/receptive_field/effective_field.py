"""How much of its receptive field a unit really uses.

The absolute gradient of a unit with respect to the image says which pixels would move it. It is
roughly a Gaussian far smaller than the theoretical field.

Source: Luo et al. 2016, arXiv:1701.04128.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
import torch

from core.errors import LamellaError
from core.inspection.receptive_field.needed import OnlyNeeded
from core.inspection.receptive_field.receptive_field import centre_of_unit, unit_at_pixel
from core.inspection.subject import Subject
from core.inspection.view import Recorder, gradient, run
from core.types.arrays import read_only
from core.types.progress import ProgressCallback, no_progress


@dataclass(frozen=True, eq=False)
class EffectiveField:
    """Where the gradient of a unit lies.

    ``heat``: float32, sums to 1; (H, W) of the field for one pixel. For several, (2H - 1, 2W - 1)
    with each unit in the middle, averaged over them. ``centre``: (row, column) in ``heat``.
    ``radius_95_px``: of the circle around the centre that holds 95 % of it. ``sigma_px``: standard
    deviation along rows and columns. ``pixels``: (row, column) of the units that count.
    """

    heat: np.ndarray
    centre: tuple[float, float]
    radius_95_px: float
    sigma_px: tuple[float, float]
    pixels: tuple[tuple[int, int], ...]


def effective_field(
    subject: Subject,
    pixels: Sequence[tuple[int, int]],
    channel: int | None = None,
    layer: str | None = None,
    on_progress: ProgressCallback = no_progress,
) -> EffectiveField:
    """Return the effective field of the units over ``pixels``, a list of (row, column).

    ``channel``: of the layer; None is the strongest at that pixel, which for the network's output
    (``layer`` None) is the logit of the winning class. Of several units those that no pixel can
    change do not count.

    Raises:
        LamellaError: no pixel, a pixel outside the field, an unknown layer or channel, or no unit
            that any pixel can change.
        Cancelled: raised by ``on_progress``.
    """
    if not pixels:
        raise LamellaError("Choose at least one pixel.")
    units = [unit_at_pixel(subject.trace, layer, row, column) for row, column in pixels]
    centres = [centre_of_unit(subject.trace, layer, *unit) for unit in units]
    total: np.ndarray | None = None
    alive = []
    for done, heat in enumerate(_gradients(subject, units, channel, layer)):
        on_progress(done + 1, len(pixels))
        if heat is None:
            continue
        heat = heat if len(pixels) == 1 else _centred(heat, centres[done])
        total = heat if total is None else total + heat
        alive.append(pixels[done])
    if total is None:
        raise LamellaError(
            "No pixel of the field changes this unit: it is switched off here. Choose another "
            "pixel, channel or layer."
        )
    height, width = subject.shape
    middle = float(height - 1), float(width - 1)
    return _measured(total, centres[0] if len(pixels) == 1 else middle, tuple(alive))


def grid_of_pixels(shape: tuple[int, int], across: int) -> tuple[tuple[int, int], ...]:
    """Return ``across`` x ``across`` pixels (row, column) spread over the middle half of a field.

    ``shape``: (H, W). Units near the border see less, so they would make the average too small.
    """
    rows, columns = (
        [int(length / 4 + (index + 0.5) * length / 2 / across) for index in range(across)]
        for length in shape
    )
    return tuple((row, column) for row in rows for column in columns)


def laid_over(
    average: EffectiveField, row: int, column: int, shape: tuple[int, int]
) -> EffectiveField:
    """Return an average over several units as it would lie over one pixel of a field (H, W).

    What lies outside the field is cut off; the radius is still that of the average.
    """
    height, width = shape
    heat = average.heat[height - 1 - row :, width - 1 - column :][:height, :width]
    return replace(average, heat=read_only(heat), centre=(float(row), float(column)))


def _gradients(
    subject: Subject, units: list[tuple[int, int]], channel: int | None, layer: str | None
) -> Iterator[np.ndarray | None]:
    """Yield the absolute gradient, (H, W) float64 summing to 1, of one unit after the other.

    None for a unit that no pixel can change.
    """
    # Hooks need a copy of their own, and the layers as they are.
    network = subject.private_network() if layer else subject.prepared.folded
    image = subject.image.detach().clone().requires_grad_()
    # Several units share one run of the whole network.
    is_one = len(units) == 1
    alone = OnlyNeeded(network, subject.trace, layer, *units[0]) if is_one else nullcontext()
    with torch.enable_grad(), alone, Recorder(network, [layer] if layer else []) as recorder:
        output = run(network, image)
        maps = recorder.outputs[layer] if layer else output
    for row, column in units:
        unit = maps[0, :, row, column] if maps.dim() == 4 else maps[0]
        _check_channel(channel, len(unit))
        chosen = int(unit.argmax()) if channel is None else channel
        slope = gradient(unit[chosen], image, again=True)
        if slope is None:
            yield None
            continue
        heat = slope[0].abs().sum(0).cpu().double().numpy()
        yield heat / heat.sum() if heat.any() else None


def _check_channel(channel: int | None, channels: int) -> None:
    if channel is not None and not 0 <= channel < channels:
        raise LamellaError(
            f"There is no channel {channel}; this layer has {channels}, 0 to {channels - 1}."
        )


def _centred(heat: np.ndarray, centre: tuple[float, float]) -> np.ndarray:
    height, width = heat.shape
    canvas = np.zeros((2 * height - 1, 2 * width - 1))
    top, left = height - 1 - int(centre[0]), width - 1 - int(centre[1])
    canvas[top : top + height, left : left + width] = heat
    return canvas


def _measured(
    heat: np.ndarray, centre: tuple[float, float], pixels: tuple[tuple[int, int], ...]
) -> EffectiveField:
    heat = heat / heat.sum()
    sigmas = []
    for axis in (0, 1):
        mass = heat.sum(axis=1 - axis)
        position = np.arange(len(mass))
        mean = (mass * position).sum()
        sigmas.append(float(np.sqrt((mass * (position - mean) ** 2).sum())))
    return EffectiveField(
        heat=read_only(heat.astype(np.float32)),
        centre=centre,
        radius_95_px=radius_holding(heat, centre, 0.95),
        sigma_px=(sigmas[0], sigmas[1]),
        pixels=pixels,
    )


def radius_holding(heat: np.ndarray, centre: tuple[float, float], fraction: float) -> float:
    """Return the radius in px of the circle around ``centre`` that holds ``fraction`` of ``heat``.

    ``heat``: (H, W), not negative, not all 0.
    """
    rows, columns = (
        np.arange(length) - middle for length, middle in zip(heat.shape, centre, strict=True)
    )
    distance = np.hypot(rows[:, None], columns).ravel()
    shares, rings = heat.ravel(), distance.astype(np.int32)
    within = np.cumsum(np.bincount(rings, shares))
    # The sum of many small shares is not exactly 1.
    wanted = fraction * within[-1] * (1 - 1e-12)
    ring = int(np.searchsorted(within, wanted))
    # Only the ring of 1 px in which the share is reached needs to be sorted.
    on_ring = (rings == ring) & (shares > 0)
    order = np.argsort(distance[on_ring])
    before = within[ring - 1] if ring else 0.0
    held = before + np.cumsum(shares[on_ring][order])
    enough = min(int(np.searchsorted(held, wanted)), len(held) - 1)
    return float(distance[on_ring][order][enough])
