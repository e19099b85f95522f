"""What can be opened without an upload: generated samples, and a lab's own folder of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.types.arrays import Array
from core.types.micrograph import Micrograph

if TYPE_CHECKING:
    from core.synthesis.samples import Sample

LAB_PREFIX = "lab/"
LAB_SENTENCE = "From this lab's sample folder."
LAB_LIMIT = 24
PARTICLES = "particles"
FIRST_SCREEN = ("channelled-grains", "gold-hrtem")
"""Of the case studies' samples, those that the first screen shows too."""
# Domains with walls and a few single spins: there is something to detect.
SNAPSHOT_TEMPERATURE = 1.8


@dataclass(frozen=True)
class Offer:
    """A micrograph on offer, with its ``name`` in links.

    ``open_page`` returns one page and, of a synthetic sample, the true phase (H, W) of each pixel.
    ``of_study``: it belongs to a case study alone, so it is not among the first screen's cards.
    ``model``: the name of the one that it is for; "" where that is not known.
    """

    name: str
    title: str
    sentence: str
    synthetic: bool
    open_page: Callable[[int], tuple[Micrograph, Array | None]]
    of_study: bool = False
    model: str = ""


def offers() -> tuple[Offer, ...]:
    """Return the generated samples, the case studies', and the images of LAMELLA_SAMPLES."""
    from core.synthesis.samples import samples

    generated = tuple(
        Offer(
            one.name,
            one.title,
            one.sentence,
            True,
            partial(_generated, one),
            model=PARTICLES,
        )
        for one in samples()
    )
    return (*generated, _supported_offer(), _alloy_offer(), *_study_offers(), *_lab_offers())


def offer_of(name: str) -> Offer | None:
    """Return what is on offer under a name, None where there is nothing."""
    return next((one for one in offers() if one.name == name), None)


def _supported_offer() -> Offer:
    def build(page: int) -> tuple[Micrograph, Array]:
        from core.synthesis.supported.sample import supported_metal

        made = supported_metal()
        return made.micrograph, made.labels

    return Offer(
        "supported-metal",
        "Metal on an oxide, HAADF-STEM",
        "Bright particles, many in clusters, on an oxide of uneven thickness; 0.35 nm a pixel.",
        True,
        build,
        model="supported-particles",
    )


def _alloy_offer() -> Offer:
    def build(page: int) -> tuple[Micrograph, Array]:
        from core.synthesis.superalloy import superalloy

        made = superalloy()
        return made.micrograph, made.labels

    return Offer(
        "superalloy",
        "Nickel superalloy, SEM",
        "Secondary and tertiary γ′ precipitates in a matrix; 8 nm a pixel.",
        True,
        build,
        model="superalloy",
    )


def _generated(sample: Sample, page: int) -> tuple[Micrograph, Array]:
    made = sample.build()
    return made.micrograph, made.labels


def _of_study(build: Callable[[], tuple[Micrograph, Array]], page: int) -> tuple[Micrograph, Array]:
    return build()


def _study_offers() -> tuple[Offer, ...]:
    from core.synthesis.gold.samples import GOLD_SAMPLES
    from core.synthesis.grains.samples import GRAIN_SAMPLES

    made = tuple(
        Offer(
            one.name,
            one.title,
            one.sentence,
            True,
            partial(_of_study, one.build),
            of_study=one.name not in FIRST_SCREEN,
            model=model,
        )
        for model, found in (("grains", GRAIN_SAMPLES), ("gold", GOLD_SAMPLES))
        for one in found
    )
    return made + tuple(
        Offer(
            f"ising-{side}",
            f"Ising snapshot, {side} x {side}",
            "A quench below the critical temperature.",
            True,
            partial(_ising_snapshot, side),
            of_study=True,
        )
        for side in (64, 16)
    )


def _ising_snapshot(side: int, page: int) -> tuple[Micrograph, None]:
    from core.synthesis.ising.snapshots import as_micrograph
    from studies.ising.networks import results as ising

    data = ising.snapshots("quench", side)
    index = int(abs(data.temperatures - SNAPSHOT_TEMPERATURE).argmin())
    return as_micrograph(data.spins[index], f"ising-{side}.png"), None


def _of_lab(path: Path, page: int) -> tuple[Micrograph, None]:
    from core import formats

    return formats.read_file(path, page=page), None


def _lab_offers() -> tuple[Offer, ...]:
    folder = os.environ.get("LAMELLA_SAMPLES")
    if not folder or not Path(folder).is_dir():
        return ()
    from core import formats

    known = {f".{extension}" for extension in formats.extensions()} - {".txt", ".hdr"}
    files = sorted(path for path in Path(folder).iterdir() if path.suffix.lower() in known)
    return tuple(
        Offer(
            LAB_PREFIX + path.name,
            path.stem,
            LAB_SENTENCE,
            False,
            partial(_of_lab, path),
        )
        for path in files[:LAB_LIMIT]
    )
