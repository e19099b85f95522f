"""Training of the click network: every answer is learned from, and is the next one's beginning."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from core.errors import Cancelled, DataError, LamellaError
from core.interaction.crops import Sample, corrected, crop_of, draw_sample
from core.interaction.losses import click_loss
from core.interaction.prompts import Click, prompt_maps
from core.interaction.scene_file import kept_scenes
from core.interaction.scenes import Scene, Scenes, read_scenes
from core.interaction.simulated_clicks import standard_click
from core.segmentation.engines.device import choose_device
from core.segmentation.engines.processor import bfloat16_units
from core.training.averaging import averaged
from core.training.checkpoint import read_checkpoint, write_checkpoint
from core.training.loop import TrainedNetwork
from core.training.progress import CurvePoint, Progress
from core.training.recipe import Recipe
from core.training.session import CHECKPOINT, CURVES, TrainingOptions, write_curves
from core.types.model_card import ModelCard

SAMPLES_AT_HAND = 32
"""Of which each step draws its batch, so that two steps in a row see different objects."""
SCENES = "scenes.npz"
CHECKPOINT_SECONDS = 120.0
WARM_UP = 0.05
ENCODER_RATE = 0.3
"""The encoder's share of the learning rate: it has learned longer, and on more."""
FIRST_PX, FIRST_SHARE = 160, 0.8
"""Side of the crops in the first part of the run; after that it is the recipe's."""
DROPPED = 0.2
"""How often the previous answer is left out."""
SCORED = 96


def run_click_training(
    card: ModelCard,
    recipe: Recipe,
    data: Path | None,
    options: TrainingOptions,
    report: Callable[[str, Progress], None],
) -> TrainedNetwork:
    """Train the click network by ``recipe`` on the folders of ``core.interaction.scenes``.

    The learning rate follows one cycle over the recipe's steps or over ``options.max_seconds``,
    whichever ends first. The last weights are returned, averaged: none is chosen on the held-out
    images, whose IoU after three clicks is reported. A resumed run goes on from its last
    checkpoint, with other crops than it would have seen.

    Raises:
        DataError: no folder, or one with mistakes.
        LamellaError: there is a checkpoint in the folder and ``resume`` was not asked for.
    """
    if data is None:
        raise DataError(
            f"{card.name} is trained on objects of several materials; give with --data the folder "
            "that holds particles/, and carbon_steel/ and superalloy/ if they are to be learned."
        )
    checkpoint = options.folder / CHECKPOINT
    if checkpoint.is_file() and not options.resume:
        raise LamellaError(
            f"{options.folder} holds a run already. Go on with it (--resume), or train into "
            "another folder."
        )
    options.folder.mkdir(parents=True, exist_ok=True)
    split = recipe.split_seed, recipe.validation_fraction
    scenes, held_out = kept_scenes(options.folder / SCENES, lambda: read_scenes(data, *split))
    assert card.build is not None
    torch.manual_seed(recipe.seed)
    network = card.build()
    if not checkpoint.is_file():
        recipe.initialize(network)
    run = ClickTraining(network.to(choose_device(options.device)), card, recipe, options)
    run.learn_from(scenes, held_out, lambda progress: report("training", progress))
    return run.result()


@dataclass
class _Standing:
    step: int = 0
    seconds: float = 0.0
    curve: tuple[CurvePoint, ...] = ()


