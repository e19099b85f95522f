"""Why a pixel has its label: probabilities, an exact split of the logit, Seg-Grad-CAM."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from scipy.special import expit, softmax
from torch import Tensor, nn

from core.errors import LamellaError
from core.image_size import width_x_height
from core.inspection.layers.layers import steps
from core.inspection.subject import Subject
from core.inspection.view import Recorder, gradient, run, split_call
from core.types.arrays import read_only

SPLIT_TOLERANCE = 1e-4


def class_probabilities(subject: Subject, row: int, column: int) -> np.ndarray:
    """Return the probability of each class at a pixel, (C,) float64.

    A network with one output channel gives (1 - p, p) by the logistic function; one without rows
    and columns gives the same answer everywhere.

    Raises:
        LamellaError: the pixel lies outside the field.
    """
    logits = logits_at(subject, row, column)[: subject.phases].astype(np.float64)
    if len(logits) == 1:
        logits = np.array([0.0, logits[0]])
    return softmax(logits)


def further_outputs(subject: Subject, row: int, column: int) -> np.ndarray:
    """Return what the network answers at a pixel beside the classes, (N,) float64 in [0, 1] by the
    logistic function; empty for most networks.

    Raises:
        LamellaError: the pixel lies outside the field.
    """
    logits = logits_at(subject, row, column).astype(np.float64)
    return expit(logits[len(logits) if subject.phases is None else subject.phases :])


def logits_at(subject: Subject, row: int, column: int) -> np.ndarray:
    """Return the logits at a pixel, (C,) float32.

    Raises:
        LamellaError: the pixel lies outside the field.
    """
    subject.check_pixel(row, column)
    logits = subject.logits
    if logits.ndim == 1:
        return logits
    height, width = subject.shape
    return logits[:, row * logits.shape[1] // height, column * logits.shape[2] // width]


@dataclass(frozen=True, eq=False)
class LogitSplit:
    """One logit as a sum.

    ``contributions``: (C,) float64, of each input channel of the last layer with weights.
    ``bias``: of that layer. Contributions and bias add up to ``logit`` within 1e-4
    of it, or of 1 where it is smaller.
    """

    layer: str
    phase: int
    logit: float
    contributions: np.ndarray
    bias: float

    @property
    def total(self) -> float:
        """Sum of the contributions and the bias."""
        return float(self.contributions.sum() + self.bias)

    @property
    def strongest(self) -> np.ndarray:
        """Input channels, largest absolute contribution first."""
        return np.argsort(-np.abs(self.contributions), kind="stable")


def split_logit(subject: Subject, row: int, column: int, phase: int | None = None) -> LogitSplit:
    """Return how the last layer's input channels add up to a logit at a pixel.

    What follows the last layer's input is linear, so the logit is exactly the sum of input times
    gradient, plus the bias. ``phase``: class index, None is the winning one.

    Raises:
        LamellaError: the pixel lies outside the field, an unknown class, or a network whose last
            layer is followed by something that is not linear.
    """
    winner = logits_at(subject, row, column)
    phase = int(winner[: subject.phases].argmax()) if phase is None else phase
    check_phase(phase, len(winner))
    layer = _last_layer(subject)
    network = subject.private_network()
    module = dict(network.named_modules())[split_call(layer)[0]]
    entered: list[Tensor] = []

    def start_here(_: nn.Module, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        entered.append(arguments[0].detach().clone().requires_grad_())
        return (entered[-1],)

    handle = module.register_forward_pre_hook(start_here)
    try:
        with torch.enable_grad():
            logit = at_pixel(subject, run(network, subject.image), row, column)[phase]
            slope = gradient(logit, entered[-1])
    finally:
        handle.remove()
    assert slope is not None  # The logit is made from what entered this layer.
    product = (slope.cpu().double() * entered[-1].detach().cpu().double())[0]
    contributions = product.reshape(len(product), -1).sum(1).numpy()
    bias = 0.0 if module.bias is None else float(module.bias[phase])
    split = LogitSplit(layer, phase, float(logit.detach()), read_only(contributions), bias)
    if abs(split.total - split.logit) > SPLIT_TOLERANCE * max(1.0, abs(split.logit)):
        raise LamellaError(
            f"The logit cannot be split: what follows {layer} in this network is not linear."
        )
    return split


def _last_layer(subject: Subject) -> str:
    layers = [step.layer.name for step in steps(subject.trace) if step.layer.macs]
    if not layers:
        raise LamellaError("This network has no convolution or dense layer to split a logit at.")
    return layers[-1]


def at_pixel(subject: Subject, output: Tensor, row: int, column: int) -> Tensor:
    """Return the logits (C,) of an output at a pixel of the field."""
    if output.dim() != 4:
        return output[0]
    height, width = subject.shape
    return output[0, :, row * output.shape[2] // height, column * output.shape[3] // width]


def check_phase(phase: int, phases: int) -> None:
    """Refuse a class index that the network does not have.

    Raises:
        LamellaError: there is no such class.
    """
    if not 0 <= phase < phases:
        raise LamellaError(
            f"There is no class {phase}; this network has {phases}, 0 to {phases - 1}."
        )


@dataclass(frozen=True, eq=False)
class AttributionMap:
    """Which parts of the field speak for a phase.

    ``heat``: (H, W) float32, not negative, in logits; larger speaks more for the phase.
    ``layer``, ``phase``: what was asked. ``units``: (h, w), the layer's own resolution, which is
    all the detail that the map has.
    """

    heat: np.ndarray
    layer: str
    phase: int
    units: tuple[int, int]


def seg_grad_cam(
    subject: Subject, layer: str, phase: int, region: np.ndarray | None = None
) -> AttributionMap:
    """Return Seg-Grad-CAM: ReLU of the layer's channels, weighted by their mean gradients.

    The gradient is that of the sum of the phase's logits over ``region``, (H, W) bool: a pixel, an
    object; None is the whole field. A network that labels the whole field takes no region.

    Raises:
        LamellaError: an unknown layer or class, an empty region, or one of another shape.

    Source: Vinogradova et al. 2020, arXiv:2002.11434, eq. 1 and 2.
    """
    layer = subject.trace.call(layer).layer
    network = subject.private_network()
    with torch.enable_grad(), Recorder(network, [layer], as_leaves=True) as recorder:
        output = run(network, subject.image)
        check_phase(phase, output.shape[1])
        activations = recorder.outputs[layer]
        target = _region_logit(subject, output, phase, region)
        slope = gradient(target, activations)
    if activations.dim() != 4 or slope is None:
        raise LamellaError(
            f"{layer} has no rows and columns, or no part in the output, so there is no map of it. "
            "Choose a convolution on the way to the output."
        )
    weights = slope.mean(dim=(2, 3), keepdim=True)
    units = (weights * activations.detach()).sum(1)[0].clamp(min=0).float().cpu().numpy()
    heat = cv2.resize(units, subject.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return AttributionMap(read_only(heat), layer, phase, units.shape)


def layer_with_evidence(
    subject: Subject, layers: Iterable[str], phase: int, region: np.ndarray | None = None
) -> str | None:
    """Return the first of ``layers`` at which :func:`seg_grad_cam` is not 0 everywhere, None where
    there is none; arguments as there.

    The map is 0 everywhere where every unit speaks against the class or not at all.
    """
    return next(
        (one for one in layers if seg_grad_cam(subject, one, phase, region).heat.any()), None
    )


def _region_logit(
    subject: Subject, output: Tensor, phase: int, region: np.ndarray | None
) -> Tensor:
    if output.dim() != 4 or region is None:
        return output[0, phase].sum()
    if region.shape != subject.shape or not region.any():
        raise LamellaError(
            f"The region is {width_x_height(region.shape)} px with {int(region.sum())} px chosen; "
            f"it needs at least one and the field's {width_x_height(subject.shape)} px."
        )
    mask = torch.from_numpy(region.astype(np.float32)).to(output.device)
    if mask.shape != output.shape[2:]:
        height, width = output.shape[2:]
        mask = nn.functional.adaptive_avg_pool2d(mask[None, None], (height, width))[0, 0]
    return (output[0, phase] * mask).sum()
