"""Five folds over articles: what models answer on images of articles that they never saw.

    python -m research.objects.folds DIR FOLDER --drawn 600
    python -m research.objects.folds DIR FOLDER --seconds 1500 --folds 0 1 2

DIR is the data folder of `particles`. All folds begin with the same weights: an encoder of ImageNet
that was trained with its decoder on drawn crowds and films alone, by the first command. Each then
learns from the images of four fifths of the articles, and is scored on the others as
`lamella evaluate` does it, with the settings and the confidence of the shipped card. FOLDER gets
checkpoints, weights and the scores; a run that was killed goes on. Once all five are there, prints
their means.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.evaluation.evaluation import Evaluation, evaluate
from core.segmentation.engines.engine import Engine
from core.training.augmentation import Pair
from core.training.initialization import efficientnet_lite_imagenet
from models.weights_file import save_weights, unpacked
from models.zoo import particles
from research.objects.crops import Source, drawn_crowds, shares
from research.objects.images import read_sides
from research.objects.training import Training

FOLDS, SEED, CROPS = 5, 1, 5
FROZEN = ("encoder.model.conv_stem", "encoder.model.bn1", "encoder.model.blocks.0")
PEAK, ENCODER_SHARE = 1e-3, 0.4


def fold_of(groups: list[str]) -> np.ndarray:
    """Return the fold (N,) of each image: articles at random, the longest list of images first, so
    that the folds are of like size."""
    names, count = np.unique(groups, return_counts=True)
    order = np.random.default_rng(3).permutation(len(names))
    order = order[np.argsort(-count[order], kind="stable")]
    size, fold = np.zeros(FOLDS, int), {}
    for one in order:
        fold[names[one]] = int(size.argmin())
        size[fold[names[one]]] += count[one]
    return np.array([fold[group] for group in groups])


def train(network: nn.Module, pairs: list[Pair], folder: Path, seconds: float, steps: int) -> None:
    """Train ``network`` further on ``pairs``, drawn crowds and films; write its weights."""
    run = Training(
        particles.CARD,
        network,
        folder / "checkpoint.pt",
        bfloat16=True,
        frozen=FROZEN,
        encoder=ENCODER_SHARE,
    )
    share = shares(pairs) if pairs else np.ones(0)
    source = Source(pairs, share, drawn_crowds(SEED), CROPS, SEED)
    run.go_on(source.batch, steps, seconds, PEAK)
    save_weights(run.mixed(1.0), folder / "particles.safetensors")


def begun(folder: Path) -> nn.Module:
    """Return the network with the weights of ``folder``."""
    network = particles.build()
    network.load_state_dict(unpacked((folder / "particles.safetensors").read_bytes()))
    return network.eval()


def score(network: nn.Module, data: Path, stems: frozenset[str]) -> Evaluation:
    """Return the scores of ``network`` on the images of ``stems``."""
    engine = Engine(particles.CARD, lambda: network, "cpu", "exact")
    return evaluate(engine, data / "images", data / "masks", "instances", stems)


def main() -> None:
    """Train and score; print the means over folds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--drawn", type=int, help="steps on drawn images, that all folds begin with"
    )
    parser.add_argument("--seconds", type=float, default=np.inf)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(FOLDS)))
    options = parser.parse_args()
    torch.set_num_threads(1)
    first = options.folder / "drawn"
    first.mkdir(parents=True, exist_ok=True)
    if options.drawn is not None:
        network = particles.build()
        print(efficientnet_lite_imagenet(network))
        train(network, [], first, options.seconds, options.drawn)
        return
    sides = read_sides(options.data)
    pairs = [pair for side in ("train", "dev", "val") for pair in sides[side]]
    fold = fold_of([pair.group for pair in pairs])
    for number in options.folds:
        folder = options.folder / str(number)
        folder.mkdir(exist_ok=True)
        if not (folder / "particles.safetensors").is_file():
            others = [pair for pair, of in zip(pairs, fold, strict=True) if of != number]
            train(begun(first), others, folder, options.seconds, options.steps)
        if not (folder / "scores.json").is_file():
            stems = frozenset(p.stem for p, of in zip(pairs, fold, strict=True) if of == number)
            found = score(begun(folder), options.data, stems).headlines
            scores = {one.key: one.estimate.value for one in found}
            (folder / "scores.json").write_text(json.dumps(scores, indent=1))
    files = [options.folder / str(number) / "scores.json" for number in range(FOLDS)]
    if all(file.is_file() for file in files):
        each = [json.loads(file.read_text()) for file in files]
        for key in each[0]:
            values = [one[key] for one in each if key in one]
            print(f"{key}: {np.mean(values):.4f} ({', '.join(f'{one:.3f}' for one in values)})")


if __name__ == "__main__":
    main()
