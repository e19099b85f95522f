"""Parts 10 and 11 of the lecture: the three case studies, and the summary."""

from __future__ import annotations

from functools import cache

import numpy as np
import plotly.graph_objects as go

from core.analysis import analyse
from core.figures.lecture_pictures import Shown, pictures, text_rows
from core.synthesis.gold.samples import GOLD_SAMPLES
from core.synthesis.grains.samples import GRAIN_SAMPLES
from core.types import Array, Micrograph
from lecture.step import Part, Step, Subject
from studies.gold import figures as gold_figures
from studies.gold.contrasts import TITLES
from studies.gold.networks import results as gold
from studies.gold.scoring import mask_dice
from studies.grains import figures as grain_figures
from studies.grains.networks import results as grains
from studies.grains.scoring import find_grains
from studies.ising import figures as ising_figures
from studies.ising.networks import results as ising

SIDE = 64
GRAIN_SIDE = 512


@cache
def _gold() -> tuple[Micrograph, Array]:
    return GOLD_SAMPLES[0].build()


@cache
def _grains() -> tuple[Micrograph, Array]:
    return GRAIN_SAMPLES[0].build()


def _gold_data(subject: Subject) -> go.Figure:
    micrograph, truth = _gold()
    return pictures(
        [
            Shown(micrograph.pixels, "Computed from atoms"),
            Shown((truth > 0).astype(np.float32), "Its label: where the gold is"),
        ]
    )


def _gold_result(subject: Subject) -> go.Figure:
    micrograph, truth = _gold()
    found = analyse(micrograph, subject.engine("gold"))
    marked = found.segmentation.labels == found.card.objects_phase
    picture = gold_figures.mask_picture(micrograph.pixels, marked, truth > 0)
    dice = mask_dice(truth > 0, marked)
    return pictures(
        [
            Shown(micrograph.pixels, "The image"),
            Shown(picture, f"What the U-Net finds: Dice {dice:.2f}"),
        ]
    )


def _gold_fields(subject: Subject) -> go.Figure:
    rows = [row for row in gold.read_fields() if row.network.skips]
    dots = {
        title: [
            gold_figures.Dot(row.field_high_px, row.dice, row.low, row.high)
            for row in rows
            if row.network.contrast == contrast
        ]
        for contrast, title in TITLES.items()
    }
    return gold_figures.field_figure({title: found for title, found in dots.items() if found})


def _grain_data(subject: Subject) -> go.Figure:
    micrograph, truth = _grains()
    side = slice(0, GRAIN_SIDE)
    return pictures(
        [
            Shown(micrograph.pixels[side, side], "Generated micrograph"),
            Shown(1 - (truth[side, side] > 0).astype(np.float32), "Its boundaries, known exactly"),
        ]
    )


def _grain_result(subject: Subject) -> go.Figure:
    micrograph, truth = _grains()
    side = slice(0, GRAIN_SIDE)
    found = find_grains(
        subject.engine("grains"), micrograph.pixels[side, side], truth[side, side] > 0
    )
    picture = grain_figures.boundary_picture(found.grey, found.lines, found.reference)
    dice = f": Dice {found.agreement.band.f1:.2f} within 3 px" if found.agreement else ""
    return pictures([Shown(found.grey, "The image"), Shown(picture, f"Boundaries found{dice}")])


def _grain_ablation(subject: Subject) -> go.Figure:
    whole, *others = grains.ablation()
    return grain_figures.ablation_figure(
        [row.title for row in others],
        [row.dice for row in others],
        [row.half_interval for row in others],
        whole.dice,
    )


def _ising_data(subject: Subject) -> go.Figure:
    return ising_figures.model_figure(ising.three_snapshots())


def _ising_binder(subject: Subject) -> go.Figure:
    return ising_figures.binder_figure(ising.table(ising.BINDER), ising.crossings())


def _ising_result(subject: Subject) -> go.Figure:
    folds = ising.folds(SIDE)
    return ising_figures.parameters_figure(
        [one.title for one in folds],
        [one.parameters for one in folds],
        [one.accuracy for one in folds],
    )


def _summary(subject: Subject) -> go.Figure:
    return text_rows(
        [
            ("Too many weights", "local connections, shared kernels"),
            ("Structure lost", "convolution keeps the neighbourhood"),
            ("No invariance", "equivariant maps, pooled over all places"),
            ("Too little context", "depth and pooling widen the field"),
            ("Deep networks do not train", "skip connections"),
            ("A label for each pixel", "encoder, decoder, skips: the U-Net"),
        ]
    )


STUDIES = Part(
    "Three case studies",
    (
        Step(
            "gold-data",
            "Gold nanoparticles: training images whose answer is known",
            "Traced by hand, outlines differ between experts. Simulated from atoms, lens and dose, "
            "every outline is known exactly.",
            _gold_data,
            "gold-nanoparticles",
        ),
        Step(
            "gold-result",
            "The U-Net finds the particles by their order",
            "Yellow: found, and it is gold. Vermilion: found, and it is carbon. Blue: missed. A "
            "threshold cannot: particles and carbon have nearly the same grey levels.",
            _gold_result,
            "gold-nanoparticles",
            {"step": "result"},
        ),
        Step(
            "gold-field",
            "How large a receptive field do particles need?",
            "Small U-Nets with more and more poolings: the Dice coefficient on unseen images grows "
            "with the field, then levels off.",
            _gold_fields,
            "gold-nanoparticles",
            {"step": "breaks"},
        ),
        Step(
            "grains-data",
            "Grain boundaries: from Voronoi cells to a micrograph",
            "Tracing boundaries takes hours. Here cells, contrast, scratches, blur and noise are "
            "generated, and the boundaries are fixed before any of them.",
            _grain_data,
            "grain-boundaries",
        ),
        Step(
            "grains-result",
            "Boundaries, found as a closed network",
            "Vermilion: found. Blue: reference. Yellow: both. This image is generated; "
            "real micrographs are harder.",
            _grain_result,
            "grain-boundaries",
            {"step": "result"},
        ),
        Step(
            "grains-ablation",
            "Which realism matters?",
            "One effect left out of the training images at a time, scored on real micrographs. The "
            "line is the network that saw them all.",
            _grain_ablation,
            "grain-boundaries",
            {"step": "breaks"},
        ),
        Step(
            "ising-data",
            "Ising: spins that like to agree, stirred by temperature",
            "Each site points up or down, and neighbours that disagree (orange) cost energy. Below "
            "Tc = 2.27 J/k one direction wins, above it heat does.",
            _ising_data,
            "ising",
        ),
        Step(
            "ising-binder",
            "Where is Tc? Where lattices of all sizes agree",
            "Binder's cumulant is 2/3 in order and 0 in disorder. At Tc it hardly depends on the "
            "size, so our own lattices cross there: L = 32 and 64 at 2.268 J/k (exact: 2.269).",
            _ising_binder,
            "ising",
            {"step": "breaks"},
        ),
        Step(
            "ising-result",
            "98 parameters that respect the symmetry equal 529,282",
            "Below or above Tc, from one snapshot: the small network that averages over all places "
            "is as good as the large one, and so is a threshold on the energy.",
            _ising_result,
            "ising",
            {"step": "result"},
        ),
    ),
)
SUMMARY = Part(
    "Summary",
    (
        Step(
            "summary",
            "What each idea was for",
            "A convolutional network is a dense one with our knowledge of images built in: near "
            "pixels belong together, and position does not change what a thing is.",
            _summary,
        ),
    ),
)
