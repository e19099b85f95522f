"""EMD, and the vendor formats that go through a process of their own."""

from __future__ import annotations

import io
import json
import struct

import h5py
import numpy as np
import pytest

from core import formats
from core.errors import FormatError, LimitError
from core.settings import Limits

RAMP = np.arange(12 * 10, dtype=np.uint16).reshape(12, 10)


def velox(images: list[tuple[np.ndarray, str, float, str]]) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for number, (array, detector, size, unit) in enumerate(images):
            group = file.create_group(f"Data/Image/{number:032x}")
            group["Data"] = array if array.ndim == 3 else array[..., None]
            size_text = {"width": str(size), "height": str(size)}
            result = {"Detector": detector, "PixelSize": size_text}
            result |= {"PixelUnitX": unit, "PixelUnitY": unit}
            text = json.dumps({"BinaryResult": result}).encode().ljust(3000, b"\0")
            group["Metadata"] = np.frombuffer(text, np.uint8)[:, None]
    return buffer.getvalue()


def test_velox_shows_haadf_before_maps_and_leaves_the_fourier_transform_out():
    transform = np.zeros((6, 6), np.dtype([("realFloat", "<f4"), ("imagFloat", "<f4")]))
    data = velox(
        [
            (transform, "HAADF", 5e5, "1/m"),
            (RAMP.astype(np.float32), "SuperXG2", 2e-9, "m"),
            (RAMP, "BF-S", 2e-9, "m"),
            (RAMP[:8], "HAADF", 2.5e-9, "m"),
        ]
    )
    first = formats.read(data, "v.emd")
    assert (first.file_shape, first.dtype, first.pages) == ((8, 10), "uint16", 3)
    assert first.pixel_size.nm == pytest.approx(2.5)
    assert "HAADF, BF-S, SuperXG2" in first.notes[0]
    assert formats.read(data, "v.emd", page=2).dtype == "float32"


def test_velox_series_is_a_stack():
    stack = np.stack([RAMP, RAMP[::-1], RAMP.T.reshape(12, 10)], axis=-1)
    micrograph = formats.read(velox([(stack, "Ceta", 8e-12, "m")]), "v.emd", page=1)
    assert micrograph.file_shape == (3, 12, 10)
    assert micrograph.pixels[0, 0] > micrograph.pixels[-1, 0]
    assert micrograph.pixel_size.nm == pytest.approx(0.008)


def test_velox_diffraction_is_not_calibrated():
    assert formats.read(velox([(RAMP, "Ceta", 5e7, "1/m")]), "v.emd").pixel_size is None


def ncem(array: np.ndarray, steps: list[tuple[float, str]], names: str = "") -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        group = file.create_group("data/image")
        group.attrs["emd_group_type"] = 1
        group["data"] = array
        for number, (step, unit) in enumerate(steps, 1):
            group[f"dim{number}"] = np.arange(array.shape[number - 1]) * step
            group[f"dim{number}"].attrs["units"] = unit
            if names:
                group[f"dim{number}"].attrs["name"] = names.split(",")[number - 1]
    return buffer.getvalue()


def test_ncem_dimensions_are_the_calibration():
    micrograph = formats.read(ncem(RAMP, [(0.4, "[n_m]"), (0.4, "[n_m]")]), "n.emd")
    assert micrograph.pixel_size.nm == pytest.approx(0.4)
    assert micrograph.file_shape == (12, 10)
    reciprocal = formats.read(ncem(RAMP, [(0.4, "[1/n_m]"), (0.4, "[1/n_m]")]), "n.emd")
    assert reciprocal.pixel_size is None


def test_ncem_dimensions_that_are_no_length_are_pages():
    stack = np.stack([RAMP, RAMP[::-1]], axis=-1)
    data = ncem(stack, [(1, "Å"), (1, "Å"), (5, "mrad")])
    micrograph = formats.read(data, "n.emd", page=1)
    assert (micrograph.pages, micrograph.file_shape) == (2, (2, 12, 10))
    assert micrograph.pixel_size.nm == pytest.approx(0.1)
    assert micrograph.pixels[0, 0] > micrograph.pixels[-1, 0]


@pytest.mark.parametrize(("unit", "name"), [("[n_m]", "Wavelength"), ("[eV]", "E"), ("", "Energy")])
def test_ncem_spectra_are_no_images(unit, name):
    line = ncem(RAMP, [(0.4, "[n_m]"), (2, unit)], f"x,{name}")
    with pytest.raises(FormatError, match="perhaps with spectra only"):
        formats.read(line, "line.emd")
    cube = np.stack([RAMP, RAMP[::-1]], axis=-1)
    for step, length in ((0.4, "[n_m]"), (1, "")):
        data = ncem(cube, [(step, length), (step, length), (2, unit)], f"y,x,{name}")
        micrograph = formats.read(data, "cube.emd", page=1)
        assert (micrograph.pages, micrograph.file_shape) == (2, (2, 12, 10))


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        ("µm y,µm x", (0, 1)),
        ("* z,µm y,µm x", (1, 2)),
        ("*µm x,nm Wavelength", None),
        ("*µm x,eV Energy", None),
        ("*nm x,nm ", None),
        ("*µm y,*µm x,nm Wavelength", None),
        ("*µm y,*µm x,keV ", None),
        ("*µm y,*µm x,1/nm ky,1/nm kx", (2, 3)),
    ],
)
def test_signals_along_one_axis_are_spectra(axes, expected):
    from core.formats.reading.rosettasciio_child import _image_axes

    described = []
    for text in axes.split(","):
        unit, name = text.lstrip("*").split(" ")
        described.append({"units": unit, "name": name, "navigate": text.startswith("*")})
    data = np.zeros((4,) * len(described))
    assert _image_axes({"axes": described, "data": data}) == expected


