"""The lecture's figures: in plotly's own terms, all letters large, whatever the ground."""

from __future__ import annotations

import io

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image
from plotly.colors import sample_colorscale

from core.concepts.convolution import kernels
from core.concepts.convolution.convolution import Walk, one_pixel
from core.concepts.convolution.parameter_counts import Layers
from core.concepts.convolution.weight_sharing import layer_matrix
from core.concepts.depth.cifar_family import family
from core.concepts.depth.depth_curves import DepthRun
from core.concepts.pooling import pooling, pooling_noise, pooling_shift
from core.concepts.pooling.pooling import Pooling
from core.concepts.receptive_fields.receptive_cone import cone
from core.concepts.receptive_fields.stack_builder import field_rows, parse_stack, trace_stack
from core.figures.concepts import convolution as concepts_convolution
from core.figures.concepts import memory as concepts_memory
from core.figures.concepts import parameters as concepts_parameters
from core.figures.concepts import sharing as concepts_sharing
from core.figures.encoding import encode_grey
from core.figures.networks import depths as learn_depths
from core.figures.networks import pooling as learn_pooling
from core.figures.networks import receptive_fields as learn_fields
from core.figures.networks import unet_drawing
from core.figures.style import color_scale, readable
from core.inspection.layers.network_map import Block, Edge, NetworkMap, Role

NOISE = np.random.default_rng(0).random((40, 80))


