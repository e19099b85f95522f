"""Which layers of a network stay in float32 where the others are computed in bfloat16.

The first layers, of few channels: what they round, all others see, and float32 costs least there.
With an EfficientNet-Lite0 they are the stem and the first block: the share of pixels that bfloat16
labels otherwise falls to a third, in the same time. ``research/precision.py`` measures each model.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

NARROW_CHANNELS = 32
"""The most output channels of a convolution that stays in float32."""


def keep_first_layers_in_float32(network: Path) -> None:
    """Mark in a file of OpenVINO's (``network.xml``) all layers up to the first convolution of more
    than :data:`NARROW_CHANNELS` output channels.

    The mark, ``precise``, is OpenVINO's own for layers that no hint of precision changes
    (``ov::DisablePrecisionConversion``); from Python it can be set in the file alone.
    """
    tree = ElementTree.parse(network)
    layers = {layer.attrib["id"]: layer for layer in tree.iterfind("layers/layer")}
    following: defaultdict[str, list[str]] = defaultdict(list)
    for edge in tree.iterfind("edges/edge"):
        following[edge.attrib["from-layer"]].append(edge.attrib["to-layer"])
    wide = [name for name, layer in layers.items() if _channels(layer) > NARROW_CHANNELS]
    if not wide:
        # The whole network would be marked.
        return
    later = _reached(wide, following)
    for name, layer in layers.items():
        if name not in later and layer.attrib["type"] not in ("Const", "Parameter", "Result"):
            _mark(layer)
    tree.write(network, encoding="utf-8", xml_declaration=True)


def _channels(layer: ElementTree.Element) -> int:
    """Return the output channels of a convolution; 0 of any other layer."""
    if "Convolution" not in layer.attrib["type"]:
        return 0
    # Axes of an output are N, C, H, W.
    channels = layer.findall("output/port/dim")[1].text
    return int(channels or 0)


def _reached(starts: Iterable[str], following: dict[str, list[str]]) -> set[str]:
    found, waiting = set[str](), list(starts)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(following[name])
    return found


def _mark(layer: ElementTree.Element) -> None:
    about = layer.find("rt_info")
    if about is None:
        about = ElementTree.Element("rt_info")
        # OpenVINO expects it between a layer's data and its ports.
        layer.insert(0 if layer.find("data") is None else 1, about)
    ElementTree.SubElement(about, "attribute", {"name": "precise", "version": "0"})
