"""Score `grains` on generated micrographs with precipitates, which it was not trained on.

    python -m research.grains.precipitates

Prints the scores for its card, on the same structures without precipitates and with.
``--weights`` takes another file than the shipped one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.evaluation.boundary_agreement import GrainAgreement, grain_agreement
from core.measurement.agreement import confusion_matrix, intersection_over_union
from core.segmentation.grains.merging import grains_from_probability
from core.segmentation.grains.network import boundaries, separate_grains
from core.segmentation.grains.second_phase import closing_probability
from core.segmentation.segment import AnyEngine, predict_magnified
from core.segmentation.settings import TileSettings
from core.synthesis.grains.effects import Precipitates
from core.synthesis.grains.image import generate
from core.synthesis.grains.settings import draw_settings
from core.training.augmentation import Pair
from core.training.synthetic_grains import BAND_PX
from models import zoo

STREAM = (1_000_001, 0, 2)
IMAGES, SIDE_PX = 48, 256


def drawn(count: int = IMAGES) -> Iterator[tuple[Pair, Pair]]:
    """Yield generated images of 256 px, and the same with a tenth of each particles 12 to 24 px
    wide in deep outlines, half of them on boundaries."""
    random = np.random.default_rng(STREAM)
    for index in range(count):
        settings = draw_settings(random, diameter_px=(40.0, 120.0), band_px=BAND_PX)
        settings = replace(settings, second_phase=None)
        radius, contrast, outline = (
            float(random.uniform(*limits)) for limits in ((6, 12), (-0.3, 0.3), (0.3, 0.6))
        )
        particles = Precipitates(0.1, radius, contrast, 0.5, outline)
        bare, made = (
            generate(replace(settings, precipitates=one), (SIDE_PX, SIDE_PX), index)
            for one in (None, particles)
        )
        yield tuple(Pair(f"{index}", one.grey, np.array(one.labels)) for one in (bare, made))


def measure(engine: AnyEngine, pairs: Iterable[Pair]) -> dict[str, float]:
    """Return the scores: of lines as on the card, of precipitates pooled over the images, and the
    length of the network relative to the reference's, mean over images."""
    card, agreements, lengths = engine.card, list[GrainAgreement](), []
    confusion = np.zeros((3, 3))
    for pair in pairs:
        found = predict_magnified(pair.image.astype(np.float32) / 255, engine, TileSettings())
        labels = found[: len(card.phases)].argmax(0)
        grains = grains_from_probability(closing_probability(found.__getitem__, card))
        second = pair.labels == 2
        agreements.append(grain_agreement(pair.labels == 1, labels == 1, grains, second))
        theirs = boundaries(separate_grains(pair.labels > 0, 0)).sum()
        lengths.append(boundaries(grains).sum() / theirs)
        confusion += confusion_matrix(pair.labels, labels, 3)
    scores = {
        "boundary Dice within 3 px": float(np.mean([one.band.f1 for one in agreements])),
        "network F1 within 3 px": float(np.mean([one.line.f1 for one in agreements])),
        "mean intercept off": float(np.mean([abs(one.intercept_error) for one in agreements])),
        "grains by those in the reference": float(
            sum(one.grains for one in agreements) / sum(one.reference_grains for one in agreements)
        ),
        "length of the network": float(np.mean(lengths)),
    }
    if not confusion[2].any():
        return scores
    return scores | {
        "share of precipitates found as boundary": float(confusion[2, 1] / confusion[2].sum()),
        "IoU of precipitates, pooled": float(intersection_over_union(confusion)[2]),
    }


def main() -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="instead of the shipped ones")
    engine = zoo.load("grains", "auto", parser.parse_args().weights)
    for title, pairs in zip(("without", "with"), zip(*drawn(), strict=True), strict=True):
        print(f"{title} precipitates")
        for name, value in measure(engine, pairs).items():
            print(f"  {name}: {value:.3f}", flush=True)


if __name__ == "__main__":
    main()
