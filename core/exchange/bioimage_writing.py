"""A BioImage.IO package of a network of ours, written by hand in the words of format 0.5.

What its words cannot say (the pixel size that images are resampled to, averaging over flips and
scales, how objects are told apart) stands in its README and in its ``config``.

Source: https://github.com/bioimage-io/spec-bioimage-io, model description 0.5.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import yaml

from core.exchange.bioimage_processing import Step, applied
from core.exchange.onnx_form import GREY
from core.exchange.onnx_writing import TOLERANCE, WrittenOnnx, runner
from core.exchange.trial import grey_field
from core.export.zip_file import zip_bytes
from core.figures.encoding import encode_colors
from core.figures.overlay import overlay
from core.types.model_card import OBJECT_OUTPUTS
from core.workspace.lab import lab_card
from core.workspace.lab.lab_card import LabCard

FORMAT = "0.5.12"
PHASES, OBJECTS = "phases", "objects"
MINIMUM_PX, STEP_PX, HALO_PX = 128, 32, 32
TEST_SHAPE = (256, 256)
COVER_SHAPE = (256, 512)
_DOI = re.compile(r"\b(10\.\d{4,9}/[^\s,;]+)")
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_+\- ()]")


def package(card: LabCard, network: WrittenOnnx) -> bytes:
    """Return a package.

    ``network``: from (x - mean) / std of the card to the logits of the phases over the card's
    temperature, and to those of contact and normalized distance where it has them.
    """
    steps = preprocessing(card)
    image = (255 * grey_field(TEST_SHAPE))[None, None].astype(np.float32)
    found = _answers(card, network.data, applied(steps, image, card.name))
    files = {
        "README.md": _readme(card, network).encode(),
        "card.json": lab_card.to_json(card).encode(),
        "cover.png": _cover(card, network.data, steps),
        "weights.onnx": network.data,
        "test_input.npy": _npy(image),
        **{f"test_{name}.npy": _npy(values) for name, values in found.items()},
    }
    text = yaml.safe_dump(
        _description(card, network, files), sort_keys=False, allow_unicode=True, width=100
    )
    return zip_bytes({"rdf.yaml": text.encode(), **files})


def preprocessing(card: LabCard) -> tuple[Step, ...]:
    """Return what ``core.segmentation.preprocessing`` and the network's own scale do to an image,
    in the words of BioImage.IO; for sparse objects the former reaches further."""
    stretched = {
        "axes": ["channel", "y", "x"],
        "min_percentile": 0.5,
        "max_percentile": 99.5,
        "eps": 1e-6,
    }
    return (
        Step("ensure_dtype", {"dtype": "float32"}),
        Step("scale_range", stretched),
        Step("clip", {"min": 0.0, "max": 1.0}),
        Step("fixed_zero_mean_unit_variance", {"mean": card.mean, "std": card.std}),
    )


def _answers(card: LabCard, data: bytes, seen: np.ndarray) -> dict[str, np.ndarray]:
    """Return the outputs of the package, postprocessed, by their names."""
    values = runner(data).run(None, {GREY: seen})
    names = _outputs(card)
    return {
        name: applied((Step(step, {}),), one, card.name)
        for (name, (_, step)), one in zip(names.items(), values, strict=True)
    }


def _outputs(card: LabCard) -> dict[str, tuple[tuple[str, ...], str]]:
    """Return channels and postprocessing of each output by its name."""
    named = {PHASES: (tuple(phase.name for phase in card.phases), "softmax")}
    return {**named, OBJECTS: (OBJECT_OUTPUTS, "sigmoid")} if card.object_outputs else named


def _description(card: LabCard, network: WrittenOnnx, files: Mapping[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "format_version": FORMAT,
        "type": "model",
        "name": (_NOT_IN_NAMES.sub(" ", card.title).strip() + " (Lamella)")[:128],
        "description": card.purpose[:1024],
        "authors": [{"name": "Lamella contributors"}],
        "documentation": _entry("README.md", files),
        "covers": [_entry("cover.png", files)],
        "attachments": [_entry("card.json", files)],
        "tags": ["segmentation", "semantic-segmentation", "electron-microscopy", "materials"],
        "inputs": [_input(card, files)],
        "outputs": [_output(name, card, files) for name in _outputs(card)],
        "weights": {
            "onnx": {**_entry("weights.onnx", files), "opset_version": network.opset},
        },
        "config": {
            "bioimageio": {
                "reproducibility_tolerance": [
                    {"relative_tolerance": TOLERANCE, "absolute_tolerance": TOLERANCE}
                ]
            },
            "lamella": {"card": json.loads(lab_card.to_json(card))},
        },
    }
    if "BSD-3-Clause" in card.licence:
        found["license"] = "BSD-3-Clause"
    if cited := _DOI.search(card.reference):
        found["cite"] = [{"text": card.reference, "doi": cited[1]}]
    return found


def _entry(name: str, files: Mapping[str, bytes]) -> dict[str, str]:
    return {"source": name, "sha256": hashlib.sha256(files[name]).hexdigest()}


def _input(card: LabCard, files: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "id": GREY,
        "description": "grey levels of a micrograph without its info bar, as the file holds them",
        "axes": [
            {"type": "batch"},
            {"type": "channel", "channel_names": [GREY]},
            *(
                {"type": "space", "id": axis, "size": {"min": MINIMUM_PX, "step": STEP_PX}}
                for axis in "yx"
            ),
        ],
        "data": {"type": "float32"},
        "preprocessing": [
            {"id": step.id, "kwargs": dict(step.kwargs)} for step in preprocessing(card)
        ],
        "test_tensor": _entry("test_input.npy", files),
    }


def _output(name: str, card: LabCard, files: Mapping[str, bytes]) -> dict[str, Any]:
    channels, step = _outputs(card)[name]
    size = {"tensor_id": GREY}
    return {
        "id": name,
        "axes": [
            {"type": "batch"},
            {"type": "channel", "channel_names": list(channels)},
            *(
                {"type": "space", "id": axis, "size": {**size, "axis_id": axis}, "halo": HALO_PX}
                for axis in "yx"
            ),
        ],
        "data": {"type": "float32"},
        "postprocessing": [
            {"id": step, "kwargs": {"axis": "channel"}} if step == "softmax" else {"id": step}
        ],
        "test_tensor": _entry(f"test_{name}.npy", files),
    }


def _readme(card: LabCard, network: WrittenOnnx) -> str:
    operators = ", ".join(f"{name} {count}" for name, count in network.operators.items())
    scores = [f"- {one.metric}: {one.value:.3f}, on {one.data}" for one in card.scores]
    parts = [
        f"# {card.title}",
        card.purpose,
        f"Phases: {', '.join(phase.name for phase in card.phases)}. {card.architecture}.",
        f"Trained on {card.data}.",
        f"Licence: {card.licence}. Reference: {card.reference}.",
        "## What this package cannot say in its own fields",
        "\n".join(f"- {one}" for one in beyond_words(card)),
        "## Limitations",
        "\n\n".join([card.limits, *(f"- {one}" for one in card.failures)]),
        "# Validation",
        "\n".join(scores) or "It was not scored on images kept out of its training.",
        f"The ONNX (opset {network.opset}: {operators}) differs from the network in PyTorch by "
        f"up to {network.difference:.1e} in ONNX Runtime, at three image sizes and batches of 1 "
        "and 2.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def beyond_words(card: LabCard) -> tuple[str, ...]:
    """Return what Lamella does with this model and BioImage.IO has no words for, in sentences."""
    found = ["Info bars are cut off before, and oblong pixels resampled to square ones."]
    found.append(
        "Where objects cover less than the percentiles leave out, Lamella stretches the grey "
        "levels up to those of the objects."
    )
    if card.pixel_size_nm is not None:
        found.append(f"Images are resampled to {card.pixel_size_nm:.4g} nm a pixel.")
    if card.tta_scales != (1.0,):
        scales = ", ".join(f"{scale:g}" for scale in card.tta_scales)
        found.append(
            f"The network sees the image enlarged by {scales}, and its answer is brought back to "
            "the image's size; of several the mean is taken."
        )
    if card.fine_scale is not None:
        found.append(f"Where its objects are small, the image is enlarged by {card.fine_scale:g}.")
    if card.working_side_px is not None:
        found.append(f"Larger images are reduced to {card.working_side_px} px on the longer side.")
    if card.tta_flips:
        found.append(
            f"The answer is the mean over {2 if card.upright else 4} mirror images of the image."
        )
    if card.temperature != 1:
        found.append(
            f"The confidence is softened by a temperature of {card.temperature:g}; it is contained "
            "in the last convolution here, and the phases are the same."
        )
    if card.object_outputs:
        found.append(
            "Touching objects are told apart by a watershed of contact and normalized distance."
        )
    return tuple(found)


def _cover(card: LabCard, data: bytes, steps: tuple[Step, ...]) -> bytes:
    """Return a made-up image beside what the network finds in it."""
    grey = grey_field(COVER_SHAPE)
    found = _answers(card, data, applied(steps, grey[None, None], card.name))[PHASES][0]
    half = COVER_SHAPE[1] // 2
    colored = overlay(grey, found.argmax(0).astype(np.uint8), lab_card.model_card(card).phases)
    picture = np.repeat(np.rint(255 * grey).astype(np.uint8)[..., None], 3, 2)
    picture[:, half:] = colored[:, half:]
    return encode_colors(picture).data


def _npy(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values.astype(np.float32), allow_pickle=False)
    return stream.getvalue()
