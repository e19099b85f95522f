"""MRC: the kinds of sample, the cell, and what other programs than MRC2014's write."""

from __future__ import annotations

import struct

import mrcfile
import numpy as np
import pytest

from core import formats
from core.errors import FormatError

RAMP = np.arange(12 * 10, dtype=np.uint16).reshape(12, 10)


def mrc(array: np.ndarray, tmp_path, voxel: float | None) -> bytearray:
    with mrcfile.new(tmp_path / "a.mrc", overwrite=True) as file:
        file.set_data(array)
        if voxel:
            file.voxel_size = voxel
    return bytearray((tmp_path / "a.mrc").read_bytes())


def test_mrc_cell_over_sampling_and_sections(tmp_path):
    data = mrc(np.stack([RAMP, RAMP[::-1]]).astype(np.int16), tmp_path, 12.5)
    micrograph = formats.read(bytes(data), "a.mrc", page=1)
    assert micrograph.pixel_size.nm == pytest.approx(1.25)
    assert (micrograph.file_shape, micrograph.dtype) == ((2, 12, 10), "int16")
    assert micrograph.pixels[0, 0] > micrograph.pixels[-1, 0]


def test_mrc_uncalibrated_and_without_map_id(tmp_path):
    data = mrc(RAMP.astype(np.float32), tmp_path, None)
    assert formats.read(bytes(data), "a.mrc").pixel_size is None
    data[208:216] = b"\0" * 8
    assert formats.read(bytes(data), "old.mrc").file_shape == (12, 10)


IMOD = struct.pack("<i", 1146047817)


@pytest.mark.parametrize(
    ("stamp", "flags", "largest", "unsigned"),
    [
        (IMOD, 0, 0, True),
        (IMOD, 1, 0, False),
        (IMOD, 1, 232, False),
        (IMOD, 6, 0, True),
        (bytes(4), 0, 232, True),
        (bytes(4), 0, 100, False),
        (bytes(4), 0, 0, False),
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_mrc_bytes_are_signed_unless_imod_or_the_range_says_not(
    tmp_path, order, stamp, flags, largest, unsigned
):
    data = mrc(np.array([[0, 100], [128, 232]], np.uint8).view(np.int8), tmp_path, 5)
    struct.pack_into("<3f", data, 76, 0, largest, 0)
    data[152:160] = stamp + struct.pack("<i", flags)
    if order == ">":
        data[:1024] = np.frombuffer(data[:1024], "<i4").astype(">i4").tobytes()
        data[208:212] = b"MAP "
    micrograph = formats.read(bytes(data), "a.mrc")
    expected = [0, 100, 128, 232] if unsigned else [128, 228, 0, 104]
    np.testing.assert_allclose(micrograph.pixels.ravel() * 255, expected, atol=1e-4)
    assert micrograph.dtype == ("uint8" if unsigned else "int8")


@pytest.mark.parametrize(
    ("mode", "what"), [(101, "4 bits"), (16, "colour"), (7, "32-bit"), (9, "does not have")]
)
def test_mrc_modes_that_are_not_read_are_named(tmp_path, mode, what):
    data = mrc(RAMP.astype(np.float32), tmp_path, 5)
    struct.pack_into("<i", data, 12, mode)
    with pytest.raises(FormatError, match=rf"an MRC file of mode {mode} \(.*{what}.*not read"):
        formats.read(bytes(data), "a.mrc")


@pytest.mark.parametrize(("voxel", "doubted"), [(1, True), (1.01, False), (2, False)])
def test_mrc_of_exactly_one_angstrom_may_never_have_been_set(tmp_path, voxel, doubted):
    micrograph = formats.read(bytes(mrc(RAMP.astype(np.float32), tmp_path, voxel)), "a.mrc")
    assert micrograph.pixel_size.nm == pytest.approx(voxel / 10)
    assert bool(micrograph.pixel_size.note) == doubted
    assert any("MRC files hold when nobody set" in note for note in micrograph.notes) == doubted


def test_mrc_that_ends_early_or_is_a_transform_is_refused(tmp_path):
    data = mrc(RAMP.astype(np.float32), tmp_path, 1)
    with pytest.raises(FormatError, match="incomplete"):
        formats.read(bytes(data[:-40]), "short.mrc")
    transform = mrc(RAMP.astype(np.complex64), tmp_path, 1)
    with pytest.raises(FormatError, match="Fourier"):
        formats.read(bytes(transform), "fft.mrc")
