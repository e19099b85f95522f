"""Train `supported-particles` from `particles`, or further, for as long as there is time.

    python -m research.supported.train FOLDER --until 2026-11-30T00:40

The learning rate follows the clock: one cycle from the first start
to ``--until``. Killed, it goes on from its checkpoint.

With ``--boxes DIR``, a share of the crops is cut from images of DIR/images whose names fit
``--of``, at the size that the model sees them at, an ellipse in each of the boxes of
DIR/boxes_yolo taken as a particle.
"""

from __future__ import annotations

import argparse
import re
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import torch

from core.formats import read_file
from core.measurement.boxes import read_yolo_boxes
from core.pixels.resampling import resample
from core.segmentation.preprocessing import eight_bit, image_field
from core.segmentation.segment import working_shapes
from core.synthesis.supported.image import draw_supported
from core.training.augmentation import Augmentation, Pair, random_crop
from core.training.object_targets import object_targets
from core.training.prefetch import made_ahead
from models import zoo
from models.weights_file import save_weights, trained
from models.zoo.supported_particles import CARD
from research.objects.training import NEVER, PEAK, SAVED_SECONDS, Training, rate

BATCH, SIDE = 6, 160
SEED = 21
# Little noise is added: what people saw through that of the image shall stay visible.
AUGMENTATION = Augmentation(
    scale=(0.6, 1.6),
    rotation_degrees=(-30, 30),
    blur=0.1,
    noise=0.1,
    dose=(200, 1e4),
    readout=(0, 0.02),
    shading=0.2,
    invert=0.25,
    on_object=0.8,
)
# People draw boxes with a margin around what they see.
BOX_FILLED = 0.9


@dataclass(frozen=True, eq=False)
class Source:
    """Where crops come from: drawn, but for a share of ``boxed`` cut from ``pairs``."""

    pairs: tuple[Pair, ...]
    boxed: float

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return images and targets of one step, the same for the same step."""
        random = np.random.default_rng((SEED, step))
        images, targets = [], []
        for _ in range(BATCH):
            if self.pairs and random.random() < self.boxed:
                pair = self.pairs[random.integers(len(self.pairs))]
                image, ids = random_crop(pair, SIDE, AUGMENTATION, random)
            else:
                image, ids = draw_supported(random, SIDE)
            images.append(image)
            targets.append(object_targets(ids))
        return torch.from_numpy(np.stack(images))[:, None], torch.from_numpy(np.stack(targets))


def ellipses(boxes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return instances (H, W) uint16: an ellipse in each box (N, 4), the smaller above."""
    instances = np.zeros(shape, np.uint16)
    size = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    for number, index in enumerate(np.argsort(-size), start=1):
        top, left, bottom, right = boxes[index]
        # OpenCV takes whole parts of 1/16 px, of pixel centres.
        centre = ((left + right - 1) * 8, (top + bottom - 1) * 8)
        axes = ((right - left) * 8 * BOX_FILLED, (bottom - top) * 8 * BOX_FILLED)
        middle, half = (tuple(round(one) for one in pair) for pair in (centre, axes))
        cv2.ellipse(instances, middle, half, 0, 0, 360, number, -1, cv2.LINE_8, 4)
    return instances


def boxed_pairs(folder: Path, pattern: str) -> tuple[Pair, ...]:
    """Return the images whose names fit ``pattern``, at the model's working side, a particle in
    each box."""
    pairs = []
    for path in sorted((folder / "images").iterdir()):
        if re.fullmatch(pattern, path.stem):
            grey = image_field(read_file(path)).grey
            [shape] = working_shapes(grey.shape, (CARD.scale_for(grey.shape) or 1.0,))
            boxes = read_yolo_boxes(folder / "boxes_yolo" / f"{path.stem}.txt", shape)
            seen = eight_bit(resample(grey, shape))
            pairs.append(Pair(path.stem, seen, ellipses(boxes, shape)))
    return tuple(pairs)


def main() -> None:
    """Train until the time given, then write the averaged weights, mixed with the first ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--until", required=True, type=datetime.fromisoformat, metavar="TIME")
    parser.add_argument("--model", default="particles", help="whose weights it begins with")
    parser.add_argument("--boxes", type=Path, metavar="DIR")
    parser.add_argument("--of", default=".*", metavar="PATTERN", help="names of images with boxes")
    parser.add_argument("--boxed", type=float, default=0.5, help="share of crops with boxes")
    parser.add_argument("--peak", type=float, default=PEAK, help="largest learning rate")
    parser.add_argument("--new", type=float, default=1.0, help="share of the new weights")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    run = Training(CARD, trained(zoo.card(options.model)), options.folder / "checkpoint.pt")
    end = options.until.timestamp()
    pairs = boxed_pairs(options.boxes, options.of) if options.boxes else ()
    source = Source(pairs, options.boxed)
    saved, losses = time.time(), []
    for images, targets in made_ahead(source.batch, run.step, NEVER, 1):
        progress = min((time.time() - run.begun) / (end - run.begun), 1.0)
        losses.append(run.learn(images, targets, rate(progress, options.peak)))
        if run.step % 20 == 0:
            clock = f"{datetime.now():%H:%M:%S}"
            print(clock, run.step, f"{progress:.3f}", np.mean(losses, axis=0).round(3), flush=True)
            losses = []
        if time.time() - saved > SAVED_SECONDS or progress >= 1:
            run.save()
            saved = time.time()
        if progress >= 1:
            break
    print(save_weights(run.mixed(options.new), options.folder / "supported-particles.safetensors"))


if __name__ == "__main__":
    main()
