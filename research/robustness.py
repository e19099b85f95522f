"""What changed images cost a model: python -m research.robustness superalloy --data DIR

DIR is the model's data folder; scored are its validation images, or those whose stem fits --only.
Writes models/measured/NAME.robustness.csv, which the model's card reads. Weights of a run that is
not shipped: --weights FILE, which writes nothing.
"""

from __future__ import annotations

import argparse
from fnmatch import fnmatch
from pathlib import Path

from core.evaluation.robustness import robustness
from core.evaluation.robustness_scores import write_robustness_scores
from core.training.dataset import find_pairs, load_split
from models import zoo
from models.measured import FOLDER


def main() -> None:
    """Score, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--only", help="a pattern for stems, in place of the validation images")
    options = parser.parse_args()
    recipe, card = zoo.recipe(options.model), zoo.card(options.model)
    pairs, _ = find_pairs(options.data / "images", options.data / "masks")
    if options.only:
        pairs = [pair for pair in pairs if fnmatch(pair[0].stem, options.only)]
    else:
        split = load_split(options.data, recipe, len(card.phases))
        stems = {pair.stem for pair in split.validation}
        pairs = [pair for pair in pairs if pair[0].stem in stems]
    engine = zoo.load(options.model, "auto", options.weights)
    scores = robustness(engine, pairs, recipe.masks == "instances")
    for one in scores:
        print(
            f"{one.perturbation:40} mean IoU {one.mean_iou:.3f}, "
            f"foreground {one.foreground_iou:.3f}, per image {one.foreground_iou_per_image:.3f}"
        )
    if options.weights is None:
        write_robustness_scores(FOLDER / f"{options.model}.robustness.csv", scores)


if __name__ == "__main__":
    main()
