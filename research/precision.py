"""What bfloat16 changes in a model's answers: python -m research.precision particles --data DIR

DIR is the model's data folder; scored are its validation images, or those whose stem fits --only,
in float32 and in bfloat16. Adds a row to models/measured/precision.csv, in place of one of the same
weights, processor and version of OpenVINO. Where the row says that labels and score stay, bfloat16
is taken without being asked for.

With ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16 a processor with AMX answers as one without, and the row
is for those.
"""

from __future__ import annotations

import argparse
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

import numpy as np

from core.evaluation.evaluation import evaluate
from core.evaluation.precision_scores import (
    PrecisionScore,
    read_precision_scores,
    write_precision_scores,
)
from core.formats import read_file
from core.segmentation.engines.engine import Engine
from core.segmentation.engines.processor import bfloat16_units
from core.segmentation.segment import segment
from core.training.dataset import find_pairs, load_split
from models import zoo
from models.measured import PRECISIONS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only")
    options = parser.parse_args()
    if not bfloat16_units():
        parser.error("this processor does not multiply bfloat16")
    found = compared(options.name, options.data, options.only)
    others = [one for one in read_precision_scores(PRECISIONS) if one.is_of != found.is_of]
    rows = sorted([*others, found], key=lambda one: one.is_of)
    write_precision_scores(PRECISIONS, rows)
    print(found, "as good" if found.is_as_good else "not as good")


def compared(name: str, data: Path, pattern: str | None) -> PrecisionScore:
    """Return what bfloat16 changes for one model."""
    card, recipe = zoo.card(name), zoo.recipe(name)
    if pattern is None:
        stems = {pair.stem for pair in load_split(data, recipe, len(card.phases)).validation}
    else:
        pairs, _ = find_pairs(data / "images", data / "masks")
        stems = {image.stem for image, _ in pairs if fnmatch(image.stem, pattern)}
    exact = zoo.load(name, "cpu", precision="exact", backend="openvino")
    fast = zoo.load(name, "cpu", precision="fast", backend="openvino")
    assert isinstance(exact, Engine) and isinstance(fast, Engine) and card.weights is not None
    equal = []
    for path in sorted(p for p in (data / "images").iterdir() if p.stem in stems):
        micrograph, labels = read_file(path), []
        for engine in (exact, fast):
            labels.append(segment(micrograph, engine).labels[micrograph.image_rows])
        equal.append((np.count_nonzero(labels[0] == labels[1]), labels[0].size))
    metric = next(score.key for score in card.scores if score.key)
    scores = [
        {
            line.key: line.estimate.value
            for line in evaluate(
                engine, data / "images", data / "masks", recipe.masks, frozenset(stems)
            ).headlines
        }[metric]
        for engine in (exact, fast)
    ]
    same, pixels = np.sum(equal, axis=0)
    return PrecisionScore(
        name,
        card.weights.sha256,
        bfloat16_units(),
        "openvino",
        version("openvino"),
        len(equal),
        metric,
        *scores,
        float(same / pixels),
    )


if __name__ == "__main__":
    main()
