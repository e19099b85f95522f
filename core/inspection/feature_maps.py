"""What a layer's channels answer to the micrograph, and which of them answer most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
import torch

from core.errors import LamellaError
from core.inspection.layers.layer import FeatureMaps, Layer
from core.inspection.receptive_field.receptive_field import Box, receptive_field
from core.inspection.subject import Subject
from core.inspection.view import Recorder, run
from core.types.arrays import read_only


class Measure(StrEnum):
    """By what channels are put in order."""

    MEAN = "mean activation"
    VARIANCE = "variance"
    AUC = "area under the ROC curve"


@dataclass(frozen=True, eq=False)
class Ranking:
    """Channels in order, largest first, and the measure of each in that order."""

    measure: Measure
    channels: np.ndarray
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Patch:
    """A piece of the field that excites a channel: ``pixels`` of ``box``, around ``unit``.

    ``is_cut``: the receptive field reaches outside the field in view.
    """

    pixels: np.ndarray
    box: Box
    unit: tuple[int, int]
    activation: float
    is_cut: bool


def feature_maps(subject: Subject, layer: str) -> FeatureMaps:
    """Return the activations (C, h, w) float32 of a layer; (C, 1, 1) of a dense one.

    Raises:
        LamellaError: an unknown layer.
    """
    return record_feature_maps(subject, [layer])[0]


def record_feature_maps(subject: Subject, layers: Sequence[str]) -> tuple[FeatureMaps, ...]:
    """Return the activations of several layers from a single run.

    Raises:
        LamellaError: an unknown layer.
    """
    calls = [subject.trace.call(layer) for layer in layers]
    network = subject.private_network()
    with torch.no_grad(), Recorder(network, layers) as recorder:
        run(network, subject.image)
    found = []
    for call in calls:
        maps = recorder.outputs[call.layer][0].float().cpu().numpy()
        maps = maps if maps.ndim == 3 else maps.reshape(-1, 1, 1)
        layer = Layer(call.layer, call.kind, maps.shape, call.parameters, 0)
        found.append(FeatureMaps(layer, maps))
    return tuple(found)


def rank_channels(maps: FeatureMaps, measure: Measure, mask: np.ndarray | None = None) -> Ranking:
    """Return the channels, largest first.

    ``mask``: (H, W) bool, the pixels of a phase in the field; needed for the area under the ROC
    curve, which says how well the channel alone, enlarged to the image, finds them: 1 always
    larger inside, 0.5 like a coin, 0 always smaller inside.

    Raises:
        LamellaError: no mask, or one that is all true or all false.
    """
    flat = maps.activations.reshape(len(maps.activations), -1)
    if measure is Measure.MEAN:
        values = flat.mean(axis=1)
    elif measure is Measure.VARIANCE:
        values = flat.var(axis=1)
    else:
        values = _areas_under_curve(maps.activations, mask)
    order = np.argsort(-values, kind="stable")
    return Ranking(measure, read_only(order), read_only(values[order]))


def _areas_under_curve(activations: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    if mask is None or mask.all() or not mask.any():
        raise LamellaError(
            "Ranking by a phase needs a mask with that phase and something else in the field. "
            "Choose another phase or another part of the micrograph."
        )
    # A unit counts with the part of its pixels that lie in the phase: the same area as that of
    # the enlarged map, without enlarging it.
    size = activations.shape[:0:-1]
    inside = cv2.resize(mask.astype(np.float64), size, interpolation=cv2.INTER_AREA).ravel()
    return np.array([_area_under_curve(channel.ravel(), inside) for channel in activations])


def _area_under_curve(scores: np.ndarray, inside: np.ndarray) -> float:
    """Mann-Whitney: the chance that a pixel inside scores higher than one outside, ties half."""
    _, rank = np.unique(scores, return_inverse=True)
    positive, negative = np.bincount(rank, inside), np.bincount(rank, 1 - inside)
    below = np.cumsum(negative) - negative
    wins = (positive * (below + negative / 2)).sum()
    return float(wins / (positive.sum() * negative.sum()))


def strongest_patches(
    subject: Subject, maps: FeatureMaps, channel: int, count: int = 9
) -> tuple[Patch, ...]:
    """Return the pieces of the field with the highest activations, at the receptive field's size.

    Two patches never share a centre: the next one lies at least half a patch away, or as far as
    the field allows. Fewer than ``count`` are returned when the field holds no more.

    Raises:
        LamellaError: an unknown layer or channel.
    """
    activations = maps.activations
    if not 0 <= channel < len(activations):
        raise LamellaError(
            f"There is no channel {channel}; this layer has {len(activations)}, 0 to "
            f"{len(activations) - 1}."
        )
    remaining = activations[channel].astype(np.float64)
    rows, columns = remaining.shape
    patches: list[Patch] = []
    while len(patches) < count and np.isfinite(remaining).any():
        row, column = np.unravel_index(
            np.argmax(np.where(np.isfinite(remaining), remaining, -np.inf)), remaining.shape
        )
        patch = _patch(subject, maps, channel, int(row), int(column))
        patches.append(patch)
        reach = [
            max(1, min(size * units // (2 * length), units // 4))
            for size, units, length in zip(
                patch.box.size, (rows, columns), subject.shape, strict=True
            )
        ]
        remaining[
            max(0, row - reach[0]) : row + reach[0] + 1,
            max(0, column - reach[1]) : column + reach[1] + 1,
        ] = -np.inf
    return tuple(patches)


def _patch(subject: Subject, maps: FeatureMaps, channel: int, row: int, column: int) -> Patch:
    seen = receptive_field(subject.trace, maps.layer.name, row, column)
    height, width = subject.shape
    box = Box(
        max(0, seen.box.top),
        max(0, seen.box.left),
        min(height, seen.box.bottom),
        min(width, seen.box.right),
    )
    return Patch(
        pixels=read_only(subject.pixels[box.slices]),
        box=box,
        unit=(row, column),
        activation=float(maps.activations[channel, row, column]),
        is_cut=box != seen.box,
    )
