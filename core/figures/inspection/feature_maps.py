"""Feature maps as pictures: thumbnails of channels, strongest patches, the hierarchy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.inspection.overlays import SEQUENTIAL, colors, limits_of
from core.image_size import width_x_height
from core.inspection.feature_maps import Measure, Patch, Ranking, rank_channels
from core.inspection.layers.layer import FeatureMaps
from core.inspection.receptive_field.receptive_field import FieldSizes
from core.types.arrays import read_only
from core.types.pixel_size import PixelSize

CLEAR = "rgba(0,0,0,0)"


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A small picture (h, w, 3) uint8 with its ``caption``; ``channel`` is -1 for a patch."""

    channel: int
    caption: str
    pixels: np.ndarray


def channel_thumbnails(
    maps: FeatureMaps, ranking: Ranking, count: int, side: int = 128, scale: str = SEQUENTIAL
) -> tuple[Thumbnail, ...]:
    """Return the first ``count`` channels of a ranking, all on one colour scale, the layer's own.

    ``side``: longest side of a thumbnail in px; larger maps are averaged, smaller ones enlarged
    without smoothing.
    """
    low, high = limits_of(np.percentile(maps.activations, (0.5, 99.5)), scale)
    found = []
    for channel, value in zip(ranking.channels[:count], ranking.values[:count], strict=True):
        small = _to_side(maps.activations[channel], side)
        picture = colors(small, low, high, scale)
        found.append(Thumbnail(int(channel), f"{channel}: {value:.3g}", read_only(picture)))
    return tuple(found)


def patch_thumbnails(
    patches: Sequence[Patch], side: int = 128, px_per_network_px: float = 1.0
) -> tuple[Thumbnail, ...]:
    """Return the strongest patches in grey, with their activation and their size.

    ``px_per_network_px``: pixels of the micrograph to one of the network, for the captions.
    """
    found = []
    for patch in patches:
        grey = np.rint(np.clip(_to_side(patch.pixels, side), 0, 1) * 255).astype(np.uint8)
        sides = [round(length * px_per_network_px) for length in patch.box.size]
        caption = f"{patch.activation:.3g}, {width_x_height(sides)} px" + (", cut" * patch.is_cut)
        found.append(Thumbnail(-1, caption, read_only(np.dstack([grey] * 3))))
    return tuple(found)


def hierarchy_figure(
    maps: Sequence[FeatureMaps],
    sizes: Sequence[FieldSizes],
    pixel_size: PixelSize | None = None,
    channels: int = 6,
    px_per_network_px: float = 1.0,
    scale: str = SEQUENTIAL,
    names: Mapping[str, str] | None = None,
) -> go.Figure:
    """Return layers from first to deep, one a row, with the size that each unit sees.

    Each row shows the ``channels`` that vary most; its title says the layer, the receptive field in
    px of the micrograph and, with a pixel size, in nm. ``px_per_network_px``: pixels of the
    micrograph to one of the network. ``names``: what layers are called, by their exact names.
    """
    titles = []
    for layer, size in zip(maps, sizes, strict=True):
        seen = _seen(size, px_per_network_px, pixel_size)
        name = (names or {}).get(layer.layer.name, layer.layer.name)
        titles += [f"{name}: a unit sees {seen}", *[""] * (channels - 1)]
    figure = make_subplots(
        len(maps), channels, subplot_titles=titles, horizontal_spacing=0.01, vertical_spacing=0.08
    )
    for row, layer in enumerate(maps, start=1):
        order = rank_channels(layer, Measure.VARIANCE).channels[:channels]
        for column, channel in enumerate(order, start=1):
            figure.add_trace(_small_map(layer, int(channel), scale), row, column)
            figure.update_xaxes(visible=False, constrain="domain", row=row, col=column)
            figure.update_yaxes(
                visible=False,
                autorange="reversed",
                scaleanchor=figure.data[-1].xaxis or "x",
                row=row,
                col=column,
            )
    figure.update_annotations(x=0, xanchor="left")
    return figure.update_layout(
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        height=190 * len(maps),
        margin={"l": 0, "r": 0, "t": 30, "b": 0},
    )


def _seen(size: FieldSizes, px_per_network_px: float, pixel_size: PixelSize | None) -> str:
    seen = f"{size} px"
    if px_per_network_px != 1:
        ends = (end[0] * px_per_network_px for end in (size.smallest, size.largest))
        low, high = (f"{end:.0f}" if end >= 10 else f"{end:.2g}" for end in ends)
        seen = f"{low} px" if low == high else f"{low}-{high} px"
    if pixel_size is not None:
        seen += f" = {size.largest[0] * px_per_network_px * pixel_size.nm:.3g} nm"
    return seen


def _small_map(maps: FeatureMaps, channel: int, scale: str) -> go.Heatmap:
    small = _to_side(maps.activations[channel], 96)
    low, high = limits_of(small, scale)
    return go.Heatmap(
        z=small,
        zmin=low,
        zmax=high,
        colorscale=scale,
        showscale=False,
        hovertemplate=f"channel {channel}: %{{z:.3g}}<extra></extra>",
    )


def _to_side(values: np.ndarray, side: int) -> np.ndarray:
    factor = side / max(values.shape)
    size = tuple(max(1, round(length * factor)) for length in values.shape[::-1])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_NEAREST
    return cv2.resize(np.ascontiguousarray(values), size, interpolation=method)
