"""Names of layers that a student can read: "encoder stage 2, block 1, convolution 1"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from core.inspection.layers.layer import Layer
from core.inspection.view import split_call

# Where a module lies, by its path, and what is added to each number in it, so that counting
# begins with 1.
_PLACES = (
    (r"encoder\.model\.(?:conv_stem|bn1)", "encoder stem", ()),
    (r"encoder\.(?:conv1|bn1|relu|maxpool)", "encoder stem", ()),
    (r"encoder\.model\.blocks\.(\d+)\.(\d+)(?:\.\w+)?", "encoder stage {}, block {}", (1, 1)),
    (
        r"encoder\.layer(\d+)\.(\d+)\.downsample\.\w+",
        "encoder stage {}, block {}, shortcut",
        (0, 1),
    ),
    (r"encoder\.layer(\d+)\.(\d+)(?:\.\w+)?", "encoder stage {}, block {}", (0, 1)),
    (r"layer(\d+)\.(\d+)\.downsample\.\w+", "stage {}, block {}, shortcut", (0, 1)),
    (r"layer(\d+)\.(\d+)(?:\.\w+)?", "stage {}, block {}", (0, 1)),
    (r"decoder\.blocks\.(\d+)(?:\.\w+)*", "decoder block {}", (1,)),
    (r"full_resolution\.\d+", "skip connection at full resolution", ()),
    (r"down\.(\d+)(?:\.\w+)?", "encoder block {}", (1,)),
    (r"up\.(\d+)(?:\.\w+)*", "decoder block {}", (1,)),
    (r"(?:conv|relu|max_pool)_(\d+)(?:_\d+)?", "block {}", (0,)),
    (r"classifier\.\d+", "classifier", ()),
    (r"features\.\d+", "", ()),
    (r"(?:conv|bn|relu|maxpool|pool|avgpool|average|flatten|squash)\d*", "", ()),
    (r"[csf]\d", "", ()),
)
_OUTPUTS = ("output", "head", "segmentation_head.0", "fc")
_WORDS = {
    "dense": "dense layer",
    "add": "addition",
    "concatenate": "concatenation",
    "average over the image": "global average",
    "adaptive average pooling": "average pooling",
}


def readable_names(layers: Iterable[Layer]) -> dict[str, str]:
    """Return what each layer of a network is called on screen, by its exact name.

    ``layers``: all of the network, in order; layers of one kind in one place are counted. A layer
    whose place is not known, as in a network of others, keeps its exact name.
    """
    parts = {layer.name: _parts(layer) for layer in layers}
    known = {name: part for name, part in parts.items() if part is not None}
    totals, counts = Counter(known.values()), Counter[tuple[str, str]]()
    found = {}
    for name, (place, word) in known.items():
        counts[place, word] += 1
        number = f" {counts[place, word]}" if totals[place, word] > 1 else ""
        found[name] = f"{place}, {word}{number}" if place else f"{word}{number}"
    return {name: found.get(name, name) for name in parts}


def readable_block(name: str) -> str:
    """Return what a block of layers is called on screen: "decoder block 1"; else its exact name."""
    return _place(name) or name


def _parts(layer: Layer) -> tuple[str, str] | None:
    """Return place and kind of a layer in words, None where its place is not known."""
    path = split_call(layer.name.split(" > ")[0])[0]
    if path in _OUTPUTS and " > " not in layer.name:
        return "", "output layer"
    place = _place(path)
    if place is None:
        return None
    kind = re.sub(r" \d+x\d+.*|, .*", "", layer.kind)
    word = _WORDS.get(kind, kind)
    # LeNet's layers have names of their own, by which its paper calls them.
    return place, f"{word} {path.upper()}" if re.fullmatch(r"[csf]\d", path) else word


def _place(path: str) -> str | None:
    for pattern, words, added in _PLACES:
        found = re.fullmatch(pattern, path)
        if found:
            numbers = zip(found.groups(), added, strict=True)
            return words.format(*(int(number) + one for number, one in numbers))
    return None
