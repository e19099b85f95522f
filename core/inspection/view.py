"""How to look into a shared network without touching it.

The network that the app holds is shared by all users. Hooks, modes and gradients are therefore put
on a private copy of its module tree whose parameters and buffers are the very same memory: a
thousandth of a second and no weights copied. Nothing has to be put back, not even after a failure,
and two threads cannot see each other's hooks.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from core.errors import LamellaError
from core.image_size import width_x_height
from core.segmentation.engines.device import exact_float32


def private_copy(
    network: nn.Module, lock: AbstractContextManager | None = None, device: str | None = None
) -> nn.Module:
    """Return a copy in eval mode that shares the weights of ``network`` but nothing else.

    The parameters of the copy ask for no gradient, so none is ever stored on the shared ones;
    weights of less than float32 are converted. ``lock``: held while the tree is copied.
    ``device``: "meta" gives a skeleton without weights, for shapes only.
    """
    with lock or nullcontext(), torch.no_grad():
        memo: dict[int, object] = {}
        for parameter in network.parameters():
            memo[id(parameter)] = nn.Parameter(_shared(parameter, device), requires_grad=False)
        for buffer in network.buffers():
            memo[id(buffer)] = _shared(buffer, device)
        return copy.deepcopy(network, memo).eval()


def _shared(tensor: Tensor, device: str | None) -> Tensor:
    if device is not None:
        return torch.empty_like(tensor, device=device)
    if tensor.is_floating_point() and tensor.dtype not in (torch.float32, torch.float64):
        return tensor.detach().float()
    # A tensor made in inference mode cannot take part in a backward pass.
    return tensor.clone() if tensor.is_inference() else tensor.detach()


def reinitialized(
    network: nn.Module,
    seed: int = 0,
    lock: AbstractContextManager | None = None,
    layers: Collection[str] | None = None,
) -> nn.Module:
    """Return a copy with random weights of its own, as if training had not begun; eval mode.

    ``layers``: names of the modules that get them, with all inside these; None for all. A module
    gets the same weights whichever others do.

    Weights of two or more axes: normal with variance 2 / fan-in; other scales 1, shifts 0; running
    mean 0 and variance 1. The generator is private, so nobody else's random numbers change.

    Source: He et al. 2015, arXiv:1502.01852, eq. 10.
    """
    twin = private_copy(network, lock)
    generator = torch.Generator().manual_seed(seed)
    for path, module in twin.named_modules():
        fresh = {
            name: nn.Parameter(_fresh_parameter(name, parameter, generator), requires_grad=False)
            for name, parameter in module.named_parameters(recurse=False)
        }
        if layers is not None and not any(f"{path}.".startswith(f"{one}.") for one in layers):
            continue
        for name, parameter in fresh.items():
            setattr(module, name, parameter)
        for name, buffer in list(module.named_buffers(recurse=False)):
            if name in ("running_mean", "running_var"):
                setattr(module, name, torch.full_like(buffer, float(name == "running_var")))
    return twin


def _fresh_parameter(name: str, parameter: Tensor, generator: torch.Generator) -> Tensor:
    if parameter.dim() >= 2:
        fan_in = max(parameter[0].numel(), 1)
        fresh = torch.randn(parameter.shape, generator=generator) * math.sqrt(2 / fan_in)
        return fresh.to(parameter.device, parameter.dtype)
    return torch.full_like(parameter, 0.0 if "bias" in name else 1.0)


@dataclass
class Recorder:
    """Keeps the outputs of chosen layers while a network runs; a context manager.

    ``layers``: names as in the layer table; "name:2" is the second call of a module. ``as_leaves``:
    what is kept starts a new gradient path, so that the output can be differentiated with respect
    to it. ``network`` must be private (:func:`private_copy`). The hooks go when the block is left,
    also by a failure. ``outputs``: what was kept, (1, C, h, w) or (1, C), by name.
    """

    network: nn.Module
    layers: Sequence[str]
    as_leaves: bool = False
    outputs: dict[str, Tensor] = field(default_factory=dict)

    def __enter__(self) -> Recorder:
        modules = dict(self.network.named_modules())
        wanted: dict[str, set[int]] = {}
        for layer in self.layers:
            name, call = split_call(layer)
            wanted.setdefault(name, set()).add(call)
        self._handles = [
            modules[name].register_forward_hook(self._keeper(name, calls))
            for name, calls in wanted.items()
        ]
        return self

    def __exit__(self, *failure: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _keeper(self, name: str, calls: set[int]) -> Callable[..., Tensor | None]:
        count = 0

        def keep(module: nn.Module, arguments: object, output: Tensor) -> Tensor | None:
            nonlocal count
            count += 1
            if count not in calls:
                return None
            kept = output.detach().requires_grad_() if self.as_leaves else output
            self.outputs[join_call(name, count)] = kept
            # Later layers may write in place; they get a copy.
            return kept.clone()

        return keep


def split_call(layer: str) -> tuple[str, int]:
    """Return the module's name and which of its calls is meant, counted from 1."""
    name, _, call = layer.partition(":")
    return name, int(call) if call.isdigit() else 1


def join_call(name: str, call: int) -> str:
    """Return the layer's name of a module's call: "relu" for the first, then "relu:2"."""
    return name if call == 1 else f"{name}:{call}"


def run(network: nn.Module, image: Tensor) -> Tensor:
    """Return the network's output for ``image`` (1, C, H, W), exact on a GPU too.

    Raises:
        LamellaError: the network cannot take an image of this size, or gives no single tensor.
    """
    try:
        with exact_float32():
            output = network(image)
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise LamellaError(
            f"{type(network).__name__} cannot take {image.shape[1]} channels of "
            f"{width_x_height(image.shape[-2:])} px ({reason}). Choose a field of the size that it "
            "was made for."
        ) from error
    if not isinstance(output, Tensor):
        raise LamellaError(
            f"{type(network).__name__} gives {type(output).__name__} instead of one array of "
            "logits; a network with a single output is needed."
        )
    return output


def gradient(target: Tensor, source: Tensor, again: bool = False) -> Tensor | None:
    """Return the gradient of the scalar ``target`` with respect to ``source``, exact on a GPU too;
    None where ``source`` has no part in it. ``again``: there will be another one of the same run.
    """
    with exact_float32():
        (found,) = torch.autograd.grad(target, source, retain_graph=again, allow_unused=True)
    return found
