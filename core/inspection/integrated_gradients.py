"""Integrated gradients: what each pixel adds to a logit, from a picture that says nothing to ours.

Source: Sundararajan, Taly and Yan 2017, arXiv:1703.01365, eq. 1 and proposition 1 (completeness).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from core.errors import LamellaError
from core.inspection.attribution import check_phase
from core.inspection.receptive_field import Box
from core.inspection.subject import Subject, network_stride
from core.inspection.view import gradient, run
from core.types import ProgressCallback, no_progress, read_only

STEPS = 32
BLUR_PX = 20.0
"""Standard deviation of the blurred baseline, in px of the network."""
KEPT = 0.95
"""Share of the absolute gradient that the crop holds at least."""
TOGETHER = 4
LEAST_STEP_PX = 8


class Baseline(StrEnum):
    """The picture at which the path begins."""

    BLURRED = "blurred"
    MEAN = "mean"


@dataclass(frozen=True, eq=False)
class IntegratedGradients:
    """What each pixel of the field adds to a logit, or to its mean over a region.

    ``attribution``: (H, W) float32 in logits, 0 outside ``crop``, the part of the field that was
    looked at. ``logit``, ``baseline_logit``: of the picture and of the baseline, both cropped;
    ``whole_logit``: of the picture with all around it. ``left_out``: share of the absolute gradient
    that lies outside the crop, 0 to 1. ``total``: sum of the attributions.
    """

    attribution: np.ndarray
    crop: Box
    logit: float
    baseline_logit: float
    whole_logit: float
    left_out: float
    total: float
    phase: int
    steps: int

    @property
    def difference(self) -> float:
        """What the attributions add up to where the path is followed exactly."""
        return self.logit - self.baseline_logit

    @property
    def completeness_error(self) -> float:
        """|sum of the attributions - difference| / |difference|; nan where that is 0."""
        if self.difference == 0:
            return float("nan")
        return abs(self.total - self.difference) / abs(self.difference)


def integrated_gradients(
    subject: Subject,
    phase: int,
    region: np.ndarray | None = None,
    baseline: Baseline = Baseline.MEAN,
    steps: int = STEPS,
    on_progress: ProgressCallback = no_progress,
) -> IntegratedGradients:
    """Return integrated gradients of a class's logit along the straight path from a baseline.

    ``region``: (H, W) bool, the logit is the mean over it; None is the whole field, which a network
    that labels the whole field takes. ``steps``: gradients on the path, at the middles of equal
    parts. The path is followed on a crop around the region that holds at least 95 % of the absolute
    gradient; the network sees nothing beyond it. ``on_progress`` is called after each few steps and
    may stop it.

    Raises:
        LamellaError: an unknown class, an empty region or one of another shape, or no step.
        Cancelled: raised by ``on_progress``.
    """
    if steps < 1:
        raise LamellaError(f"{steps} steps came; integrated gradients need at least one.")
    # Without hooks, and without a gradient on any weight: the shared copy does.
    network = subject.prepared.folded
    whole, heat = _gradient_on_field(network, subject, phase, region)
    crop = _crop(subject, heat, region)
    picture = subject.image[(..., *crop.slices)]
    start = baseline_image(subject, baseline)[(..., *crop.slices)]
    cut = None if region is None else region[crop.slices]
    slopes = torch.zeros_like(picture)
    done = 0
    middles = (np.arange(steps) + 0.5) / steps
    for shares in np.split(middles, range(TOGETHER, steps, TOGETHER)):
        along = torch.tensor(shares, dtype=picture.dtype, device=picture.device)
        points = (start + along[:, None, None, None] * (picture - start)).requires_grad_()
        with torch.enable_grad():
            logits = _logits(run(network, points), phase, cut)
        slope = gradient(logits.sum(), points)
        assert slope is not None  # The logits are made from the points.
        slopes += slope.sum(0, keepdim=True)
        done += len(shares)
        on_progress(done, steps)
    with torch.no_grad():
        ends = _logits(run(network, torch.cat([start, picture])), phase, cut)
    added = ((picture - start).double() * slopes.double() / steps)[0].sum(0).cpu().numpy()
    attribution = np.zeros(subject.shape, np.float32)
    attribution[crop.slices] = added
    return IntegratedGradients(
        attribution=read_only(attribution),
        crop=crop,
        logit=float(ends[1]),
        baseline_logit=float(ends[0]),
        whole_logit=whole,
        left_out=float(1 - heat[crop.slices].sum() / heat.sum()) if heat.any() else 0.0,
        total=float(added.sum()),
        phase=phase,
        steps=steps,
    )


def baseline_image(subject: Subject, baseline: Baseline) -> Tensor:
    """Return the baseline of a field, (1, C, H, W): blurred, or all of the mean grey level.

    The standard deviation of the blur is 20 px of the network, less in a field below 160 px.
    """
    image = subject.image
    if baseline is Baseline.MEAN:
        return image.mean(dim=(2, 3), keepdim=True).expand_as(image)
    sigma = blur_px(subject)
    channels = [
        cv2.GaussianBlur(channel, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
        for channel in image[0].cpu().numpy()
    ]
    return torch.from_numpy(np.stack(channels))[None].to(image)


def blur_px(subject: Subject) -> float:
    """Return the standard deviation of the blurred baseline, in px of the network."""
    return min(BLUR_PX, min(subject.shape) / 8)


def _gradient_on_field(
    network: nn.Module, subject: Subject, phase: int, region: np.ndarray | None
) -> tuple[float, np.ndarray]:
    """Return the logit of the whole field, and its absolute gradient (H, W) float64."""
    image = subject.image.detach().clone().requires_grad_()
    with torch.enable_grad():
        output = run(network, image)
        check_phase(phase, output.shape[1])
        logit = _logits(output, phase, region)[0]
        slope = gradient(logit, image)
    if slope is None:
        return float(logit.detach()), np.zeros(subject.shape)
    return float(logit.detach()), slope[0].abs().sum(0).cpu().double().numpy()


def _logits(output: Tensor, phase: int, region: np.ndarray | None) -> Tensor:
    """Return the logit of a class of each image, (N,), its mean over ``region``."""
    if output.dim() != 4:
        return output[:, phase]
    maps = output[:, phase]
    if region is None:
        return maps.mean(dim=(1, 2))
    if not region.any():
        raise LamellaError("The region is empty; it needs at least one pixel.")
    mask = torch.from_numpy(region).to(maps)
    if mask.shape != maps.shape[1:]:
        height, width = maps.shape[1:]
        mask = nn.functional.adaptive_avg_pool2d(mask[None, None], (height, width))[0, 0]
    return (maps * mask).sum(dim=(1, 2)) / mask.sum()


def _crop(subject: Subject, heat: np.ndarray, region: np.ndarray | None) -> Box:
    """Return the smallest crop around a region that holds enough of ``heat``, on the grid of the
    network's stride; all of the field where there is no region."""
    height, width = subject.shape
    whole = Box(0, 0, height, width)
    if region is not None and region.shape != subject.shape:
        raise LamellaError(
            f"The region is {region.shape[0]} x {region.shape[1]} px; it needs the field's "
            f"{height} x {width} px."
        )
    if region is None or subject.logits.ndim != 3 or not heat.any():
        return whole
    stride = network_stride(subject.network)
    step = max(stride, LEAST_STEP_PX)
    rows, columns = np.nonzero(region)
    enough = KEPT * heat.sum()
    for margin in range(step, max(height, width) + step, step):
        box = Box(
            max(0, (int(rows.min()) - margin) // stride * stride),
            max(0, (int(columns.min()) - margin) // stride * stride),
            min(height, -(-(int(rows.max()) + 1 + margin) // stride) * stride),
            min(width, -(-(int(columns.max()) + 1 + margin) // stride) * stride),
        )
        if heat[box.slices].sum() >= enough:
            return box
    return whole
