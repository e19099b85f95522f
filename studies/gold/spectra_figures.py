"""Power spectra of the gold study: the picture with its rings and spots, and its profile."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.encoding import encode_grey
from core.figures.style import GRID, LINE, drawn, upright
from core.measurement.lattice import Lattice
from core.measurement.power_spectrum import GOLD, Plane, PowerSpectrum, radial_profile
from core.palette import OKABE_ITO
from studies.figures import MARGIN, plain_figure

RING_COLORS = dict(
    zip(
        (plane.name for plane in GOLD),
        (OKABE_ITO[1], OKABE_ITO[4], OKABE_ITO[3], OKABE_ITO[2], OKABE_ITO[6]),
        strict=True,
    )
)
SHOWN_PER_NM = 9.5
# Where the name of a ring stands, so that names do not meet: angle, and radius by the ring's.
NAMES_AT = ((-60, 0.76), (-60, 1.2), (-60, 1.12), (-120, 1.1), (-60, 1.1))


def spectrum_figure(
    spectrum: PowerSpectrum, lattice: Lattice | None = None, planes: Sequence[Plane] = GOLD[:2]
) -> go.Figure:
    """Draw a power spectrum, logarithmic, with a ring for each plane and a circle a spot."""
    middle = len(spectrum.power) // 2
    reach = min(middle, round(SHOWN_PER_NM / spectrum.step_per_nm))
    field = spectrum.power[middle - reach : middle + reach, middle - reach : middle + reach]
    edge = reach * spectrum.step_per_nm
    half = spectrum.step_per_nm / 2
    rings = [plane for plane in planes if 1 / plane.d_nm < edge]
    axis = {"range": [-edge, edge], "gridcolor": GRID, "zeroline": False, "showgrid": False}
    layout = {
        "images": [
            {
                "source": _as_address(_log_grey(field)),
                "xref": "x",
                "yref": "y",
                "layer": "below",
                "sizing": "stretch",
                "x": -edge - half,
                "y": edge + half,
                "sizex": 2 * edge,
                "sizey": 2 * edge,
            }
        ],
        "shapes": [_ring(plane) for plane in rings],
        "annotations": [_ring_name(*both) for both in zip(rings, NAMES_AT, strict=False)],
        "xaxis": {**axis, "title": {"text": "1/nm", "standoff": 4}, "constrain": "domain"},
        "yaxis": {**axis, "scaleanchor": "x", "constrain": "domain"},
        "margin": {**MARGIN, "t": 6},
        "showlegend": False,
    }
    return drawn(_spots(spectrum, lattice), layout)


def _log_grey(power: np.ndarray) -> np.ndarray:
    shown = np.log(np.maximum(power, 1e-12))
    low, high = np.quantile(shown, [0.02, 0.999])
    return np.clip((shown - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)


def _as_address(grey: np.ndarray) -> str:
    made = encode_grey(grey)
    return f"data:{made.media_type};base64,{base64.b64encode(made.data).decode()}"


def _ring(plane: Plane) -> dict[str, Any]:
    q = 1 / plane.d_nm
    line = {"color": RING_COLORS[plane.name], "width": 2, "dash": "dot"}
    return {"type": "circle", "x0": -q, "x1": q, "y0": -q, "y1": q, "line": line}


def _ring_name(plane: Plane, at: tuple[float, float]) -> dict[str, Any]:
    angle, q = np.radians(at[0]), at[1] / plane.d_nm
    return {
        "x": q * float(np.cos(angle)),
        "y": q * float(np.sin(angle)),
        "text": plane.name,
        "showarrow": False,
        "bgcolor": "rgba(0, 0, 0, 0.65)",
        "font": {"color": RING_COLORS[plane.name]},
    }


def _spots(spectrum: PowerSpectrum, lattice: Lattice | None) -> list[dict[str, Any]]:
    """Return one trace with each spot and its twin, the name of its plane at the pointer."""
    spots = lattice.spots if lattice is not None else ()
    middle, step = len(spectrum.power) // 2, spectrum.step_per_nm
    x = [(spot.column - middle) * step for spot in spots]
    y = [(middle - spot.row) * step for spot in spots]
    text = [
        f"{spot.plane.name if spot.plane else 'no plane'}, {spot.d_nm:.4f} nm" for spot in spots
    ]
    colors = [RING_COLORS[spot.plane.name] if spot.plane else "#FFFFFF" for spot in spots]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [*x, *(-value for value in x)],
            "y": [*y, *(-value for value in y)],
            "text": [*text, *text],
            "hoverinfo": "text",
            "marker": {
                "symbol": "circle-open",
                "size": 18,
                "color": [*colors, *colors],
                "line": {"width": 3},
            },
        }
    ]


def profile_figure(
    spectrum: PowerSpectrum, transfer: np.ndarray | None, planes: Sequence[Plane] = GOLD[:2]
) -> go.Figure:
    """Draw the mean power of each ring of a spectrum, and the microscope's transfer below it.

    ``transfer``: (K,) contrast transfer at the frequencies of ``radial_profile``, in [-1, 1].
    """
    frequency, power = radial_profile(spectrum)
    shown = frequency <= SHOWN_PER_NM
    log_power = np.log10(np.maximum(power[shown], 1e-12))
    traces = [_curve("power of the image, log", frequency[shown], log_power, OKABE_ITO[0], 3, "y")]
    if transfer is not None:
        below = transfer[shown]
        traces.append(_curve("contrast transfer", frequency[shown], below, OKABE_ITO[5], 2, "y2"))
    figure = plain_figure(traces, "frequency (1/nm)", "log10 power")
    figure.update_layout(showlegend=False, margin={**MARGIN, "t": 6})
    figure.layout.yaxis.update(nticks=4)
    if transfer is not None:
        figure.layout.yaxis.update(domain=[0.52, 1])
        figure.layout.xaxis.update(anchor="y2")
        title = {"text": "transfer"}
        figure.update_layout(
            yaxis2={"domain": [0, 0.46], "range": [-1.05, 1.05], "title": title, "dtick": 1}
        )
        figure.layout.yaxis2.update(gridcolor=GRID, zerolinecolor=LINE)
    inside = [plane for plane in planes if 1 / plane.d_nm <= frequency[shown][-1]]
    figure.update_layout(
        shapes=[upright(1 / plane.d_nm, RING_COLORS[plane.name], 2, "dot") for plane in inside],
        annotations=[_line_name(*both) for both in zip(inside, ("right", "left"), strict=False)],
    )
    return figure


def _curve(
    name: str, x: np.ndarray, y: np.ndarray, color: str, width: int, axis: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x.tolist(),
        "y": y.tolist(),
        "line": {"color": color, "width": width},
        "yaxis": axis,
    }


def _line_name(plane: Plane, anchor: str) -> dict[str, Any]:
    return {
        "x": 1 / plane.d_nm,
        "y": 1,
        "yref": "paper",
        "yanchor": "top",
        "xanchor": anchor,
        "text": plane.name,
        "showarrow": False,
    }
