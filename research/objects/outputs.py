"""Keep what a network answers on the development and validation images.

    python -m research.objects.outputs DIR OUT.npz --sides dev val --scales 1 0.7

DIR is the data folder of `particles`. Without a checkpoint of `research.objects.train` the shipped
weights of `--model` answer.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from core.pixels.resampling import resample
from core.types.model_card import ModelCard
from models import zoo
from models.weights_file import trained
from research.objects.images import read_sides


@torch.inference_mode()
def outputs(
    card: ModelCard, network: torch.nn.Module, grey: np.ndarray, scale: float
) -> np.ndarray:
    """Return foreground, contact and distance (3, H, W) float16 at the image's own size."""
    seen = resample(grey, tuple(round(side * scale) for side in grey.shape))
    batch = (torch.from_numpy(seen)[None, None] - card.mean) / card.std
    height, width = seen.shape
    batch = functional.pad(batch, (0, -width % 32, 0, -height % 32), mode="reflect")
    batch = batch.to(memory_format=torch.channels_last)
    logits = network(batch)[0, :, :height, :width].float()
    found = torch.stack([logits[:2].softmax(0)[1], *logits[2:].sigmoid()]).numpy()
    return np.stack([resample(one, grey.shape) for one in found]).astype(np.float16)


def main() -> None:
    """Write the outputs of each image by side, name and scale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--sides", nargs="+", default=["dev"])
    parser.add_argument("--scales", nargs="+", type=float, default=[1.0])
    parser.add_argument("--model", default="particles")
    options = parser.parse_args()
    card = zoo.card(options.model)
    network = trained(card).to(memory_format=torch.channels_last)
    if options.checkpoint is not None:
        average = torch.load(options.checkpoint, weights_only=True)["average"]
        prefix = "module."
        network.load_state_dict(
            {
                name.removeprefix(prefix): value
                for name, value in average.items()
                if name.startswith(prefix)
            }
        )
    pairs, kept = read_sides(options.data), {}
    for side in options.sides:
        for pair in pairs[side]:
            grey = pair.image.astype(np.float32) / 255
            for scale in options.scales:
                kept[f"{side}|{pair.stem}|{scale:g}"] = outputs(card, network, grey, scale)
    np.savez(options.out, **kept)


if __name__ == "__main__":
    main()
