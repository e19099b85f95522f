"""What BioImage.IO says around a network, in its words: computed with, and as Lamella's form.

Source: https://bioimage.io/docs, processing of model descriptions 0.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import ModelError
from core.segmentation.confidence import sigmoid

IGNORED = ("ensure_dtype",)
OUTPUTS = ("softmax", "sigmoid")
EPSILON = 1e-6


@dataclass(frozen=True)
class Step:
    """A step before or after a network, with what it is told."""

    id: str
    kwargs: Mapping[str, Any]


@dataclass(frozen=True)
class Normalization:
    """(x - mean) / std of grey levels x in [0, 1]; ``mean`` and ``std`` one for all channels or one
    each. ``by_tile``: then to zero mean and unit variance. ``notes``: what differs from a package's
    own description, in sentences."""

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    by_tile: bool = False
    notes: tuple[str, ...] = ()


def normalization(steps: Sequence[Step], name: str) -> Normalization:
    """Return what ``steps`` do to grey levels that Lamella has stretched.

    Raises:
        ModelError: a step that Lamella cannot take.
    """
    gain, offset = np.ones(1), np.zeros(1)
    stretched, by_tile, notes = False, False, []
    for step in steps:
        told = step.kwargs
        if step.id == "scale_range" and not told.get("reference_tensor"):
            stretched = True
            range_ = told.get("min_percentile", 0), told.get("max_percentile", 100)
            if range_ != (0.5, 99.5):
                notes.append(
                    "It was made for grey levels stretched between the percentiles "
                    f"{float(range_[0]):g} and {float(range_[1]):g}; Lamella takes 0.5 and 99.5."
                )
        elif step.id == "zero_mean_unit_variance":
            stretched = by_tile = True
            notes.append("Its grey levels are normalized in each tile, not in the whole image.")
        elif step.id == "clip" and told.get("min", 0) <= 0 and told.get("max", 1) >= 1:
            pass
        elif step.id in ("fixed_zero_mean_unit_variance", "scale_linear") and stretched:
            more, added = _affine(step)
            gain, offset = gain * more, offset * more + added
        elif step.id not in IGNORED:
            raise _refusal(step, name)
    if not stretched:
        notes.append("Its description names no range of grey levels; Lamella gives it 0 to 1.")
    # gain x + offset = (x + offset / gain) * gain
    mean, std = np.broadcast_arrays(-offset / gain, 1 / gain)
    return Normalization(tuple(map(float, mean)), tuple(map(float, std)), by_tile, tuple(notes))


def applied(steps: Sequence[Step], values: np.ndarray, name: str) -> np.ndarray:
    """Return what ``steps`` make of ``values`` (N, C, H, W) float32.

    Raises:
        ModelError: a step that Lamella cannot take.
    """
    for step in steps:
        values = _one(step, values, name).astype(np.float32)
    return values


def _one(step: Step, values: np.ndarray, name: str) -> np.ndarray:
    told = step.kwargs
    match step.id:
        case "ensure_dtype":
            return values
        case "clip":
            return np.clip(values, told.get("min"), told.get("max"))
        case "scale_range":
            edges = [told.get("min_percentile", 0), told.get("max_percentile", 100)]
            low, high = np.percentile(values, edges, axis=_axes(told), keepdims=True)
            return (values - low) / (high - low + float(told.get("eps", EPSILON)))
        case "zero_mean_unit_variance":
            axes, eps = _axes(told), float(told.get("eps", EPSILON))
            mean = values.mean(axes, keepdims=True)
            return (values - mean) / (values.std(axes, keepdims=True) + eps)
        case "fixed_zero_mean_unit_variance" | "scale_linear":
            gain, offset = _affine(step)
            return values * gain.reshape(1, -1, 1, 1) + offset.reshape(1, -1, 1, 1)
        case "softmax":
            powers = np.exp(values - values.max(1, keepdims=True))
            return powers / powers.sum(1, keepdims=True)
        case "sigmoid":
            return sigmoid(values.astype(np.float64))
    raise _refusal(step, name)


def _affine(step: Step) -> tuple[np.ndarray, np.ndarray]:
    """Return gain and offset of a step, one for all channels or one each."""
    told = step.kwargs
    if step.id == "scale_linear":
        gain, offset = _numbers(told.get("gain", 1.0)), _numbers(told.get("offset", 0.0))
    else:
        mean, std = _numbers(told["mean"]), _numbers(told["std"])
        gain, offset = 1 / std, -mean / std
    if not (np.isfinite(gain).all() and np.isfinite(offset).all() and gain.all()):
        raise ValueError("a step that loses the image")
    return gain, offset


def _numbers(value: Any) -> np.ndarray:
    return np.atleast_1d(np.asarray(value, np.float64))


def _axes(told: Mapping[str, Any]) -> tuple[int, ...]:
    order = {"batch": 0, "channel": 1, "y": 2, "x": 3}
    named = told.get("axes")
    return tuple(order[str(one)] for one in named) if named else (0, 1, 2, 3)


def _refusal(step: Step, name: str) -> ModelError:
    if step.id == "custom":
        return ModelError(
            f"{name} brings code of its own for its processing, which is never run here. Ask its "
            "makers for a package that does without."
        )
    return ModelError(
        f"{name} needs the step {step.id!r:.60}, which Lamella does not take at this place: it "
        "stretches grey levels to 0 to 1 and knows fixed normalizations after that."
    )
