"""A training from the weights of a model with outputs about objects, that goes on after a kill."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.training.averaging import averaged
from core.training.losses import object_distillation_loss, object_loss
from core.training.prefetch import made_ahead
from core.types.model_card import ModelCard

PEAK, WEIGHT_DECAY, AVERAGING = 6e-4, 1e-4, 0.995
# The encoder's share of the learning rate: it has learned longer, and on more.
ENCODER = 0.2
# The stages at full and half resolution, which cost most and change least.
FIRST_STAGES = tuple(
    f"encoder.model.{part}." for part in ("conv_stem", "bn1", "blocks.0", "blocks.1")
)
SAVED_SECONDS = 180
NEVER = 10**9
# Images, targets, and which of them are micrographs.
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def rate(progress: float, peak: float = PEAK) -> float:
    """One cycle: up over the first 8 %, then a cosine to a thousandth."""
    if progress < 0.08:
        return float(peak * (0.04 + 0.96 * progress / 0.08))
    return float(peak * (0.001 + 0.999 * 0.5 * (1 + np.cos(np.pi * (progress - 0.08) / 0.92))))


def depthwise_in_float32(network: nn.Module) -> None:
    """Keep depthwise convolutions in float32 under autocast, in place: their backward pass in
    bfloat16 takes torch several times as long on a processor."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1:
            module.forward = partial(_in_float32, module)  # type: ignore[method-assign]


def _in_float32(convolution: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
    with torch.autocast("cpu", enabled=False):
        return type(convolution).forward(convolution, x.float()).to(x.dtype)


class Training:
    """A network, its average, its optimizer and where they stand; a checkpoint goes on.

    ``card``: whose normalization it sees images with. ``frozen``: prefixes of parameters that keep
    their values. ``teacher``: a network of the same outputs and normalization, from whose answers
    it learns as much as from the masks. ``steady``: batch normalization keeps its statistics.
    ``encoder``: the encoder's share of the learning rate.
    """

    def __init__(
        self,
        card: ModelCard,
        network: nn.Module,
        checkpoint: Path,
        bfloat16: bool = False,
        frozen: tuple[str, ...] = FIRST_STAGES,
        teacher: nn.Module | None = None,
        steady: bool = False,
        encoder: float = ENCODER,
    ) -> None:
        self.card, self.checkpoint, self.bfloat16 = card, checkpoint, bfloat16
        self.steady = steady
        self.network = network.to(memory_format=torch.channels_last)
        if bfloat16:
            depthwise_in_float32(self.network)
        self.teacher = teacher and teacher.to(memory_format=torch.channels_last)
        self.first = {name: value.clone() for name, value in network.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            parameter.requires_grad_(not name.startswith(frozen))
        self.average = averaged(self.network, AVERAGING)
        first = list(self.network.get_submodule("encoder").parameters())
        known = set(map(id, first))
        others = [p for p in self.network.parameters() if id(p) not in known]
        parts = [{"params": others, "share": 1.0}, {"params": first, "share": encoder}]
        self.optimizer = torch.optim.AdamW(parts, PEAK, weight_decay=WEIGHT_DECAY)
        self.step, self.begun = 0, time.time()
        if checkpoint.is_file():
            state = torch.load(checkpoint, weights_only=True)
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.begun = state["step"], state["begun"]

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "begun": self.begun,
        }
        unfinished = self.checkpoint.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(self.checkpoint)

    def go_on(self, batch: Callable[[int], Batch], steps: int, seconds: float, peak: float) -> None:
        """Learn until ``steps`` are taken or, sooner, ``seconds`` have passed since the run began;
        print the losses, and write the checkpoint now and then and at the end.

        ``batch``: of a step. A teacher that keeps batch normalization steady is asked about
        micrographs alone.
        """
        saved, losses = time.time(), []
        asked = self.steady and self.teacher is not None
        for images, targets, real in made_ahead(batch, self.step, NEVER, 1):
            progress = max(self.step / steps, (time.time() - self.begun) / seconds)
            if progress >= 1:
                break
            now = rate(progress, peak)
            losses.append(self.learn(images, targets, now, real if asked else None))
            if self.step % 20 == 0:
                print(self.step, np.mean(losses, axis=0).round(3), flush=True)
                losses = []
            if time.time() - saved > SAVED_SECONDS:
                self.save()
                saved = time.time()
        self.save()

    def learn(
        self,
        images: torch.Tensor,
        targets: torch.Tensor,
        learning_rate: float,
        taught: torch.Tensor | None = None,
    ) -> list[float]:
        """Take one step; return the losses of phases, contact, distance, and beside the teacher.

        ``taught``: (N,) bool, the images that the teacher is asked about, at least one; None = all.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate * group["share"]
        self.network.train(not self.steady)
        self.network.get_submodule("encoder").eval()
        seen = (images - self.card.mean) / self.card.std
        seen = seen.to(memory_format=torch.channels_last)
        asked = slice(None) if taught is None else taught
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            outputs = self.network(seen)
            with torch.no_grad():
                wanted = None if self.teacher is None else self.teacher(seen[asked])
        parts = list(object_loss(outputs.float(), targets))
        if wanted is not None:
            parts.append(object_distillation_loss(outputs[asked].float(), wanted.float()))
        self.optimizer.zero_grad(set_to_none=True)
        torch.stack(parts).sum().backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return [float(part.detach()) for part in parts]

    def mixed(self, new: float) -> dict[str, torch.Tensor]:
        """Return (1 - new) times the weights that it began with plus new times the averaged ones.

        Source: Wortsman et al. 2022, arXiv:2109.01903, eq. 1.
        """
        average = self.average.module.state_dict()
        return {
            name: torch.lerp(value, average[name], new) if value.is_floating_point() else value
            for name, value in self.first.items()
        }
