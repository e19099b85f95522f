"""FEI TIA .ser and .emi: pixels in the .ser, metadata in the .emi."""

from __future__ import annotations

from dataclasses import replace

from core.errors import FormatError
from core.formats.reading.names import extension
from core.formats.reading.rosettasciio import read_isolated
from core.formats.reading.source import Decoded, Source

TITLE = "FEI TIA"
EXTENSIONS = ("ser", "emi")

_SER, _EMI = b"II\x97\x01", b"JK\x00\x02"
_MOST_SERIES = 9


def sniff(data: bytes) -> bool:
    """Whether ``data`` starts as a .ser or .emi file does."""
    return data[:4] in (_SER, _EMI)


def read(source: Source) -> Decoded:
    """Return the page of ``source``, through the optional reader.

    Raises:
        FormatError: an .emi without its .ser.
    """
    if source.data.startswith(_SER):
        emi = [data for data in source.sidecars.values() if data.startswith(_EMI)]
        files = {"image_1.ser": source.data}
        # The .emi tells a diffraction pattern from an image.
        files = {"image.emi": emi[0], **files} if emi else files
        return read_isolated(source, "tia", TITLE, files)
    series = [
        data
        for name, data in sorted(source.sidecars.items())
        if extension(name) == "ser" and data.startswith(_SER)
    ][:_MOST_SERIES]
    if not series:
        raise FormatError(
            f"{source.name} holds the description of a FEI TIA image and no pixels; add the .ser "
            "file of the same name together with it."
        )
    files = {"image.emi": source.data}
    files |= {f"image_{number}.ser": data for number, data in enumerate(series, 1)}
    decoded = read_isolated(source, "tia", TITLE, files)
    return replace(decoded, digest_extra=b"".join(series))
