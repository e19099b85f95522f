"""The measured part of the lecture's hierarchy: what can be read off linearly at each depth."""

from __future__ import annotations

from functools import cache

import plotly.graph_objects as go

from core.figures.inspection_probes import depth_label, probes_figure
from core.figures.lecture_pictures import Shown, beside
from core.inspection.layers import layer_table
from core.inspection.probe_images import probe_image
from core.inspection.probes import SIDE, Probe, ProbeInput, linear_probes
from core.inspection.receptive_field import field_sizes
from core.inspection.subject import Prepared, input_channels
from core.segmentation.engines.engine import Engine
from lecture.step import Step, Subject

MODEL = "particles"


@cache
def _measured(engine: Engine) -> tuple[Probe, ...]:
    from models import zoo

    card = zoo.card(MODEL)
    return linear_probes(engine.network, ProbeInput(card.mean, card.std), engine.lock)


def _probes(subject: Subject) -> go.Figure:
    engine = subject.engine(MODEL)
    found = _measured(engine)
    prepared = Prepared(
        engine.network, (1, input_channels(engine.network), SIDE, SIDE), engine.lock
    )
    shapes = {row.layer.name: row.layer.shape for row in layer_table(prepared.trace).rows}
    depths = ["grey level"]
    for name in dict.fromkeys(one.layer for one in found if one.layer is not None):
        px = round(field_sizes(prepared.trace, name).largest[0])
        depths.append(depth_label(shapes[name], SIDE, f"{px} px"))
    image = Shown(probe_image(0).grey, "Generated: its answer is known")
    return beside(image, probes_figure(found, (), depths), share=0.33)


STEP = Step(
    "hierarchy-probes",
    "Edges are read off early, objects late",
    "At each depth of a trained network a linear classifier looks for an edge, a texture, the "
    "inside of an object, on generated images. 0.5 is chance, 1 is perfect.",
    _probes,
    "inspect",
    {"view": "maps", "show": "hierarchy", "model": MODEL},
)