class ClickTraining:
    """A network, its average, its optimizer and where they stand; a checkpoint goes on."""

    def __init__(
        self, network: nn.Module, card: ModelCard, recipe: Recipe, options: TrainingOptions
    ) -> None:
        self.card, self.recipe, self.options = card, recipe, options
        self.network = network.to(memory_format=torch.channels_last).eval()
        self.average: AveragedModel = averaged(self.network, recipe.averaging)
        # Batch statistics stay those of the weights it begins with: a batch holds few images.
        inherited: list[nn.Parameter] = []
        fresh: list[nn.Parameter] = []
        for name, parameter in self.network.named_parameters():
            slow = name.startswith("encoder.") and ".prompts." not in name
            (inherited if slow else fresh).append(parameter)
        parts = [{"params": fresh, "share": 1.0}, {"params": inherited, "share": ENCODER_RATE}]
        self.optimizer = torch.optim.AdamW(
            parts, recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        self.at = _Standing()
        if options.resume and (options.folder / CHECKPOINT).is_file():
            self._load(options.folder / CHECKPOINT)

    @property
    def share_done(self) -> float:
        """Of the steps or of the time, whichever is further on."""
        seconds = self.at.seconds / self.options.max_seconds
        return min(1.0, max(self.at.step / self.recipe.steps, seconds))

    @property
    def crop_px(self) -> int:
        """Side of the crops now."""
        first = min(FIRST_PX, self.recipe.crop_px)
        return first if self.share_done < FIRST_SHARE else self.recipe.crop_px

    def learn_from(
        self, scenes: Scenes, held_out: Sequence[Scene], report: Callable[[Progress], None]
    ) -> None:
        """Take steps until the recipe's number or the time is reached.

        Raises:
            Cancelled: ``report`` raised it; the checkpoint is written first.
        """
        recipe = self.recipe
        random = np.random.default_rng((recipe.seed, self.at.step))
        at_hand: list[Sample] = []
        before, begun = self.at.seconds, time.monotonic()
        saved, losses = begun, []
        while self.share_done < 1:
            side = self.crop_px
            at_hand = [one for one in at_hand if len(one.image) == side]
            while len(at_hand) < max(SAMPLES_AT_HAND, recipe.batch):
                at_hand.append(draw_sample(scenes, side, recipe.augmentation, random))
            chosen = random.choice(len(at_hand), recipe.batch, replace=False)
            loss, answers = self.learn([at_hand[i] for i in chosen], random)
            following = {
                i: corrected(at_hand[i], answer, random)
                for i, answer in zip(chosen, answers, strict=True)
            }
            kept = (following.get(i, one) for i, one in enumerate(at_hand))
            at_hand = [one for one in kept if one is not None]
            losses.append(loss)
            self.at.seconds = before + time.monotonic() - begun
            if self.share_done >= 1 or self.at.step % recipe.validate_every == 0:
                point = CurvePoint(self.at.step, float(np.mean(losses)), self.score(held_out))
                self.at.curve, losses = (*self.at.curve, point), []
                write_curves(self.at.curve, self.options.folder / CURVES)
            if self.share_done >= 1 or time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save()
                saved = time.monotonic()
            try:
                report(self._progress(loss))
            except Cancelled:
                self.save()
                raise

    def learn(
        self, samples: Sequence[Sample], random: np.random.Generator
    ) -> tuple[float, np.ndarray]:
        """Take one step; return the loss and the answers (N, S, S) float32 before it."""
        rate = self.recipe.learning_rate * cycle(self.share_done)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["share"]
        device = next(self.network.parameters()).device
        kept = [
            one if random.random() > DROPPED else replace(one, previous=None) for one in samples
        ]
        seen = network_input(kept, self.card).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=bool(bfloat16_units())):
            logits = self.network(seen).float()
        truth = torch.from_numpy(np.stack([one.truth for one in samples])[:, None]).float()
        loss = click_loss(logits, truth.to(device))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.network)
        self.at.step += 1
        return loss.item(), logits.detach().sigmoid()[:, 0].cpu().numpy()

    def score(self, held_out: Sequence[Scene], clicks: int = 3) -> float:
        """Return the mean IoU after ``clicks`` standard clicks on held-out objects, in crops that
        are the same each time."""
        random = np.random.default_rng(self.recipe.split_seed)
        found = []
        for index in range(SCORED):
            sample = crop_of(held_out[index % len(held_out)], FIRST_PX, random)
            if sample is not None:
                found.append(iou_after(self.average.module, self.card, sample, clicks)[-1])
        return float(np.mean(found))

    def result(self) -> TrainedNetwork:
        """Return the averaged weights."""
        state = self.average.module.state_dict()
        weights = {name: value.detach().cpu().clone() for name, value in state.items()}
        scores = tuple((point.step, point.score) for point in self.at.curve)
        last = scores[-1][1] if scores else 0.0
        return TrainedNetwork(weights, last, self.at.step, self.at.seconds, scores)

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "recipe": self.recipe.in_words(),
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.at.step,
            "seconds": self.at.seconds,
            "curve": [(one.step, one.loss, one.score) for one in self.at.curve],
        }
        path = self.options.folder / CHECKPOINT
        write_checkpoint(path, state)

    def _load(self, path: Path) -> None:
        state = read_checkpoint(path, self.recipe.in_words())
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        curve = tuple(CurvePoint(*one) for one in state["curve"])
        self.at = _Standing(state["step"], state["seconds"], curve)

    def _progress(self, loss: float) -> Progress:
        scores = [point.score for point in self.at.curve]
        last, best = (scores[-1], max(scores)) if scores else (None, None)
        steps = self.recipe.steps
        return Progress(self.at.step, steps, loss, self.at.seconds, last, best, self.at.curve)


def network_input(samples: Sequence[Sample], card: ModelCard) -> Tensor:
    """Return (N, 5, S, S) float32: normalized grey levels and the maps of the prompts."""
    made = []
    for one in samples:
        grey = ((one.image - card.mean) / card.std)[None]
        made.append(
            np.concatenate([grey, prompt_maps(grey.shape[1:], one.clicks, one.previous, one.box)])
        )
    batch = torch.from_numpy(np.stack(made).astype(np.float32))
    return batch.to(memory_format=torch.channels_last)


@torch.inference_mode()
def iou_after(network: nn.Module, card: ModelCard, sample: Sample, clicks: int) -> list[float]:
    """Return the IoU after each of ``clicks`` standard clicks into one crop. ``network``: in eval
    mode."""
    device = next(network.parameters()).device
    answer = np.zeros(sample.truth.shape, bool)
    said: tuple[Click, ...] = ()
    sample, found = replace(sample, clicks=(), previous=None, box=None), []
    for _ in range(clicks):
        click = standard_click(sample.truth, answer, said)
        said = said if click is None else (*said, click)
        seen = network_input([replace(sample, clicks=said)], card).to(device)
        probability = network(seen).sigmoid()[0, 0].cpu().numpy()
        answer = probability > 0.5
        sample = replace(sample, previous=probability)
        union = (answer | sample.truth).sum()
        found.append(float((answer & sample.truth).sum() / union))
    return found


def cycle(share_done: float) -> float:
    """Return the learning rate as a share of its peak: up over the first 5 %, then a cosine down to
    a hundredth."""
    if share_done < WARM_UP:
        return max(0.02, share_done / WARM_UP)
    falling = (share_done - WARM_UP) / (1 - WARM_UP)
    return float(0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * falling)))
