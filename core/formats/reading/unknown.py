"""Say what a file is that is not an image that can be read, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.formats.reading.names import clean_name
from core.formats.reading.text import decode_text

_SIDECAR_MARKS = {
    "$CM_": "the text file of a JEOL image",
    "$$SM_": "the text file of a JEOL image",
    "[SemImageFile]": "the text file of a Hitachi image",
    "[TemImageFile]": "the text file of a Hitachi image",
    "[MAIN]": "the header of a TESCAN image",
}
_OTHER_KINDS = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive or an Office document",
    b"\xd0\xcf\x11\xe0": "an Office document or another compound file",
    b"%!PS": "a PostScript drawing",
    b"\x1f\x8b": "a gzip archive",
    b"Rar!": "a rar archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x00\x00\x00\x0cjP": "a JPEG 2000 image",
    b"\x00\x00\x00\x0cJXL": "a JPEG XL image",
    b"\xff\x0a": "a JPEG XL image",
    b"v/1\x01": "an OpenEXR image",
    b"8BPS": "a Photoshop document",
    b"ZISRAWFILE": "a ZEISS CZI file of a light microscope",
    b"\xda\xce\xbe\x0a": "a Nikon ND2 file of a light microscope",
    b"\x70\x00\x00\x00": "a Leica LIF file of a light microscope",
    b"\x93NUMPY": "a NumPy array",
    b"MATLAB 5.0": "a MATLAB file",
}
_BOXES = {
    b"heic": "a HEIC photograph",
    b"mif1": "a HEIC photograph",
    b"avif": "an AVIF image",
}
"""Kinds of the ISO base media format, by what follows the size and "ftyp"; others are films."""


def explain_unknown(data: bytes, name: str, titles: Sequence[str]) -> str:
    """Return one sentence on what ``data`` is, what is read instead, and how to mend it."""
    text = decode_text(data[:4000])
    for mark, what in _SIDECAR_MARKS.items():
        if mark in text:
            return (
                f"{name} is {what} and holds no pixels; add the image of the same name together "
                "with it."
            )
    opening, read = text.lstrip().lower(), ", ".join(titles)
    if opening.startswith(("<!doctype html", "<html", "<head", "<body")):
        return f"{name} is a web page, not an image; download the image itself."
    if "<svg" in opening[:2000]:
        return f"{name} is an SVG drawing, not a micrograph; save the image as TIFF or PNG."
    if is_text(data):
        return f"{name} is a text file and holds no image (what is read: {read})."
    if kind := _other_kind(data):
        return (
            f"{name} is {kind}, which is not read here; save or unpack the image as TIFF or PNG "
            f"(what is read: {read})."
        )
    return (
        f"{name} is in no format that can be read here ({read}); save it as TIFF or PNG in the "
        "program that made it."
    )


def _other_kind(data: bytes) -> str | None:
    if data[4:8] == b"ftyp":
        return _BOXES.get(data[8:12], "a film")
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "a film"
    return next((what for magic, what in _OTHER_KINDS.items() if data.startswith(magic)), None)


def is_text(data: bytes) -> bool:
    """Whether ``data`` begins as text does: no control characters but those between lines."""
    head = data[:2000]
    known = any(data.startswith(magic) for magic in _OTHER_KINDS)
    return not known and all(byte >= 32 or byte in b"\t\n\r\f" for byte in head)


_SHAPES_WITH_SIDECAR = {
    (height + bar, width)
    for height, width, bar in (
        (480, 640, 32), (960, 1280, 64), (1920, 2560, 128), (3840, 5120, 256), (960, 1280, 0),
        (480, 640, 0), (1920, 2560, 0), (3840, 5120, 0),
    )
}  # fmt: skip
"""(H, W) of images of JEOL and Hitachi microscopes, with an info bar below and without."""


def missing_sidecar(
    shape: tuple[int, int],
    info_bar_rows: int,
    metadata: Mapping[str, str],
    sidecars: Iterable[str],
) -> tuple[str, ...]:
    """Return a note when an image without a pixel size looks as if its sidecar were missing.

    JEOL, Hitachi and TESCAN microscopes write the pixel size into a text file beside the image. The
    image itself shows only the info bar, the size, or the maker's name.
    """
    if names := ", ".join(clean_name(name) for name in sidecars):
        return (f"No pixel size was found in {names}; type the pixel size.",)
    told = " ".join(metadata.values()).lower()
    maker = next((name for name in ("JEOL", "Hitachi", "TESCAN") if name.lower() in told), None)
    if not maker and not info_bar_rows and shape not in _SHAPES_WITH_SIDECAR:
        return ()
    who = f"{maker} microscopes" if maker else "JEOL, Hitachi and TESCAN microscopes"
    return (
        f"The file holds no pixel size. {who} write it into a .txt or .hdr file of the same name; "
        "add that file together with the image, or type the pixel size.",
    )
