"""Write the generated images that `supported-particles` is scored on, with their instances.

    python -m research.supported.images FOLDER

Training, the choice of the confidence's weights and the score each have seeds of their own.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2

from core.training.synthetic_supported import TEST_STREAM, supported_pairs

COUNT, SIDE = 64, 384


def main() -> None:
    """Write FOLDER/images and FOLDER/masks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    for part in ("images", "masks"):
        (options.folder / part).mkdir(parents=True, exist_ok=True)
    for pair in supported_pairs("supported", TEST_STREAM, COUNT, SIDE):
        cv2.imwrite(str(options.folder / "images" / f"{pair.stem}.png"), pair.image)
        cv2.imwrite(str(options.folder / "masks" / f"{pair.stem}.png"), pair.labels)


if __name__ == "__main__":
    main()
