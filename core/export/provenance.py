"""What made a result: enough to run it again and to see why another one differs."""

from __future__ import annotations

import hashlib
import json
import platform
import shlex
import subprocess
import tomllib
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from core.analysis.analysis import Analysis
from core.export.tables import csv_bytes
from core.segmentation.settings import ObjectSettings, tiles_for

SCHEMA = 1
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "openvino",
    "torch",
    "segmentation-models-pytorch",
    "timm",
    "numpy",
    "scipy",
    "opencv-python-headless",
    "scikit-learn",
    "pandas",
    "pillow",
    "tifffile",
    "imagecodecs",
)


def run_json(analysis: Analysis, when: datetime | None = None) -> bytes:
    """Return the provenance of ``analysis`` as JSON; the same but for ``when`` (now, in UTC)."""
    return json.dumps(provenance(analysis, when), indent=2, ensure_ascii=False).encode() + b"\n"


def provenance(analysis: Analysis, when: datetime | None = None) -> dict[str, Any]:
    """Return input, model, settings, software and result of ``analysis`` as plain values.

    Lengths carry their unit in the key; what is not known is None.
    """
    return {
        "schema": SCHEMA,
        "created_utc": (when or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "command": _command(analysis),
        "input": _input(analysis),
        "model": _model(analysis),
        "settings": {
            "tiles": {
                "side_px": analysis.tile_settings.side_px,
                "overlap_px": analysis.tile_settings.shared_px(analysis.card),
            },
            "objects": asdict(analysis.object_settings),
            "forest": _forest_training(analysis),
        },
        "engine": {
            "device": analysis.segmentation.execution.device,
            "backend": analysis.segmentation.execution.backend or None,
            "precision": analysis.segmentation.execution.precision,
            "seconds": round(analysis.seconds, 3),
        },
        "result": {
            "digest": analysis.segmentation.digest,
            **contents(analysis),
            "objects": len(analysis.table),
            "objects_under_minimum_area": analysis.selection.too_small,
            "objects_under_minimum_confidence": analysis.selection.doubtful,
            "mean_confidence_of_no_objects": analysis.selection.mean_confidence,
            "objects_in_annotations": analysis.selection.in_annotations,
            "annotations": "kept" if analysis.object_settings.keep_annotations else "left out",
            "unit": "nm" if analysis.micrograph.pixel_size else "px",
            "mean_confidence": round(analysis.mean_confidence, 4),
            "confidence_temperature": analysis.card.temperature,
            "mean_intercept_px": _mean_intercept_px(analysis),
            "warnings": list(analysis.reasons_to_doubt),
        },
        "corrected_by_hand": _by_hand(analysis),
        "software": software(),
    }


def contents(analysis: Analysis) -> dict[str, str]:
    """Return the SHA-256 of labels, objects and table, the same where a result is repeated bit for
    bit; the ``digest`` beside them names what it was made from."""
    return {
        "labels_sha256": _sha256_of(analysis.segmentation.labels),
        "objects_sha256": _sha256_of(analysis.objects),
        "table_sha256": hashlib.sha256(csv_bytes(analysis.table)).hexdigest(),
    }


def _by_hand(analysis: Analysis) -> dict[str, object] | None:
    found = analysis.by_hand
    return None if found is None else {"in_words": str(found), **asdict(found)}


def _sha256_of(array: np.ndarray) -> str:
    """Return the SHA-256 of the bytes of an array, row by row, without a copy where they lie so."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def _mean_intercept_px(analysis: Analysis) -> float | None:
    found = analysis.intercepts
    return round(found.mean_px, 4) if found and found.hits else None


def _input(analysis: Analysis) -> dict[str, object]:
    micrograph = analysis.micrograph
    size = micrograph.pixel_size
    return {
        "name": micrograph.name,
        "sha256": micrograph.digest,
        "file_shape": list(micrograph.file_shape),
        "file_dtype": micrograph.dtype,
        "page": micrograph.page,
        "pages": micrograph.pages,
        "shape_px": list(micrograph.shape),
        "pixel_size_nm": size.nm if size else None,
        "pixel_size_source": size.source if size else None,
        "pixel_height_nm": size.height_nm if size else None,
        "pixel_size_error_percent": size.error_percent if size else None,
        "info_bar_rows": micrograph.info_bar_rows,
        "top_bar_rows": micrograph.top_bar_rows,
        "notes": list(micrograph.notes),
    }


def _model(analysis: Analysis) -> dict[str, object]:
    card, ran = analysis.card, analysis.segmentation.execution
    return {
        "name": card.name,
        "title": card.title,
        "architecture": card.architecture,
        "weights_sha256": card.weights.sha256 if card.weights else None,
        "trained": card.weights is not None,
        "origin": card.origin,
        "classic": card.build is None and card.origin in ("zoo", "forest"),
        "phases": [phase.name for phase in card.phases],
        "objects_phase": card.objects_phase,
        "mean": card.mean,
        "std": card.std,
        "pixel_size_nm": card.pixel_size_nm,
        "flips": len(card.flips),
        "scales": [ran.scale] if ran.scale else list(card.tta_scales),
    }


def marks_file(image_name: str) -> str:
    """Return the name of the file that holds the marks drawn on an image."""
    return f"{PurePath(image_name).stem}.marks.png"


def _forest_training(analysis: Analysis) -> dict[str, object] | None:
    """Return what a forest learned from and how; None of any other model."""
    forest_training = analysis.forest_training
    if forest_training is None:
        return None
    return {
        "image": forest_training.image_name,
        "image_sha256": forest_training.image_digest,
        "image_info_bar_rows": forest_training.bar_rows[1],
        "image_top_bar_rows": forest_training.bar_rows[0],
        "marks_file": marks_file(forest_training.image_name),
        "marks_sha256": forest_training.marks.digest,
        "marked_pixels": forest_training.marks.pixels_of_phases(),
        **asdict(forest_training.settings),
    }


def _command(analysis: Analysis) -> str | None:
    """Return the terminal's call that repeats this, with the image in the folder at hand.

    None where it has no such call: other tiles, marks on a later page, corrections by hand.
    """
    if analysis.by_hand is not None:
        return None
    micrograph = analysis.micrograph
    # A forest of this lab is found by its name, and has its marks with it.
    marked = None if analysis.card.origin == "forest" else analysis.forest_training
    marked_page = micrograph.page and marked
    usual = tiles_for(micrograph.shape, analysis.segmentation.execution.backend)
    if analysis.tile_settings != usual or marked_page:
        return None
    words = ["lamella", "segment", f"./{micrograph.name}", "--model", analysis.card.name]
    if marked:
        names = ",".join(phase.name for phase in marked.marks.phases)
        words += ["--marks", f"./{marks_file(marked.image_name)}", "--marks-phases", names]
        if marked.image_digest != micrograph.digest:
            words += ["--marks-image", f"./{marked.image_name}"]
    if micrograph.page:
        words += ["--page", str(micrograph.page + 1)]
    if size := micrograph.pixel_size:
        sides = (size.nm,) if size.is_square else (size.nm, size.height_nm)
        words += ["--pixel-size", "x".join(map(repr, sides))]
    words += _object_options(analysis.object_settings)
    top, bottom = micrograph.bar_rows
    bars = f"top:{top},{bottom}" if top else str(bottom)
    ran = analysis.segmentation.execution
    words += ["--info-bar", bars, "--device", ran.device]
    if analysis.card.build is not None:
        words += ["--precision", "exact" if ran.precision == "float32" else "fast"]
    words += ["--careful"] if analysis.card.is_careful else []
    return shlex.join([*words, "--out", "."])


def _object_options(chosen: ObjectSettings) -> list[str]:
    usual = ObjectSettings()
    numbers = {
        "--split": (chosen.split, usual.split),
        "--min-area": (chosen.minimum_area_px, usual.minimum_area_px),
        "--min-confidence": (chosen.minimum_confidence, usual.minimum_confidence),
    }
    flags = {
        "--keep-holes": not chosen.fill_holes,
        "--grey-edge": chosen.at_grey_edge,
        "--keep-annotations": chosen.keep_annotations,
        "--keep-second-phase": chosen.keep_second_phase,
    }
    words = [
        word for name, (one, other) in numbers.items() if one != other for word in (name, str(one))
    ]
    return words + [name for name, is_set in flags.items() if is_set]


@cache
def software() -> dict[str, object]:
    """Return the versions of Lamella, Python and the packages that numbers depend on."""
    packages = {name: _version(name) for name in PACKAGES}
    return {
        "lamella": _lamella_version(),
        "git_commit": _git_commit(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": packages,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _lamella_version() -> str | None:
    project = ROOT / "pyproject.toml"
    if project.is_file():
        return tomllib.loads(project.read_text("utf-8"))["project"]["version"]
    return _version("lamella")


def _git_commit() -> str | None:
    """Return the commit that is running, with "-dirty" behind it when files were changed."""
    # Without a repository of our own here git would go up and name somebody else's.
    if not (ROOT / ".git").exists():
        return None
    words = [
        "git",
        "-C",
        str(ROOT),
        "describe",
        "--always",
        "--dirty",
        "--abbrev=40",
        "--exclude=*",
    ]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
