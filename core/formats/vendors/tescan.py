"""TESCAN: TIFF tag 50431, PNG chunk gIFx, or a header file (.hdr) beside the image."""

from __future__ import annotations

from core.formats.reading.calibration import Calibration, number
from core.formats.reading.clues import Clues
from core.formats.reading.source import Finding, flat_metadata, together
from core.formats.reading.text import decode_text, key_values

RANK = 0

_TAG = 50431
_CHUNK = "gIFx"
_END_OF_THUMBNAIL = b"\xff\xd9"
_KEY = b"PixelSizeX"


def find(clues: Clues) -> Finding | None:
    """Return the pixel size and the rows of the image strip."""
    found = [
        finding
        for source, text in _texts(clues)
        if (finding := _finding(key_values(text), source, clues.shape[0]))
    ]
    return together(found)


def _finding(values: dict[str, str], source: str, height: int) -> Finding | None:
    x, y = number(values.get("PixelSizeX")), number(values.get("PixelSizeY"))
    if not x or x <= 0:
        return None
    strip = number(values.get("ImageStripSize"))
    return Finding(
        [Calibration(x, y if y and y > 0 else x, source)],
        int(strip) if strip and 0 < strip < height else None,
        flat_metadata(values),
    )


def _texts(clues: Clues) -> list[tuple[str, str]]:
    found = []
    tag = clues.tags.get(_TAG)
    if isinstance(tag, str):
        tag = tag.encode("latin-1", "replace")
    if isinstance(tag, bytes):
        found.append((f"TESCAN tag {_TAG}", _after_thumbnail(tag)))
    if chunk := clues.embedded.get(_CHUNK):
        found.append((f"TESCAN PNG chunk {_CHUNK}", _after_thumbnail(chunk)))
    found += [
        (f"TESCAN header {name}", text)
        for name, text in clues.sidecar_texts("hdr", "txt")
        if "[MAIN]" in text
    ]
    return found


def _after_thumbnail(data: bytes) -> str:
    """Return the text that follows a JPEG or JPEG 2000 thumbnail, up to what follows the text."""
    key = data.find(_KEY)
    thumbnail = data.rfind(_END_OF_THUMBNAIL, 0, key if key >= 0 else len(data))
    start = thumbnail + len(_END_OF_THUMBNAIL) if thumbnail >= 0 else 0
    end = data.find(b"\0", key) if key >= 0 else -1
    return decode_text(data[start : end if end >= 0 else len(data)].lstrip(b"\0"))