def u_shaped() -> NetworkMap:
    """Return the smallest drawing with a way down, a way up and a way across."""
    roles = (Role.INPUT, Role.ENCODER, Role.BOTTLENECK, Role.DECODER, Role.OUTPUT)
    levels = (0, 1, 2, 1, 0)
    blocks = tuple(
        Block(role.value, role, None, (), (2, 8 // 2**level, 8 // 2**level), level, 0, 0)
        for role, level in zip(roles, levels, strict=True)
    )
    edges = (Edge(0, 1, False), Edge(1, 2, False), Edge(2, 3, False), Edge(3, 4, False))
    return NetworkMap(blocks, (*edges, Edge(1, 3, True)))


def figures() -> dict[str, go.Figure]:
    """Return every figure that is drawn unchecked, of small things."""
    trace = trace_stack(parse_stack("conv 3, pool 2"), (9, 9))
    rows = field_rows(trace)
    flat = pooling_noise.spotty(NOISE * 0 + 1, 1.0, 100)
    matrix = layer_matrix(kernels.sobel(3), 5)
    kernel = kernels.sobel(3)
    return {
        "memory": concepts_parameters.memory_figure(Layers(), "double", True, 64, ("U-Net", 10)),
        "card": concepts_memory.card_figure({"Dense": 2**44, "Shared": 144}, "double", "H100"),
        "accuracy": concepts_parameters.accuracy_figure({("MLP", "straight"): (0.9, 0.8)}),
        "snapshots": concepts_parameters.snapshot_figure({"straight": NOISE[:4, :4]}),
        "products": concepts_convolution.arithmetic(one_pixel(NOISE, Walk(kernel), 3, 3)),
        "reads": concepts_convolution.read_figure(np.arange(9).reshape(3, 3)),
        "many reads": concepts_convolution.read_figure(np.ones((20, 20), int)),
        "border": concepts_convolution.border_figure({"zero": NOISE[:5, :5]}, 2),
        **{
            f"matrix {sharing}": concepts_sharing.matrix_figure(matrix, sharing)
            for sharing in ("Fully connected", "Locally connected", "Shared")
        },
        "shift": concepts_sharing.shift_figure((0, 1), {"a": np.zeros(2)}, "y", (1,), now=0),
        "cone": learn_fields.cone_figure(cone(trace, rows, 1)),
        "depths": learn_depths.depth_figure([DepthRun(20, True, 1, (1,), (0.1,), (0.2,))], 0.5),
        "family": learn_depths.family_figure(family(), 110),
        "unet": unet_drawing.unet_figure(u_shaped()),
        "window": learn_pooling.window_figure(pooling.window_at(NOISE, Pooling("max", 2, 2), 0, 0)),
        "contrast": learn_pooling.contrast_figure(pooling_noise.spot_scores(flat, 2, 2)),
        "pooled shift": learn_pooling.shift_figure(
            pooling_shift.shift_curves(NOISE, 2, 2, range(3)), range(3)
        ),
    }


@pytest.mark.parametrize("name", figures())
def test_a_figure_is_in_plotlys_terms(name: str) -> None:
    shown = readable(figures()[name]).to_dict()
    # Raises ValueError for a property or a value that plotly does not have.
    go.Figure(shown)
    scales = [trace["colorscale"] for trace in shown["data"] if "colorscale" in trace]
    # Browsers know other names of scales than Python does.
    assert not [scale for scale in scales if isinstance(scale, str)]


def test_a_wrong_property_would_be_found() -> None:
    figure = figures()["contrast"].to_dict()
    figure["data"][0]["marker"]["colour"] = "red"
    with pytest.raises(ValueError, match="colour"):
        go.Figure(figure)


def test_every_letter_is_readable_from_the_last_row() -> None:
    shown = readable(figures()["memory"], 22).layout
    assert shown.font.size == shown.legend.font.size == 22
    assert shown.xaxis.tickfont.size == shown.xaxis.title.font.size == 22
    assert shown.yaxis.tickfont.size == 22
    assert [note.font.size for note in shown.annotations] == [22, 22, 22]
    assert shown.xaxis.title.text == "image side (px)"
    signs = readable(figures()["products"], 22).layout.annotations
    assert [note.font.size for note in signs] == [22, 22, 22, 30, 30]
    bar = readable(figures()["reads"], 22).data[0].colorbar
    assert (bar.tickfont.size, bar.title.font.size, bar.title.text) == (22, 22, "times read")


def test_reading_leaves_the_figure_as_it_was() -> None:
    figure = figures()["shift"]
    before = figure.to_json()
    readable(figure, 30)
    assert figure.to_json() == before


def test_a_scale_turned_round_begins_with_the_other_end() -> None:
    scale, turned = color_scale("RdBu"), color_scale("RdBu_r")
    assert scale[0][1] == turned[-1][1] != turned[0][1]
    assert (turned[0][0], turned[-1][0]) == (0, 1)


@pytest.mark.parametrize("name", ["window", "products", "border"])
def test_a_patch_has_the_greys_of_its_image(name: str) -> None:
    grid = figures()[name].data[0]
    assert (grid.zmin, grid.zmax) == (0, 1)
    shown = encode_grey(np.array([[0.0, 0.4, 1.0]])).data
    greys = np.array(Image.open(io.BytesIO(shown)))[0].tolist()
    scale = [list(stop) for stop in grid.colorscale]
    colors = sample_colorscale(scale, [0, 0.4, 1], colortype="tuple")
    assert [[round(part * 255) for part in color] for color in colors] == [[g] * 3 for g in greys]


def test_what_does_not_fit_on_a_card_has_another_colour_and_says_how_many_it_takes() -> None:
    train, use = figures()["card"].data
    assert train.marker.color == (concepts_memory.FITS_NOT, concepts_memory.FITS)
    # 2^44 weights of 8 bytes, four times with what Adam keeps, on cards of 80 GiB.
    assert train.text == ("<b>512 TiB</b>: 6,554 cards", "<b>4.5 KiB</b>: fits")
    assert use.text == ("<b>128 TiB</b>: 1,639 cards", "<b>1.125 KiB</b>: fits")


def test_what_fits_is_written_in_its_bar_before_the_line_of_the_card() -> None:
    """2**29 weights in float32 are 2 GiB; their words would reach from there to the 80 GB."""
    (_, to_use) = concepts_memory.card_figure({"Dense": 2**29, "Few": 144}, "float32", "H100").data
    assert to_use.text == ("<b>2 GiB</b>: fits", "<b>576 B</b>: fits")
    assert to_use.textposition == ("inside", "outside")
