"""MRC: of transmission microscopes and tomography."""

from __future__ import annotations

from io import BytesIO
from math import prod

import numpy as np
from mrcfile.mrcinterpreter import MrcInterpreter
from mrcfile.utils import data_dtype_from_header, data_shape_from_header

from core.errors import FormatError
from core.formats.reading.calibration import Calibration, plausible, unset_note
from core.formats.reading.grey import Levels, full_scale
from core.formats.reading.limits import check_frame, check_pages
from core.formats.reading.source import Decoded, Finding, Source, known
from core.image_size import width_x_height

TITLE = "MRC"
EXTENSIONS = ("mrc", "mrcs", "map")

_HEADER, _MAP_ID, _STAMP = 1024, 208, 212
_MODES, _TRANSFORMS = (0, 1, 2, 6, 12), (3, 4)
_UNREAD_MODES = {7: "32-bit whole numbers", 16: "colour", 101: "samples of 4 bits"}
_MODE_NUMBERS = range(1000)
_IMOD, _IMOD_STAMP, _IMOD_SIGNED = 152, 1146047817, 1
_STAMPS = {"<": b"\x44\x44\0\0", ">": b"\x11\x11\0\0"}
_SINGLE_PRECISION = 1e-6
_LONGEST_SIDE = 1_000_000
_FEI_RECORDS, _FEI_RECORD_BYTES, _FEI_PIXEL_SIZE = 1024, 128, 44


def sniff(data: bytes) -> bool:
    """Whether ``data`` has the map ID of MRC2014, or a header that fits in all its numbers.

    Source: MRC2014, Cheng et al., J. Struct. Biol. 192 (2015) 146.
    """
    return len(data) >= _HEADER and _byte_order(data) is not None


def read(source: Source) -> Decoded:
    """Return the section of ``source`` that its page names."""
    header = _header(source.data)
    _check_mode(int(header.mode), source.name)
    dtype, shape = data_dtype_from_header(header), data_shape_from_header(header)
    if header.mode == 0 and _holds_unsigned_bytes(header, source.data):
        dtype = np.dtype(np.uint8)
    height, width = shape[-2:]
    pages = prod(shape[:-2])
    check_frame(source.name, (height, width), dtype.itemsize, len(source.data), source.limits)
    check_pages(source.name, pages, source.limits)
    source.check_page(pages)
    count = height * width
    start = _HEADER + int(header.nsymbt) + source.page * count * dtype.itemsize
    if start + (pages - source.page) * count * dtype.itemsize > len(source.data):
        promised = "a page" if pages == 1 else f"{pages} pages"
        raise FormatError(
            f"{source.name} is incomplete: its header promises {promised} of "
            f"{width_x_height((height, width))} px and the file ends before; copy it again."
        )
    pixels = np.frombuffer(source.data, dtype, count, start).reshape(height, width)
    pixels = pixels.astype(dtype.newbyteorder("="))
    file_shape = tuple(int(length) for length in (shape if pages > 1 else shape[-2:]))
    finding = Finding(known(_fei_calibration(header, source) or _calibration(header)), 0)
    return Decoded(
        Levels(pixels, full_scale(pixels.dtype)), file_shape, pixels.dtype.name, pages, finding
    )


def _check_mode(mode: int, name: str) -> None:
    if mode in _TRANSFORMS:
        raise FormatError(
            f"{name} holds a Fourier transform (MRC mode {mode}); save the image it was made from."
        )
    if mode not in _MODES:
        kind = _UNREAD_MODES.get(mode, "which the MRC2014 standard does not have")
        raise FormatError(
            f"{name} is an MRC file of mode {mode} ({kind}), and this mode is not read; save it "
            "with samples of 8 or 16 bits or as floats (mode 0, 1, 2 or 6)."
        )


def _holds_unsigned_bytes(header: np.recarray, data: bytes) -> bool:
    """Whether samples of mode 0 are 0 to 255, as older programs write them, not -128 to 127.

    IMOD's stamp comes with a flag for signed bytes; without the stamp the largest and the smallest
    value of the header decide where they can, and MRC2014, which says signed, where they cannot.
    Source: the description of IMOD's MRC header, imodStamp and imodFlags.
    """
    order = _byte_order(data) or "<"
    stamp, flags = (int(one) for one in np.frombuffer(data, f"{order}i4", 2, _IMOD))
    if stamp == _IMOD_STAMP:
        return not flags & _IMOD_SIGNED
    return float(header.dmin) >= 0 and 127 < float(header.dmax) <= 255


def _byte_order(data: bytes) -> str | None:
    """Return "<" or ">", or None when this is no MRC header."""
    named = data[_MAP_ID : _MAP_ID + 3] == b"MAP"
    for order in "<>":
        numbers = np.frombuffer(data, f"{order}i4", 24)
        sides, mode = numbers[:3], int(numbers[3])
        usual = _MODE_NUMBERS if named else (*_MODES, *_TRANSFORMS, *_UNREAD_MODES)
        if mode not in usual or not (sides >= 1).all() or not (sides < _LONGEST_SIDE).all():
            continue
        axes_known = sorted(np.frombuffer(data, f"{order}i4", 3, 64).tolist()) == [1, 2, 3]
        if named or axes_known and 0 <= int(numbers[23]) <= len(data) - _HEADER:
            return order
    return "<" if named else None


def _header(data: bytes) -> np.recarray:
    """Return the header; older files lack the map ID and the machine stamp, which are put in."""
    head = bytearray(data[:_HEADER])
    head[_MAP_ID : _MAP_ID + 4] = b"MAP "
    head[_STAMP : _STAMP + 4] = _STAMPS[_byte_order(data) or "<"]
    nsymbt = head[92:96]
    head[92:96] = b"\0\0\0\0"
    header = MrcInterpreter(BytesIO(bytes(head)), header_only=True).header.copy()
    header.nsymbt = np.frombuffer(nsymbt, header.nsymbt.dtype)[0]
    return header


def _fei_calibration(header: np.recarray, source: Source) -> Calibration | None:
    """Return the pixel size of FEI's extended header, one record of 128 bytes for each section.

    Such files leave the cell of the standard header at 1 ångström a pixel. Newer ones, of type
    FEI1 or FEI2, fill it.
    """
    if int(header.nsymbt) != _FEI_RECORDS * _FEI_RECORD_BYTES or source.page >= _FEI_RECORDS:
        return None
    if bytes(header.exttyp)[:3] == b"FEI":
        return None
    start = _HEADER + source.page * _FEI_RECORD_BYTES + _FEI_PIXEL_SIZE
    order = _byte_order(source.data) or "<"
    pixel_m = float(np.frombuffer(source.data, f"{order}f4", 1, start)[0])
    return Calibration(pixel_m, pixel_m, "FEI extended header") if plausible(pixel_m) else None


def _calibration(header: np.recarray) -> Calibration | None:
    """Return cell size, in ångström, over sampling.

    Many programs write a cell of as many ångström as there are samples when they know no size.
    """
    if header.mx < 1 or header.cella.x <= 0:
        return None
    x_m = float(header.cella.x) / int(header.mx) * 1e-10
    y_m = float(header.cella.y) / int(header.my) * 1e-10 if header.my >= 1 else x_m
    doubt = unset_note("MRC", "1 ångström") if abs(x_m / 1e-10 - 1) < _SINGLE_PRECISION else ""
    return Calibration(x_m, y_m if y_m > 0 else x_m, "MRC header", note=doubt)
