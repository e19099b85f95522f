"""A training from the weights of a model with outputs about objects, that goes on after a kill."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.training.averaging import averaged
from core.training.losses import object_distillation_loss, object_loss
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


def rate(progress: float, peak: float = PEAK) -> float:
    """One cycle: up over the first 8 %, then a cosine to a thousandth."""
    if progress < 0.08:
        return float(peak * (0.04 + 0.96 * progress / 0.08))
    return float(peak * (0.001 + 0.999 * 0.5 * (1 + np.cos(np.pi * (progress - 0.08) / 0.92))))


class Training:
    """A network, its average, its optimizer and where they stand; a checkpoint goes on.

    ``card``: whose normalization it sees images with. ``frozen``: prefixes of parameters that keep
    their values. ``teacher``: a network of the same outputs and normalization, from whose answers
    it learns as much as from the masks. ``steady``: batch normalization keeps its statistics.
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
    ) -> None:
        self.card, self.checkpoint, self.bfloat16 = card, checkpoint, bfloat16
        self.steady = steady
        self.network = network.to(memory_format=torch.channels_last)
        self.teacher = teacher and teacher.to(memory_format=torch.channels_last)
        self.first = {name: value.clone() for name, value in network.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            parameter.requires_grad_(not name.startswith(frozen))
        self.average = averaged(self.network, AVERAGING)
        encoder = list(self.network.get_submodule("encoder").parameters())
        known = set(map(id, encoder))
        others = [p for p in self.network.parameters() if id(p) not in known]
        parts = [{"params": others, "share": 1.0}, {"params": encoder, "share": ENCODER}]
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
