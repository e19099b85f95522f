"""The images that a recipe makes for its own validation, as a data folder that can be scored.

python -m benchmarks.accuracy.made_images grains DIR
lamella evaluate grains --images DIR/images --masks DIR/masks
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from models import zoo


def main() -> None:
    """Write images/ and masks/."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    source = zoo.recipe(options.model).source
    if source is None:
        parser.error(f"{options.model} is trained on a data folder; it makes no images.")
    for pair in source().validation:
        for name, pixels in (("images", pair.image), ("masks", pair.labels)):
            (options.folder / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(options.folder / name / f"{pair.stem}.png")


if __name__ == "__main__":
    main()
