"""Which images a TIFF holds, and which tags speak of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

from tifffile import TiffFile, TiffFrame, TiffPage, TiffPageSeries

from core.errors import FormatError
from core.formats import vendors
from core.formats.reading.limits import check_pages
from core.formats.reading.source import Source
from core.formats.reading.text import text_of
from core.formats.reading.xml import local_name, parse_xml

_DESCRIPTION = 270
_OME_PLANES = ("PlaneCount", "NumPlanes")
_FEW_FRAMES = 1_000_000
"""So many references to frames, at 8 bytes each, take no memory worth a word."""
_PREVIEW_LEFT_OUT = "The file's preview image was left out."


@dataclass(frozen=True, eq=False)
class Frame:
    """One 2-D image of the file.

    ``number``: of the frame within its series. ``image``: which of the images that OME's XML
    describes the series is, from 0; None when it is none of them.
    """

    series: TiffPageSeries
    number: int
    image: int | None

    @property
    def keyframe(self) -> TiffPage:
        """The page with the tags that the series has in common."""
        return self.series.keyframe

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        return self.keyframe.imagelength, self.keyframe.imagewidth

    @property
    def page(self) -> TiffPage:
        """The page of this frame with all its tags; one page may hold several frames."""
        pages = self.series.pages
        own = pages[self.number] if self.number < len(pages) else None
        if isinstance(own, TiffFrame):
            own = None if own.is_virtual else own.aspage()
        return own or self.keyframe


def check_structure(tiff: TiffFile, source: Source) -> None:
    """Refuse too many pages, and XML that could grow without bound, before series are formed."""
    try:
        tiff.pages[source.limits.pages]
    except IndexError:
        pass
    else:
        check_pages(source.name, len(tiff.pages), source.limits)
    if len(tiff.pages) == 0:
        raise FormatError(
            f"{source.name} is a TIFF without an image; it is incomplete. Copy or save it again."
        )
    # Its index of frames is trusted by tifffile, which makes room for all that it claims.
    tiff.is_mmstack = False
    first = tiff.pages.first
    description = first.description
    check_pages(source.name, _claimed_frames(description, first), source.limits)
    if "<!ENTITY" in description or "<!DOCTYPE" in description:
        raise FormatError(
            f"{source.name} holds XML that defines entities, which no microscope writes; save it "
            "again as a plain TIFF."
        )


def _claimed_frames(description: str, page: TiffPage) -> int:
    """Return how many frames OME's XML claims, 0 when no memory is at stake.

    tifffile makes room for a reference to each, whether it is there or not.
    """
    root = parse_xml(description) if "OME" in description else None
    if root is None:
        return 0
    claimed = 0
    for element in root.iter():
        if local_name(element) == "Pixels":
            samples = prod(_whole(element.get(f"Size{axis}")) for axis in "XYZCT")
            claimed += max(samples // max(page.size, 1), 0)
        elif local_name(element) == "TiffData":
            claimed = max(claimed, *(_whole(element.get(key)) for key in _OME_PLANES))
    return claimed if claimed > _FEW_FRAMES else 0


def _whole(text: str | None) -> int:
    try:
        return int(text or 1)
    except ValueError:
        return 1


def image_frames(tiff: TiffFile, source: Source) -> tuple[list[Frame], tuple[str, ...]]:
    """Return the images of ``tiff`` in the order of its series, without previews, and notes.

    Raises:
        FormatError: the page wanted is not there.
        LimitError: more images than the limit.
    """
    series = [(one, n) for n, whole in enumerate(tiff.series) for one in _levels(whole)]
    images, notes = _without_previews([one for one, _ in series])
    pages = sum(map(_frame_count, images))
    check_pages(source.name, pages, source.limits)
    source.check_page(pages)
    image_of = {id(one): n if one.kind == "ome" else None for one, n in series}
    return [
        Frame(one, number, image_of[id(one)])
        for one in images
        for number in range(_frame_count(one))
    ], notes


def _levels(series: TiffPageSeries) -> list[TiffPageSeries]:
    """Return ``series`` and what tifffile takes for smaller copies of it, as it does by their size
    alone."""
    return [one for one in series.levels if one.keyframe is not None]


def _without_previews(
    series: list[TiffPageSeries],
) -> tuple[list[TiffPageSeries], tuple[str, ...]]:
    """Return those of ``series`` that no vendor and no tag of their own calls a preview."""
    for vendor in vendors.modules():
        if not hasattr(vendor, "is_image"):
            continue
        images = [one for one in series if vendor.is_image(one.keyframe)]
        if images and len(images) < len(series):
            return images, (_PREVIEW_LEFT_OUT,)
    full = [one for one in series if not one.keyframe.is_reduced]
    # Smaller copies lie below their image; in a raw photograph the image lies below its preview.
    full = [one for one in full if not one.keyframe.is_subifd] or full
    if full and len(full) < len(series):
        return full, (_PREVIEW_LEFT_OUT,)
    return series, ()


def _frame_count(series: TiffPageSeries) -> int:
    return prod(series.shape) // max(prod(series.keyframe.shape), 1) or 1


def tags_of(frame: Frame, first: Frame) -> Mapping[int, object]:
    """Return the tags of ``frame``, and those of the file's ``first`` image that it lacks.

    An image of another shape is another image, and takes over nothing.
    """
    values: dict[int, object] = {}
    for page in _pages_of(frame, first):
        own: dict[int, object] = {}
        for tag in page.tags:
            try:
                own.setdefault(tag.code, tag.value)
            except Exception:
                continue
        values |= own
    return values


def descriptions_of(frame: Frame, first: Frame) -> tuple[str, ...]:
    """Return every ImageDescription that speaks of ``frame``: its own, else the first image's.

    OME's XML in the first image describes all images of the file.
    """
    found = [_descriptions(page) for page in _pages_of(frame, first)]
    own = next((texts for texts in reversed(found) if texts), ())
    shared = _descriptions(first.keyframe) if frame.image is not None else ()
    return (*own, *(text for text in shared if text not in own))


def _pages_of(frame: Frame, first: Frame) -> Iterator[TiffPage]:
    """Yield the pages that speak of ``frame``, the closest last."""
    if frame.shape == first.shape:
        yield first.keyframe
    yield frame.keyframe
    yield frame.page


def _descriptions(page: TiffPage) -> tuple[str, ...]:
    found = [text_of(tag.value) for tag in page.tags.getall(_DESCRIPTION) or ()]
    return tuple(text for text in found if text)
