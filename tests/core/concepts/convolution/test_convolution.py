"""Convolution: output sizes, read counts and padding by brute force against torch; exact sums."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

from core.concepts.convolution import kernels
from core.concepts.convolution.border import borders
from core.concepts.convolution.channels import add_up, first_layer
from core.concepts.convolution.convolution import (
    Walk,
    differences,
    feature_map,
    impulse_response,
    one_pixel,
    output_pixel,
    pixel_snippet,
)
from core.concepts.convolution.output_size import (
    Geometry,
    output_size,
    read_counts,
    read_map,
    same_padding,
)
from core.concepts.convolution.padding import MODES, TORCH_MODES, pad
from core.concepts.picture import square_around
from core.errors import LamellaError

IMAGE = np.random.default_rng(1).random((23, 19)).astype(np.float32)
SQUARES = itertools.product(range(1, 33), range(1, 8), range(1, 4), range(4), range(1, 3))


def test_every_output_size_and_read_count_is_torchs() -> None:
    tried = 0
    for length, kernel, stride, padding, dilation in SQUARES:
        geometry = Geometry(stride, padding, dilation)
        fits = length + 2 * padding >= dilation * (kernel - 1) + 1 and stride <= length
        if not fits:
            with pytest.raises(LamellaError):
                output_size(length, kernel, geometry)
            continue
        line = torch.zeros(1, 1, length, requires_grad=True)
        weight = torch.ones(1, 1, kernel)
        made = functional.conv1d(line, weight, None, stride, padding, dilation)
        made.sum().backward()
        assert output_size(length, kernel, geometry) == made.shape[-1]
        counts = read_counts(length, kernel, geometry)
        assert counts.tolist() == line.grad[0, 0].int().tolist()
        tried += 1
    assert tried > 4000


def test_a_valid_kernel_reads_the_corner_once_and_the_middle_k_squared_times() -> None:
    counts = read_map((12, 12), 3, Geometry())
    assert (counts[0, 0], counts[0, 5], counts[5, 5]) == (1, 3, 9)
    assert (read_map((32, 32), 5, Geometry(2)) == 0).sum() == 32 + 31


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", [0, 1, 3, 7])
def test_padding_is_torchs(mode: str, padding: int) -> None:
    ours = pad(IMAGE, padding, mode)
    theirs = functional.pad(torch.from_numpy(IMAGE)[None, None], [padding] * 4, TORCH_MODES[mode])
    assert np.array_equal(ours, theirs[0, 0].numpy())


@pytest.mark.parametrize(("mode", "most"), [("reflect", 18), ("circular", 19)])
def test_padding_that_the_image_cannot_give_is_refused(mode: str, most: int) -> None:
    assert pad(IMAGE, most, mode).shape == (23 + 2 * most, 19 + 2 * most)
    with pytest.raises(LamellaError, match=f"choose at most {most}"):
        pad(IMAGE, most + 1, mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 2, 1), (3, 4, 2), (2, 0, 1)])
def test_every_walk_is_scipys_and_torchs(
    mode: str, flip: bool, stride: int, padding: int, dilation: int
) -> None:
    walk = Walk(kernels.random_kernel(5), Geometry(stride, padding, dilation), mode, flip)
    found = differences(IMAGE, walk, feature_map(IMAGE, walk))
    assert set(found) == {"scipy", "torch"}
    assert max(found.values()) < 1e-12


def test_the_difference_would_be_seen() -> None:
    walk = Walk(kernels.corner(3))
    turned = Walk(kernels.corner(3), flip=True)
    assert min(differences(IMAGE, walk, feature_map(IMAGE, turned)).values()) > 0.1


def test_one_bright_pixel_prints_the_kernel_or_the_turned_kernel() -> None:
    kernel = kernels.corner(3)
    middle = slice(1, 4)
    assert np.array_equal(impulse_response(Walk(kernel, flip=True))[middle, middle], kernel)
    assert np.array_equal(impulse_response(Walk(kernel))[middle, middle], kernel[::-1, ::-1])


@pytest.mark.parametrize("size", kernels.SIZES)
def test_presets_are_what_their_names_say(size: int) -> None:
    flat = np.full((20, 20), 0.7)
    same = Walk(kernels.laplacian(size))
    assert np.abs(feature_map(flat, same)).max() < 1e-12
    assert kernels.sobel(size).sum() == 0
    for name in ("Gaussian", "Sharpen", "Identity", "Motion"):
        assert kernels.PRESETS[name](size).sum() == pytest.approx(1)
    whole = Walk(kernels.identity(size), Geometry(padding=same_padding(size)))
    assert np.array_equal(feature_map(IMAGE, whole), IMAGE.astype(np.float64))
    assert all(make(size).shape == (size, size) for make in kernels.PRESETS.values())


def test_small_presets_are_the_textbooks() -> None:
    assert kernels.laplacian(3).tolist() == [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    assert kernels.sobel(3).tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert (kernels.gaussian(3) * 16).tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]


@pytest.mark.parametrize(("name", "rank"), [("Gaussian", 1), ("Sobel", 1), ("Laplacian", 2)])
def test_rank_says_what_is_separable(name: str, rank: int) -> None:
    kernel = kernels.PRESETS[name](3)
    found, column, row = kernels.separate(kernel)
    assert found == rank
    assert np.allclose(np.outer(column, row), kernel) == (rank == 1)


@pytest.mark.parametrize("flip", [False, True])
def test_the_sum_behind_a_pixel_is_the_pixel(flip: bool) -> None:
    walk = Walk(kernels.corner(3), Geometry(2, 1, 2), "reflect", flip)
    found = feature_map(IMAGE, walk)
    for row, column in itertools.product((0, 11, 22), (0, 9, 18)):
        chosen = one_pixel(IMAGE, walk, row, column)
        assert found[chosen.output] == pytest.approx(chosen.total, abs=1e-12)


def test_the_pixel_that_is_clicked_lies_under_the_kernel() -> None:
    walk = Walk(kernels.identity(5), Geometry(1, 2))
    chosen = one_pixel(IMAGE, walk, 7, 11)
    assert (chosen.output, chosen.top, chosen.left) == ((7, 11), 5, 9)
    assert chosen.total == pytest.approx(float(IMAGE[7, 11]))


def test_a_pixels_snippet_names_the_sum() -> None:
    walk = Walk(kernels.identity(3), Geometry(1, 1))
    assert pixel_snippet(one_pixel(IMAGE, walk, 4, 4), False).prints == f"{IMAGE[4, 4]:.4f}"


@pytest.mark.parametrize("cell", [float("nan"), float("inf"), 1e7, None, "word"])
def test_a_cell_that_is_no_usable_number_is_named(cell: object) -> None:
    table = kernels.as_table(kernels.gaussian(3)).astype(object)
    table.iloc[1, 2] = cell
    with pytest.raises(LamellaError, match="row 2, column 3"):
        kernels.from_table(pd.DataFrame(table))


def test_a_stride_larger_than_the_image_is_refused() -> None:
    with pytest.raises(LamellaError, match="choose at most 19"):
        feature_map(IMAGE, Walk(kernels.gaussian(3), Geometry(20)))


@pytest.mark.parametrize("text", ["", "1,2;3,4", "1,2,3", "a,b,c;1,2,3;1,2,3", "1,2,3;4,5;6,7,8"])
def test_a_link_with_no_kernel_in_it_is_refused(text: str) -> None:
    with pytest.raises(LamellaError, match="preset"):
        kernels.from_text(text)


def test_a_kernel_survives_its_link() -> None:
    kernel = kernels.random_kernel(7)
    assert np.array_equal(kernels.from_text(kernels.to_text(kernel)), kernel)


def test_real_surroundings_have_no_error_and_invented_ones_have() -> None:
    rows, columns = np.mgrid[:40, :40] / 40
    ramp = rows + 2 * columns
    found = {one.mode: one.error for one in borders(ramp, 8, Walk(kernels.sobel(3)))}
    # On a ramp, Sobel is constant; replicating the last pixel halves the slope there.
    assert found["real pixels"] == 0
    assert 0 < found["replicate"] < found["zero"] and 0 < found["replicate"] < found["circular"]


def test_a_border_that_is_not_known_is_refused() -> None:
    with pytest.raises(LamellaError, match="at most 2 px"):
        borders(IMAGE, 2, Walk(kernels.gaussian(7)))


def test_several_channels_add_up_as_in_torch() -> None:
    channels = first_layer(IMAGE)
    made = add_up(channels, [kernels.corner(3), kernels.sobel(3), kernels.gaussian(3)])
    assert made.parts.shape == (3, 23, 19)
    assert made.torch_difference < 1e-12
    assert math.isclose(float(channels[0].mean()), 0, abs_tol=0.05)


@pytest.mark.parametrize("geometry", [Geometry(), Geometry(2, 1), Geometry(3, 4, 2)])
def test_the_sum_of_an_output_is_its_pixel_of_the_map(geometry: Geometry) -> None:
    walk = Walk(kernels.corner(3), geometry)
    found = feature_map(IMAGE, walk)
    for row, column in ((0, 0), (1, 2), (len(found) - 1, 3)):
        chosen = output_pixel(IMAGE, walk, row, column)
        assert chosen.total == pytest.approx(found[row, column], abs=1e-12)
    assert output_pixel(IMAGE, walk, 999, 0).output == (len(found) - 1, 0)


@pytest.mark.parametrize(
    ("at", "rows", "columns"),
    [((10, 20), (4, 16), (14, 26)), ((0, 99), (0, 12), (18, 30)), ((39, 5), (28, 40), (0, 12))],
)
def test_a_patch_stays_inside_the_image(
    at: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    found = square_around((40, 30), *at, 12)
    assert [(part.start, part.stop) for part in found] == [rows, columns]
    assert square_around((5, 8), 2, 2, 12) == (slice(0, 5), slice(0, 8))
