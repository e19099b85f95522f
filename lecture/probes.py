"""The measured part of the lecture's hierarchy: what can be read off linearly at each depth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import plotly.graph_objects as go

from core.figures.inspection.probes import depth_label, probes_figure
from core.figures.lecture.pictures import Shown, beside
from core.inspection.probe_images import probe_image
from core.inspection.probes import Probe
from core.records import read_records
from lecture.step import Step, Subject
from models import lecture as lecture_networks

MODEL = "particles"
MEASURED = Path(lecture_networks.__file__).with_name("probes.csv")
"""Written by ``python -m research.lecture.measure_probes``."""


@dataclass(frozen=True)
class MeasuredProbe:
    """A probe with its depth. ``stride_px``: between neighbouring units; ``sees_px``: side of a
    unit's receptive field, both in px of the network."""

    probe: Probe
    stride_px: int
    sees_px: int


def _probes(subject: Subject) -> go.Figure:
    found = read_records(MEASURED, MeasuredProbe)
    depths = {one.probe.layer: depth_label(one.stride_px, f"{one.sees_px} px") for one in found}
    image = Shown(probe_image(0).grey, "Synthetic, with known answers")
    figure = probes_figure([one.probe for one in found], (), list(depths.values()))
    # Half of the last depth's words.
    figure.layout.margin.update(r=60)
    return beside(image, figure, share=0.33)


STEP = Step(
    "hierarchy-probes",
    "Edges can be read off early, objects late",
    "A linear classifier at each depth of a trained network: does a pixel lie on an edge, in the "
    "coarse texture, inside an object? An AUC of 0.5 is chance, 1 is perfect.",
    _probes,
    "inspect",
    {"view": "maps", "show": "hierarchy", "model": MODEL},
)
