"""Batch normalizations folded into the convolutions before them: the same function in less time."""

from __future__ import annotations

from collections import Counter

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from core.inspection.view import run

TOLERANCE = 1e-3


def folded(network: nn.Module, image: Tensor) -> nn.Module:
    """Return ``network`` with every batch normalization folded that takes a convolution's output.

    ``network``: a private copy in eval mode, which is changed; ``image``: (1, C, H, W), that it can
    take. Where the answer to ``image`` would move by more than 1e-3 of its largest value, as where
    something else takes the convolution's output too, the modules are put back.
    """
    with torch.no_grad():
        before, pairs = _followed(network, image)
        if not pairs:
            return network
        undo = [_fold(network, *pair) for pair in pairs]
        moved = (run(network, image) - before).abs().max()
        if moved > TOLERANCE * before.abs().max():
            for parent, name, module in (place for places in undo for place in places):
                setattr(parent, name, module)
    return network


def _followed(
    network: nn.Module, image: Tensor
) -> tuple[Tensor, list[tuple[nn.Conv2d, nn.BatchNorm2d]]]:
    """Return the network's answer, and the convolutions with the normalization right after them."""
    calls: list[tuple[nn.Module, Tensor, Tensor]] = []
    handles = [
        module.register_forward_hook(lambda one, given, made: calls.append((one, given[0], made)))
        for module in network.modules()
        if isinstance(module, (nn.Conv2d, nn.BatchNorm2d))
    ]
    try:
        answer = run(network, image)
    finally:
        for handle in handles:
            handle.remove()
    times = Counter(id(module) for module, _, _ in calls)
    return answer, [
        (first, second)
        for (first, _, made), (second, given, _) in zip(calls, calls[1:], strict=False)
        if isinstance(first, nn.Conv2d)
        and isinstance(second, nn.BatchNorm2d)
        and made is given
        and times[id(first)] == times[id(second)] == 1
    ]


def _fold(
    network: nn.Module, convolution: nn.Conv2d, normalization: nn.BatchNorm2d
) -> list[tuple[nn.Module, str, nn.Module]]:
    """Fold, and return where which module stood."""
    # timm's batch normalization holds the activation that follows it.
    rest = nn.Sequential(
        *(getattr(normalization, name) for name in ("drop", "act") if hasattr(normalization, name))
    )
    fused = fuse_conv_bn_eval(convolution, normalization).requires_grad_(False)
    replaced: list[tuple[nn.Module, str, nn.Module]] = []
    for old, new in ((convolution, fused), (normalization, rest)):
        parent, name = _place(network, old)
        replaced.append((parent, name, old))
        setattr(parent, name, new)
    return replaced


def _place(network: nn.Module, wanted: nn.Module) -> tuple[nn.Module, str]:
    return next(
        (parent, name)
        for parent in network.modules()
        for name, child in parent.named_children()
        if child is wanted
    )
