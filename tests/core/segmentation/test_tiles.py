"""Tiles, taper, stitch: identities that hold for any image."""

import numpy as np
import pytest

from core.segmentation.settings import IMAGE_BYTES, TILE_BYTES, TileSettings, tiles_for
from core.segmentation.tiles import Stitch, taper, tiles

SHAPES = [(32, 32), (64, 512), (512, 512), (544, 1024), (1312, 992)]


@pytest.mark.parametrize("shape", SHAPES)
def test_tiles_cover_every_pixel_start_on_the_grid_and_overlap(shape):
    cut = tiles(shape, side=256, overlap=64)
    covered = np.zeros(shape, int)
    for tile in cut:
        covered[tile.window] += 1
        assert tile.top % 32 == 0 and tile.left % 32 == 0
        assert tile.bottom <= shape[0] and tile.right <= shape[1]
    assert covered.min() >= 1
    tops = sorted({tile.top for tile in cut})
    height = cut[0].bottom - cut[0].top
    assert height <= 256 and {tile.bottom - tile.top for tile in cut} == {height}
    assert all(b - a <= height - 64 for a, b in zip(tops, tops[1:], strict=False))


def test_number_of_tiles_of_a_known_field():
    # 1024 = 256 + 4 * 192: five a side.
    assert len(tiles((1024, 1024), side=256, overlap=64)) == 25
    # No larger than they must be: 3 x 768 - 2 x 128 = 2048.
    cut = tiles((2048, 512), side=1024, overlap=128)
    assert [(tile.top, tile.bottom, tile.right) for tile in cut] == [
        (0, 768, 512),
        (640, 1408, 512),
        (1280, 2048, 512),
    ]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("overlap", [32, 64, 96])
def test_stitching_a_field_from_its_own_tiles_gives_the_field_back(shape, overlap):
    field = np.random.default_rng(1).random((2, *shape), np.float32)
    bands: list[np.ndarray] = []

    def put(top: int, band: np.ndarray) -> None:
        assert top == sum(one.shape[1] for one in bands)
        bands.append(band.copy())

    stitch = Stitch(2, shape, put)
    for tile in tiles(shape, side=256, overlap=overlap):
        rows, columns = tile.window
        stitch.add(tile, field[:, rows, columns].copy(), taper(tile, shape, overlap))
    stitch.finish()
    np.testing.assert_allclose(np.concatenate(bands, 1), field, atol=2e-6)


def test_taper_hands_over_linearly_and_keeps_the_image_edge():
    first, second = tiles((256, 448), side=256, overlap=64)
    left, right = taper(first, (256, 448), 64), taper(second, (256, 448), 64)
    assert left[0, 0] == 1 and right[-1, -1] == 1
    # In the middle half of the overlap the two weights sum to 1.
    overlap = slice(192 + 16, 192 + 48)
    total = left[0, overlap] + right[0, 16:48]
    np.testing.assert_allclose(total, 1, atol=1e-6)
    assert left[0, 255] == pytest.approx(1e-4) and right[0, 0] == pytest.approx(1e-4)


def test_an_image_gets_the_largest_tiles_that_1500_mb_have_room_for():
    # 2048 px seen at 0.85 of their size are 1760 px, in one piece.
    assert tiles_for((2048, 2048), "openvino").side_px >= 1760
    side = tiles_for((4096, 4096), "openvino").side_px
    assert side > 1088
    used = TILE_BYTES * side**2 + IMAGE_BYTES * 4096**2 + 0.2e9
    assert used <= 1.45e9 < used + TILE_BYTES * ((side + 32) ** 2 - side**2)
    assert tiles_for((10_000, 10_000), "openvino") == TileSettings()
    # PyTorch needs more memory for a tile, on a GPU of unknown size.
    assert tiles_for((2048, 2048), "torch") == TileSettings()
