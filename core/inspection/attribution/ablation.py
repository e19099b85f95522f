"""What a U-Net's skip connections are good for: switch one off and compare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core.errors import LamellaError
from core.inspection.subject import Subject
from core.inspection.view import run, split_call
from core.measurement.agreement import boundary_f1, confusion_matrix, intersection_over_union
from core.types.arrays import read_only


@dataclass(frozen=True)
class Skip:
    """A skip connection into decoder block ``layer``; ``shape`` (C, h, w) is what that gives."""

    layer: str
    shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Ablation:
    """A field segmented with and without skips, as class indices (H, W) uint8.

    ``reference``: what both are compared with; without one, the whole network's own labels.
    ``iou``, ``iou_without``: mean over the phases of the intersection over union with the
    reference. ``boundary_f1``, ``boundary_f1_without``: of the outlines, mean over the phases.
    nan where nothing can be compared.
    """

    labels: np.ndarray
    labels_without: np.ndarray
    skips: tuple[str, ...]
    has_reference: bool
    iou: float
    iou_without: float
    boundary_f1: float
    boundary_f1_without: float


def skips(subject: Subject) -> tuple[Skip, ...]:
    """Return the skip connections, deepest first; empty for a network without any.

    A skip is what a decoder block takes as the keyword argument ``skip_connection``.
    """
    return tuple(
        Skip(call.layer, tuple(subject.trace.values[call.value].shape[1:]))
        for call in subject.trace.calls
        if call.skip and call.value is not None
    )


def ablate_skips(
    subject: Subject,
    off: Sequence[str],
    reference: np.ndarray | None = None,
    tolerance_px: float = 2.0,
) -> Ablation:
    """Return the segmentation with the skips into the decoder blocks ``off`` set to zero.

    ``reference``: (H, W) class indices to compare with, None compares with the whole network.
    ``tolerance_px``: an outline counts as found within it.

    Raises:
        LamellaError: no such skip, a network without rows and columns in its output.
        DataError: a reference of another shape.
    """
    known = [skip.layer for skip in skips(subject)]
    if unknown := [name for name in off if name not in known]:
        has = f"its skips enter {', '.join(known)}" if known else "it has none"
        raise LamellaError(f'This network has no skip into "{unknown[0]}"; {has}.')
    if subject.logits.ndim != 3:
        raise LamellaError("This network labels the whole field; there are no outlines to compare.")
    without = _labels(_logits_without(subject, off)[: subject.phases])
    labels = _labels(subject.class_logits)
    target = labels if reference is None else reference
    classes = max(2, len(subject.class_logits), int(target.max()) + 1)
    before = _agreement(target, labels, classes, tolerance_px)
    after = _agreement(target, without, classes, tolerance_px)
    return Ablation(
        labels=read_only(labels),
        labels_without=read_only(without),
        skips=tuple(off),
        has_reference=reference is not None,
        iou=before[0],
        iou_without=after[0],
        boundary_f1=before[1],
        boundary_f1_without=after[1],
    )


def _logits_without(subject: Subject, off: Sequence[str]) -> np.ndarray:
    """Return the logits (C, H, W) with the skips into the blocks ``off`` set to zero."""
    network = subject.private_network()
    modules = dict(network.named_modules())
    handles = [
        modules[split_call(name)[0]].register_forward_pre_hook(_silence, with_kwargs=True)
        for name in off
    ]
    try:
        with torch.no_grad():
            return run(network, subject.image)[0].cpu().numpy()
    finally:
        for handle in handles:
            handle.remove()


def _silence(_: nn.Module, arguments: tuple, keywords: dict[str, object]) -> tuple[tuple, dict]:
    skip = keywords["skip_connection"]
    silent = torch.zeros_like(skip) if isinstance(skip, Tensor) else skip
    return arguments, {**keywords, "skip_connection": silent}


def _labels(logits: np.ndarray) -> np.ndarray:
    if len(logits) == 1:
        return (logits[0] > 0).astype(np.uint8)
    return logits.argmax(axis=0).astype(np.uint8)


def _agreement(
    reference: np.ndarray, labels: np.ndarray, classes: int, tolerance_px: float
) -> tuple[float, float]:
    iou = intersection_over_union(confusion_matrix(reference, labels, classes))
    outlines = [
        boundary_f1(reference == phase, labels == phase, tolerance_px) for phase in range(classes)
    ]
    return _mean(list(iou)), _mean(outlines)


def _mean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
