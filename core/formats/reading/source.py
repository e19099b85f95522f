"""What goes into a format module, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from core.errors import FormatError
from core.formats.reading.calibration import Calibration
from core.formats.reading.grey import Levels
from core.formats.reading.names import shown
from core.settings import Limits


@dataclass(frozen=True)
class Source:
    """A file to read: its bytes, its cleaned name, its sidecars by name, and the page wanted.

    ``isolated``: this process is a child that may be lost, see ``core.formats.isolation.running``.
    """

    data: bytes
    name: str
    sidecars: Mapping[str, bytes]
    page: int
    limits: Limits
    isolated: bool = False

    def check_page(self, pages: int) -> None:
        """Refuse a page that is not there.

        Raises:
            FormatError: the page wanted, counted from 0 here, does not lie in 0 to ``pages`` - 1.
        """
        if not 0 <= self.page < pages:
            raise FormatError(
                f"{self.name} has {pages} page{'s' if pages > 1 else ''}, and page {self.page + 1} "
                f"was asked for, counted from 1; choose {'1' if pages == 1 else f'1 to {pages}'}."
            )


def damaged(name: str, title: str) -> FormatError:
    """Return the error of a file that its format's reader gave up."""
    return FormatError(
        f"{name} is a damaged or incomplete {title} file; copy it again from the microscope, or "
        "export the image as TIFF."
    )


@dataclass(frozen=True)
class Finding:
    """What an instrument's metadata say about an image.

    ``calibrations``: what its sources say of the pixel, the most trusted first.
    ``info_bar_rows``: None when they do not say. ``metadata``: for the user to read.
    """

    calibrations: Sequence[Calibration] = ()
    info_bar_rows: int | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()


def known(*calibrations: Calibration | None) -> tuple[Calibration, ...]:
    """Return those of ``calibrations`` that are there."""
    return tuple(one for one in calibrations if one is not None)


def together(findings: Sequence[Finding]) -> Finding | None:
    """Return the first of ``findings`` with what all say of the pixel; None without any."""
    if not findings:
        return None
    return replace(findings[0], calibrations=[one for f in findings for one in f.calibrations])


@dataclass(frozen=True, eq=False)
class Decoded:
    """One page of a file, decoded, before its grey levels are scaled.

    ``levels``: the page, (H, W). ``file_shape``, ``dtype``: as stored. ``digest_extra``: bytes
    beside the file that pixels came from. ``tags``, ``descriptions``, ``embedded``, ``image``: as
    in ``Clues``. ``is_first``: the page has the shape of the file's first one, so that what lies
    beside the file speaks of it too. ``finding``: None leaves it to the vendors' modules.
    """

    levels: Levels
    file_shape: tuple[int, ...]
    dtype: str
    pages: int = 1
    finding: Finding | None = None
    tags: Mapping[int, object] = field(default_factory=lambda: MappingProxyType({}))
    descriptions: tuple[str, ...] = ()
    embedded: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    image: int | None = None
    is_first: bool = True
    notes: tuple[str, ...] = ()
    digest_extra: bytes = b""

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the page."""
        return self.levels.values.shape


def flat_metadata(nested: Mapping, prefix: str = "", most: int = 200) -> dict[str, str]:
    """Return ``nested`` as one level of short strings, at most ``most`` of them."""
    flat: dict[str, str] = {}
    for key, value in nested.items():
        name = shown(f"{prefix}{key}", 80)
        if isinstance(value, Mapping):
            flat |= flat_metadata(value, f"{name}.", most)
        elif not isinstance(value, bytes | np.ndarray) and (text := shown(str(value), 200)):
            flat[name] = text
    return dict(list(flat.items())[:most])
