"""What can be opened without an upload: generated samples, and a lab's own folder of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.types import Array, Micrograph

if TYPE_CHECKING:
    from core.synthesis.samples import Sample

LAB_PREFIX = "lab/"
LAB_SENTENCE = "From this lab's sample folder."
LAB_LIMIT = 24
# Domains with walls and a few single spins: there is something to detect.
SNAPSHOT_TEMPERATURE = 1.8


@dataclass(frozen=True)
class Offer:
    """A micrograph on offer, with its ``name`` in links.

    ``open_page`` returns one page and, of a synthetic sample, the true phase (H, W) of each pixel.
    ``of_study``: it belongs to a case study, so it is not among the first screen's cards.
    """

    name: str
    title: str
    sentence: str
    synthetic: bool
    open_page: Callable[[int], tuple[Micrograph, Array | None]]
    of_study: bool = False


def offers() -> tuple[Offer, ...]:
    """Return the generated samples, the case studies', and the images of LAMELLA_SAMPLES."""
    from core.synthesis.samples import samples

    generated = tuple(
        Offer(one.name, one.title, one.sentence, True, lambda page, one=one: _build(one))
        for one in samples()
    )
    return generated + _study_offers() + _lab_offers()


def _build(sample: Sample) -> tuple[Micrograph, Array]:
    made = sample.build()
    return made.micrograph, made.labels


def _study_offers() -> tuple[Offer, ...]:
    from core.synthesis.gold.samples import GOLD_SAMPLES
    from core.synthesis.grains.samples import GRAIN_SAMPLES

    made = tuple(
        Offer(
            one.name,
            one.title,
            one.sentence,
            True,
            lambda page, one=one: one.build(),
            of_study=True,
        )
        for one in (*GOLD_SAMPLES, *GRAIN_SAMPLES)
    )
    return made + tuple(
        Offer(
            f"ising-{side}",
            f"Ising snapshot, {side} x {side}",
            "A quench below the critical temperature.",
            True,
            lambda page, side=side: (_ising_snapshot(side), None),
            of_study=True,
        )
        for side in (64, 16)
    )


def _ising_snapshot(side: int) -> Micrograph:
    from core.synthesis.ising.snapshots import as_micrograph
    from studies.ising.networks import results as ising

    data = ising.snapshots("quench", side)
    index = int(abs(data.temperatures - SNAPSHOT_TEMPERATURE).argmin())
    return as_micrograph(data.spins[index], f"ising-{side}.png")


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
            lambda page, path=path: (formats.read_file(path, page=page), None),
        )
        for path in files[:LAB_LIMIT]
    )