def test_hdf5_links_out_of_the_file_are_not_followed(tmp_path):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["Data"] = RAMP
    (tmp_path / "raw.bin").write_bytes(RAMP.tobytes())
    linked, external = io.BytesIO(), io.BytesIO()
    with h5py.File(linked, "w") as file:
        file.create_group("Data/Image/0")["Data"] = h5py.ExternalLink(str(secret), "/Data")
    with h5py.File(external, "w") as file:
        group = file.create_group("g")
        group.attrs["emd_group_type"] = 1
        raw = [(str(tmp_path / "raw.bin"), 0, h5py.h5f.UNLIMITED)]
        group.create_dataset("data", (12, 10), "<u2", external=raw)
    for buffer in (linked, external):
        with pytest.raises(FormatError, match="no image|without an image"):
            formats.read(buffer.getvalue(), "x.emd")


def test_hdf5_that_claims_more_than_it_holds_is_refused():
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        group = file.create_group("g")
        group.attrs["emd_group_type"] = 1
        group.create_dataset("data", (50_000, 50_000), "u1", chunks=(1000, 1000))
    with pytest.raises(LimitError, match="LAMELLA_MAX_PIXELS"):
        formats.read(buffer.getvalue(), "big.emd")


@pytest.mark.parametrize(("most", "expected_nm"), [(80, 0.4), (79, None)])
def test_hdf5_dimensions_in_large_blocks_are_not_read(most, expected_nm, monkeypatch):
    monkeypatch.setattr("core.formats.reading.hdf5._SMALL", most)
    buffer = io.BytesIO(ncem(RAMP, [(0.4, "[n_m]"), (0.4, "[n_m]")]))
    with h5py.File(buffer, "r+") as file:
        group = file["data/image"]
        del group["dim2"]
        group.create_dataset("dim2", data=np.arange(10) * 0.4, chunks=(10,))
        group["dim2"].attrs["units"] = "[n_m]"
    micrograph = formats.read(buffer.getvalue(), "n.emd")
    assert micrograph.file_shape == (12, 10)
    size = micrograph.pixel_size
    assert (size and size.nm) == (expected_nm and pytest.approx(expected_nm))


DM3 = struct.pack(">III", 3, 1000, 1) + b"\1\0" + b"\0" * 100
ELID = b"BZh91AY&SY" + b"\0" * 100
VENDOR_FILES = {
    "a.dm3": DM3,
    "a.dm4": struct.pack(">IQI", 4, 1000, 1) + b"\1\0" + b"\0" * 100,
    "a.ser": b"II\x97\x01" + b"\0" * 100,
    "a.bcf": b"AAMVHFSS" + b"\0" * 100,
    "a.elid": ELID,
    "a.img": b"\x34\0\0\0JED-2200:" + b"\0" * 100,
}


@pytest.mark.parametrize("name", VENDOR_FILES)
def test_without_the_optional_reader_the_message_names_the_extra(name, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda module: None)
    with pytest.raises(FormatError, match=r'pip install "lamella\[em\]"'):
        formats.read(VENDOR_FILES[name], name)


@pytest.mark.parametrize("name", ["a.dm3", "a.bcf"])
def test_damaged_vendor_files_are_a_sentence(name):
    pytest.importorskip("rsciio")
    with pytest.raises(FormatError, match=f"{name} is a damaged or incomplete"):
        formats.read(VENDOR_FILES[name], name)


def test_an_emi_asks_for_its_ser():
    with pytest.raises(FormatError, match=r"add the \.ser file of the same name"):
        formats.read(b"JK\0\2" + b"\0" * 100, "a.emi")


def test_a_truncated_elid_does_not_hang(shared_data):
    data = shared_data("formats", "phenom.elid").read_bytes()
    with pytest.raises(FormatError):
        formats.read(data[: len(data) // 2], "half.elid", limits=Limits(seconds=8))


def test_vendor_stacks_and_limits(shared_data):
    data = shared_data("formats", "gatan_stack.dm3").read_bytes()
    second = formats.read(data, "s.dm3", page=2)
    assert (second.pages, second.shape) == (3, (2, 16))
    with pytest.raises(LimitError, match=r"s\.dm3 has 3 pages .* LAMELLA_MAX_PAGES"):
        formats.read(data, "s.dm3", limits=Limits(pages=2))
    with pytest.raises(LimitError, match=r"s\.dm3 is 16 x 2 px .* LAMELLA_MAX_PIXELS"):
        formats.read(data, "s.dm3", limits=Limits(pixels=20))


def test_ser_beside_its_emi(shared_data):
    names = "tia_tem_128.emi", "tia_tem_128_1.ser"
    files = {name: shared_data("formats", name).read_bytes() for name in names}
    ((name, sidecars),) = formats.pair_sidecars(files)
    micrograph = formats.read(files[name], name, sidecars=sidecars)
    assert micrograph.pixel_size.nm == pytest.approx(5.261214205)
