"""Files that a user sends as images and masks: what is there twice, and masks kept as outlines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import DataError
from core.pixels.outline_file import split_coco
from core.training.fine_tuning.mask_files import ReadPair, read_pairs

File = tuple[str, bytes]


@dataclass(frozen=True, eq=False)
class Uploaded:
    """``mistakes``: each without its full stop. ``are_objects``: the masks were outlines of single
    objects."""

    pairs: tuple[ReadPair, ...]
    mistakes: tuple[str, ...]
    are_objects: bool


def read_uploaded(images: Sequence[File], masks: Sequence[File]) -> Uploaded:
    """Return what can be learned from of (name, content) of images and of masks, and every mistake:
    as :func:`core.training.fine_tuning.mask_files.read_pairs`, and names that are there twice. A
    COCO file among the masks is one of each image that it names."""
    mistakes = []
    drawn: list[File] = []
    are_objects = [name.lower().endswith(".zip") for name, _ in masks]
    for number, (name, data) in enumerate(masks):
        if not name.lower().endswith(".json"):
            drawn.append((name, data))
            continue
        try:
            split, are_objects[number] = split_coco(data, name)
        except DataError as error:
            mistakes.append(str(error).removesuffix("."))
        else:
            drawn += split.items()
    for what, files in (("images", images), ("masks", drawn)):
        counts = Counter(name for name, _ in files)
        mistakes += [
            f"{count} {what} are named {name}; only the first is taken, so rename the others"
            for name, count in counts.items()
            if count > 1
        ]
    pairs, found = read_pairs(dict(reversed(images)), dict(reversed(drawn)))
    return Uploaded(pairs, (*mistakes, *found), bool(are_objects) and all(are_objects))
