"""What a zip of a library says about its images, and which of it is believed.

It may come from anybody: every field is checked for its type and its range.
"""

from __future__ import annotations

import json
import math
import re
import zipfile
from dataclasses import dataclass
from itertools import pairwise

from core import typed
from core.segmentation.forest.marks import MOST_PHASES
from core.segmentation.forest.strokes import ERASER, WIDEST_PX, Stroke
from core.segmentation.settings import ObjectSettings
from core.settings import Limits
from core.workspace.disk.blobs import DIGEST
from core.workspace.micrographs import Changes
from core.workspace.results import run_record

VERSION = 2
READ_VERSIONS = (1, VERSION)
"""What was exported before results had corrections has none."""
MANIFEST = "library.json"
MOST_MANIFEST_BYTES = 50_000_000
MOST_LOG_BYTES = 200_000_000
"""Of the steps of one correction."""
LONGEST_NAME, LONGEST_TEXT = 255, 1_000_000
FARTHEST_PX, LONGEST_PX = 1e5, 1e6
"""How far a stroke may reach, and how long all of an image may be together."""
_SAMPLE = re.compile(r"sample:([\w-]{1,80}|lab/[^/\\\x00-\x1f]{1,255})")
"""One that is generated, or a file of a lab's own folder."""


@dataclass(frozen=True)
class KeptCorrection:
    """``first``, ``log``: SHA-256 of how it began and of every step since."""

    object_settings: ObjectSettings
    first: str
    log: str


@dataclass(frozen=True)
class KeptResult:
    key: str
    model: str
    title: str
    run: str
    provenance: str
    files: dict[str, str]
    correction: KeptCorrection | None = None


@dataclass(frozen=True)
class KeptDrawing:
    image: str
    strokes: tuple[Stroke, ...]
    mask: str | None
    revision: int
    phase_names: tuple[str, ...]


@dataclass(frozen=True)
class KeptImage:
    """``source``: of a sample, "" of an upload, whose own is computed from its ``file``."""

    name: str
    title: str
    source: str
    notes: str
    tags: tuple[str, ...]
    model: str | None
    object_settings: ObjectSettings | None
    changes: Changes
    file: str | None
    sidecars: dict[str, str]
    drawings: tuple[KeptDrawing, ...]
    results: tuple[KeptResult, ...]

    @property
    def own_files(self) -> tuple[str, ...]:
        return (*([self.file] if self.file else ()), *self.sidecars.values())

    @property
    def files(self) -> tuple[str, ...]:
        masks = (one.mask for one in self.drawings if one.mask)
        of_results = (digest for one in self.results for digest in one.files.values())
        return (*self.own_files, *masks, *of_results)

    @property
    def corrections(self) -> tuple[str, ...]:
        found = (one.correction for one in self.results)
        return tuple(digest for one in found if one for digest in (one.first, one.log))


@dataclass(frozen=True)
class Manifest:
    lamella_library: int
    images: tuple[KeptImage, ...]

    @property
    def files(self) -> frozenset[str]:
        images = self.images
        return frozenset(digest for one in images for digest in (*one.files, *one.corrections))


def read_manifest(packed: zipfile.ZipFile, limits: Limits) -> Manifest:
    """Return what the zip says, checked.

    Raises:
        ValueError, KeyError: what is wrong.
    """
    if packed.getinfo(MANIFEST).file_size > MOST_MANIFEST_BYTES:
        raise ValueError(f"{MANIFEST} is too large")
    found = json.loads(packed.read(MANIFEST))
    if not isinstance(found, dict) or found.get("lamella_library") not in READ_VERSIONS:
        raise ValueError(f"{MANIFEST} is not of version {VERSION}")
    # Half of a pair of surrogates is no letter, and no database takes it.
    json.dumps(found, ensure_ascii=False).encode()
    manifest: Manifest = typed.read(Manifest, found)
    for image in manifest.images:
        _check(image)
        for digest in (*image.files, *image.corrections):
            if not DIGEST.fullmatch(digest):
                raise ValueError(f"{digest:.80} is no SHA-256")
        sizes = [packed.getinfo(f"blobs/{digest}").file_size for digest in image.own_files]
        if sum(sizes) > limits.file_bytes:
            raise ValueError(f"{image.name} is larger than {limits.file_bytes} bytes")
        parts = (packed.getinfo(f"blobs/{digest}").file_size for digest in image.corrections)
        if max(parts, default=0) > MOST_LOG_BYTES:
            raise ValueError(f"the corrections of {image.name} are too large")
    return manifest


def _check(image: KeptImage) -> None:
    """Refuse an image that this app cannot have exported."""
    drawings, results = image.drawings, image.results
    names = [image.name, *image.sidecars, image.title, image.model or "", *image.tags]
    names += [name for one in drawings for name in (one.image, *one.phase_names)]
    names += [name for one in results for name in (one.key, one.model, one.title, *one.files)]
    of_files = [image.name, *image.sidecars] if image.file else []
    paths = [name for name in of_files if re.search(r"[/\\]", name)]
    strange = [one for one in names if len(one) > LONGEST_NAME or re.search(r"[\x00-\x1f]", one)]
    for name in (*paths, *strange):
        raise ValueError(f"{name!r:.80} is no name")
    texts = [image.notes, *(text for one in results for text in (one.run, one.provenance))]
    if max(map(len, texts)) > LONGEST_TEXT:
        raise ValueError("a text is too long")
    if image.file is None and not _SAMPLE.fullmatch(image.source):
        raise ValueError(f"{image.name} has no file")
    settings, changes = image.object_settings or ObjectSettings(), image.changes
    rows = (changes.page, changes.info_bar_rows or 0, changes.top_bar_rows or 0)
    numbers = (*rows, settings.split, settings.minimum_area_px)
    if not all(0 <= number < 1e9 for number in numbers):
        raise ValueError(f"a number of {image.name} is out of range")
    for drawn in image.drawings:
        _check_strokes(drawn.strokes)
    for result in image.results:
        run_record.from_json(result.run)
        json.loads(result.provenance)


def _check_strokes(strokes: tuple[Stroke, ...]) -> None:
    length = 0.0
    for one in strokes:
        is_brush = ERASER <= one.phase < MOST_PHASES and 0 < one.width_px <= WIDEST_PX
        far = (
            abs(side) > FARTHEST_PX or math.isnan(side) for point in one.points for side in point
        )
        if not is_brush or not one.points or any(far):
            raise ValueError("a stroke is none of a brush")
        length += sum(math.dist(start, end) for start, end in pairwise(one.points))
    if length > LONGEST_PX:
        raise ValueError("the strokes are too long")
