"""Train a model that tells particles apart further: on images, drawn crowds, and empty films.

    python -m research.objects.train DIR FOLDER --steps 500
    python -m research.objects.train DIR FOLDER --steps 500 --model particles-resnet18 \\
        --teacher particles --peak 8e-4 --frozen encoder.conv1 encoder.bn1 encoder.layer1

DIR is the data folder of `particles`. FOLDER gets a checkpoint, from which a run that was killed
goes on, and at the end the weights: the mean of those that the run began with and of its own. With
a teacher the model's encoder gets the teacher's decoder to begin with
(`research.objects.decoder`), and learns from the teacher's answers beside the masks. A model that
is its own teacher keeps to its answers on micrographs, and learns drawn images from their masks
alone; batch normalization then stays as it is, for drawn images would move what it is based on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.measurement.agreement import mean_of_known
from core.measurement.object_agreement import ObjectAgreement, match_objects
from core.segmentation.objects.watershed import separate_by_distance
from core.segmentation.settings import ObjectSettings
from core.training.augmentation import Pair
from core.types.model_card import ModelCard
from models import zoo
from models.weights_file import save_weights, trained, unpacked
from research.objects.crops import AUGMENTATION, SEEN_AT, Source, drawn_crowds, shares
from research.objects.decoder import with_decoder_of
from research.objects.images import read_sides
from research.objects.outputs import outputs
from research.objects.training import ENCODER, Training


def scored(card: ModelCard, network: nn.Module, pairs: list[Pair]) -> str:
    """Return the F1 of the objects in words: at 0.5, mean over images and pooled; at 0.75."""
    found = []
    for pair in pairs:
        grey = pair.image.astype(np.float32) / 255
        particle, contact, distance = outputs(card, network, grey, SEEN_AT)
        objects = separate_by_distance(particle > 0.5, contact, distance, ObjectSettings())
        found.append([match_objects(pair.labels, objects, iou) for iou in (0.5, 0.75)])
    half, high = zip(*found, strict=True)
    mean = mean_of_known([one.f1 for one in half])
    return f"F1 {mean:.4f}, pooled {pooled(half).f1:.4f}, at 0.75 {pooled(high).f1:.4f}"


def pooled(matches: Sequence[ObjectAgreement]) -> ObjectAgreement:
    """Return the matches of several images as one."""
    return ObjectAgreement(
        sum(one.true_positives for one in matches),
        sum(one.false_positives for one in matches),
        sum(one.false_negatives for one in matches),
        sum(one.iou_sum for one in matches),
    )


def main() -> None:
    """Train, and write the averaged weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=np.inf, help="after which it ends anyway")
    parser.add_argument("--batch", type=int, default=5)
    parser.add_argument("--peak", type=float, default=3e-4, help="largest learning rate")
    parser.add_argument("--new", type=float, default=0.5, help="share of the new weights")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bfloat16", action="store_true")
    parser.add_argument("--model", default="particles")
    parser.add_argument("--start", type=Path, help="weights in place of the shipped ones")
    parser.add_argument("--teacher")
    parser.add_argument("--frozen", nargs="+", default=["encoder."], help="prefixes of parameters")
    parser.add_argument("--encoder", type=float, default=ENCODER, help="share of the learning rate")
    parser.add_argument("--steady", action="store_true", help="statistics of batches stay")
    parser.add_argument("--on", nargs="+", default=["train"], choices=("train", "dev", "val"))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    sides = read_sides(options.data)
    pairs = [pair for side in options.on for pair in sides[side]]
    card, teacher = zoo.card(options.model), None
    own = options.teacher == options.model
    if options.teacher:
        teacher = trained(zoo.card(options.teacher))
    if teacher is not None and not own:
        network = with_decoder_of(teacher, card, pairs, AUGMENTATION)
    else:
        network = trained(card)
        if options.start is not None:
            network.load_state_dict(unpacked(options.start.read_bytes()))
    checkpoint, frozen = options.folder / "checkpoint.pt", tuple(options.frozen)
    run = Training(
        card,
        network,
        checkpoint,
        options.bfloat16,
        frozen,
        teacher,
        own or options.steady,
        options.encoder,
    )
    source = Source(pairs, shares(pairs), drawn_crowds(options.seed), options.batch, options.seed)
    run.go_on(source.batch, options.steps, options.seconds, options.peak)
    state = run.mixed(options.new)
    run.network.load_state_dict(state)
    for side in ("dev", "val"):
        print(side, scored(card, run.network.eval(), list(sides[side])), flush=True)
    print(save_weights(state, options.folder / f"{card.name}.safetensors"))


if __name__ == "__main__":
    main()
