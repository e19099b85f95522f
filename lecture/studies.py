"""Parts 10 and 11 of the lecture: the three case studies, and the summary."""

from __future__ import annotations

from functools import cache

import numpy as np
import plotly.graph_objects as go

from core.analysis.analyse import analyse
from core.figures.lecture.pictures import Shown, pictures, text_rows
from core.synthesis.gold.samples import GOLD_SAMPLES
from core.synthesis.grains.samples import GRAIN_SAMPLES
from core.types.arrays import Array
from core.types.micrograph import Micrograph
from lecture.step import Part, Step, Subject
from studies.gold import figures as gold_figures
from studies.gold.contrasts import TITLES
from studies.gold.networks import results as gold
from studies.gold.scoring import mask_dice
from studies.grains import figures as grain_figures
from studies.grains.networks import results as grains
from studies.grains.scoring import find_grains
from studies.ising import figures as ising_figures
from studies.ising import model_figures
from studies.ising.networks import results as ising

SIDE = 64
GRAIN_SIDE = 512
SEED = 1
"""Of the small U-Nets: some were trained twice."""


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
    rows = [row for row in gold.read_fields() if row.network.skips and row.network.seed == SEED]
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
    cold, _, hot = ising.three_snapshots()
    return model_figures.model_figure((cold, hot))


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
            ("No invariance", "equivariant maps, pooled over all positions"),
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
            "Gold nanoparticles: training images with known answers",
            "Outlines traced by hand differ between experts. In images simulated from atoms, lens "
            "and dose, every outline is known exactly.",
            _gold_data,
            "gold-nanoparticles",
        ),
        Step(
            "gold-result",
            "The U-Net finds the particles by their lattice",
            "Yellow: gold, found. Vermilion: carbon mistaken for gold. Blue: gold, missed. A "
            "threshold cannot do this: particles and carbon have nearly the same grey levels.",
            _gold_result,
            "gold-nanoparticles",
            {"step": "result"},
        ),
        Step(
            "gold-field",
            "How large a receptive field do particles need?",
            "Small U-Nets with more and more pooling layers: the Dice coefficient on unseen images "
            "rises with the receptive field, then levels off.",
            _gold_fields,
            "gold-nanoparticles",
            {"step": "breaks"},
        ),
        Step(
            "grains-data",
            "Grain boundaries: from Voronoi cells to a micrograph",
            "Tracing boundaries by hand takes hours. Here the cells come first and fix the "
            "boundaries; contrast, scratches, blur and noise follow.",
            _grain_data,
            "grain-boundaries",
        ),
        Step(
            "grains-result",
            "Grain boundaries, found as a closed network",
            "Vermilion: found. Blue: reference. Yellow: both. This image is synthetic; real "
            "micrographs are harder.",
            _grain_result,
            "grain-boundaries",
            {"step": "result"},
        ),
        Step(
            "grains-ablation",
            "Which realistic effects matter?",
            "One effect at a time is left out of the training images; each network is scored on "
            "real micrographs. The line marks the network trained with all effects.",
            _grain_ablation,
            "grain-boundaries",
            {"step": "breaks"},
        ),
        Step(
            "ising-data",
            "The Ising model: spins that like to agree, stirred by heat",
            "Each spin points up or down, and neighbours that disagree (orange) cost energy. Below "
            "Tc = 2.27 J/k one direction prevails, above it disorder does.",
            _ising_data,
            "ising",
        ),
        Step(
            "ising-binder",
            "Where is Tc? Where lattices of all sizes agree",
            "The Binder cumulant is 2/3 in order and 0 in disorder. At Tc it hardly depends on the "
            "size of the lattice, so the curves cross: L = 32 and 64 at 2.268 J/k (exact: 2.269).",
            _ising_binder,
            "ising",
            {"step": "breaks"},
        ),
        Step(
            "ising-result",
            "98 parameters that respect the symmetry match 529,282",
            "The task: below or above Tc, from one snapshot. The small network that averages over "
            "all positions is as good as the large one, and so is a threshold on the energy.",
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
            "What each idea is for",
            "A convolutional network is a dense network with our knowledge of images built in: "
            "nearby pixels are related, and position does not change what a thing is.",
            _summary,
        ),
    ),
)
