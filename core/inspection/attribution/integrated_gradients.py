"""Integrated gradients: what each pixel adds to a logit, from a picture that says nothing to ours.

Source: Sundararajan, Taly and Yan 2017, arXiv:1703.01365, eq. 1 and proposition 1 (completeness).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from core.errors import LamellaError
from core.image_size import width_x_height
from core.inspection.attribution.attribution import check_phase
from core.inspection.receptive_field.receptive_field import Box
from core.inspection.subject import Subject, network_stride
from core.inspection.view import gradient, run
from core.types.arrays import read_only
from core.types.progress import ProgressCallback, no_progress

WITHIN = 0.05
"""Sundararajan et al. 2017, section 5: as many steps as bring the sum within 5 %."""
CANCELLING = 4
"""How many times ``within`` the errors of all parts may be, whatever their signs."""
WORTHWHILE = 0.1
"""A part is halved together with the worst one where it is off by this share of it, or more."""
MOST_STEPS = 256
BLUR_PX = 20.0
"""Standard deviation of the blurred baseline, in px of the network."""
KEPT = 0.95
"""Share of the absolute gradient that the crop holds at least."""
TOGETHER = 4
FIRST_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
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
    that lies outside the crop, 0 to 1. ``total``: sum of the attributions. ``steps``: gradients
    that were taken on the path.
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
    baseline: Baseline = Baseline.BLURRED,
    within: float = WITHIN,
    most_steps: int = MOST_STEPS,
    on_progress: ProgressCallback = no_progress,
) -> IntegratedGradients:
    """Return integrated gradients of a class's logit along the straight path from a baseline.

    ``region``: (H, W) bool, the logit is the mean over it; None is the whole field, which a network
    that labels the whole field takes. The path is integrated by the trapezoidal rule. How far each
    part of it is off is known, since its two logits are: the worst parts are halved until their
    sum is off by no more than ``within`` of the difference of the logits, and not because large
    errors cancel, or until ``most_steps`` gradients were taken. The path is followed on a crop
    around the region that holds at least 95 % of the absolute gradient; the network sees nothing
    beyond it. ``on_progress`` is called after each few steps, of ``most_steps``, and may stop it.

    Raises:
        LamellaError: an unknown class, an empty region or one of another shape, or a share
            ``within`` that is not above 0.
        Cancelled: raised by ``on_progress``.
    """
    if not within > 0:
        raise LamellaError(f"The sum was asked for within {within:g}; it needs a share above 0.")
    # Without hooks, and without a gradient on any weight: the shared copy does.
    network = subject.prepared.folded
    whole, heat = _gradient_on_field(network, subject, phase, region)
    crop = _crop(subject, heat, region)
    picture = subject.image[(..., *crop.slices)]
    start = baseline_image(subject, baseline)[(..., *crop.slices)]
    cut = None if region is None else region[crop.slices]

    def at(shares: Sequence[float]) -> list[_Point]:
        along = torch.tensor(shares, dtype=picture.dtype, device=picture.device)
        images = (start + along[:, None, None, None] * (picture - start)).requires_grad_()
        with torch.enable_grad():
            logits = _logits(run(network, images), phase, cut)
        slope = gradient(logits.sum(), images)
        assert slope is not None  # The logits are made from the images.
        added = ((picture - start) * slope).sum(1).cpu().numpy()
        return [_Point(*one) for one in zip(shares, logits.tolist(), added, strict=True)]

    points = _followed(at, within, most_steps, on_progress)
    added = _integrated(points)
    attribution = np.zeros(subject.shape, np.float32)
    attribution[crop.slices] = added
    return IntegratedGradients(
        attribution=read_only(attribution),
        crop=crop,
        logit=points[-1].logit,
        baseline_logit=points[0].logit,
        whole_logit=whole,
        left_out=float(1 - heat[crop.slices].sum() / heat.sum()) if heat.any() else 0.0,
        total=float(added.sum()),
        phase=phase,
        steps=len(points),
    )


@dataclass(frozen=True, eq=False)
class _Point:
    """A picture on the path: its share of the way, its logit, and what each pixel would add, (h, w)
    float32, if the gradient were this one all the way."""

    share: float
    logit: float
    added: np.ndarray

    @cached_property
    def rise(self) -> float:
        """By how much the logit would rise over the whole way."""
        return float(self.added.sum(dtype=np.float64))


def _followed(
    at: Callable[[Sequence[float]], list[_Point]],
    within: float,
    most_steps: int,
    on_progress: ProgressCallback,
) -> list[_Point]:
    """Return as many pictures on the path as it takes, in its order; ``at`` makes a few at once."""
    points: list[_Point] = []
    wanted: Sequence[float] = FIRST_SHARES
    while wanted:
        for few in range(0, len(wanted), TOGETHER):
            points += at(wanted[few : few + TOGETHER])
            on_progress(len(points), most_steps)
        points.sort(key=lambda point: point.share)
        room = min(TOGETHER, most_steps - len(points))
        wanted = _halved(points, within)[: max(0, room)]
    return points


def _halved(points: Sequence[_Point], within: float) -> list[float]:
    """Return the middles of the parts of the path, the worst first; none where all is well."""
    errors = {}
    for one, next_one in pairwise(points):
        rise = (next_one.share - one.share) * (one.rise + next_one.rise) / 2
        errors[(one.share + next_one.share) / 2] = next_one.logit - one.logit - rise
    allowed = within * abs(points[-1].logit - points[0].logit)
    sizes = {share: abs(error) for share, error in errors.items()}
    if abs(sum(errors.values())) <= allowed and sum(sizes.values()) <= CANCELLING * allowed:
        return []
    bad = max(sizes.values()) * WORTHWHILE
    return sorted((share for share in sizes if sizes[share] > bad), key=sizes.__getitem__)[::-1]


def _integrated(points: Sequence[_Point]) -> np.ndarray:
    """Return what each pixel adds along the path, (h, w) float64."""
    found = np.zeros(points[0].added.shape)
    for one, next_one in pairwise(points):
        found += (next_one.share - one.share) / 2 * (one.added.astype(np.float64) + next_one.added)
    return found


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
            f"The region is {width_x_height(region.shape)} px; it needs the field's "
            f"{width_x_height(subject.shape)} px."
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
