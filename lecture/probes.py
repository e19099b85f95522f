"""The measured part of the lecture's hierarchy: what can be read off linearly at each depth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import plotly.graph_objects as go

from core.figures.inspection_probes import depth_label, probes_figure
from core.figures.lecture_pictures import Shown, beside
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
    image = Shown(probe_image(0).grey, "Generated: its answer is known")
    figure = probes_figure([one.probe for one in found], (), list(depths.values()))
    return beside(image, figure, share=0.33)


STEP = Step(
    "hierarchy-probes",
    "Edges are read off early, objects late",
    "At each depth of a trained network a linear classifier looks for an edge, a texture, the "
    "inside of an object, on generated images. 0.5 is chance, 1 is perfect.",
    _probes,
    "inspect",
    {"view": "maps", "show": "hierarchy", "model": MODEL},
)
