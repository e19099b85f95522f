"""Linear probes over depth, and one of the generated images that they were trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.lecture.pictures import Shown, pictures
from core.figures.style import GRID, LINE, drawn, level
from core.inspection.probe_images import CONCEPTS, ProbeImage
from core.inspection.probes import Probe
from core.palette import OKABE_ITO

COLORS = dict(zip(CONCEPTS, (OKABE_ITO[0], OKABE_ITO[2], OKABE_ITO[4]), strict=True))
MASK_GREY = 0.75
"""Not white: on a white page a mask would have no border."""
SYMBOLS = dict(zip(CONCEPTS, ("circle", "square", "diamond"), strict=True))


def probes_figure(
    trained: Sequence[Probe], random: Sequence[Probe], depths: Sequence[str]
) -> go.Figure:
    """Draw the area under the ROC curve of each concept over depth, with the trained weights and,
    dashed, with random ones; either may be empty.

    ``depths``: what each depth is called below its tick, the grey level first.
    """
    traces = []
    for concept in CONCEPTS:
        for probes, is_trained in ((trained, True), (random, False)):
            mine = [one for one in probes if one.concept == concept]
            if mine:
                traces.append(_curve(mine, alone=is_trained or not trained))
    layout = {
        "xaxis": {
            "tickvals": list(range(len(depths))),
            "ticktext": list(depths),
            "title": "depth of the encoder: resolution, and what a unit sees",
            "gridcolor": GRID,
            "range": [-0.3, len(depths) - 0.7],
            "zeroline": False,
        },
        "yaxis": {
            "title": "AUC of a linear classifier",
            "range": [0.43, 1.02],
            "gridcolor": GRID,
            "zeroline": False,
        },
        "shapes": [level(0.5, LINE, 2, "dash")],
        "annotations": [
            {
                "x": 1,
                "xref": "paper",
                "xanchor": "right",
                "y": 0.5,
                "yanchor": "top",
                "text": "chance",
                "showarrow": False,
            }
        ],
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "margin": {"l": 60, "r": 10, "t": 60, "b": 60},
    }
    return drawn(traces, layout)


def _curve(probes: Sequence[Probe], alone: bool) -> dict[str, Any]:
    """Return the line of one concept; not ``alone``: beside the one of the trained weights."""
    concept = probes[0].concept
    return {
        "type": "scatter",
        "x": list(range(len(probes))),
        "y": [one.auc for one in probes],
        "name": concept if alone else f"{concept}, random weights",
        "mode": "lines+markers" if alone else "lines",
        "line": {
            "color": COLORS[concept],
            "width": 3 if alone else 2,
            "dash": "solid" if alone else "dot",
        },
        "marker": {"size": 11, "symbol": SYMBOLS[concept]},
        "text": [one.layer or "grey level of the pixel" for one in probes],
        "hovertemplate": "%{text}<br>AUC %{y:.2f}<extra></extra>",
    }


def probe_pictures(image: ProbeImage) -> go.Figure:
    """Draw a generated image beside its masks."""
    titles = {"edge": "Edge", "texture": "Texture", "object": "Object"}
    masks = [
        Shown(np.where(mask, MASK_GREY, 0).astype(np.float32), titles[concept])
        for concept, mask in image.masks.items()
    ]
    return pictures([Shown(image.grey, "Generated image"), *masks])


def depth_label(stride_px: int, seen: str) -> str:
    """Return what a depth is called below its tick: its resolution, and what a unit of it sees.

    ``stride_px``: between neighbouring units, 1 of the grey levels themselves.
    """
    return "grey level<br>of the pixel" if stride_px == 1 else f"1/{stride_px}<br>sees {seen}"
