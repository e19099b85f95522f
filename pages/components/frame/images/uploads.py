"""Which of the files that came belong together, also when they came one after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, count

from core.workspace import micrographs
from pages.components.frame.memory import Upload


@dataclass(frozen=True)
class Arrival:
    """An upload with its id, and the ids of earlier uploads that it takes the place of."""

    source: str
    upload: Upload
    replaced: tuple[str, ...]


def batches(files: Iterable[tuple[str, bytes]]) -> list[dict[str, bytes]]:
    """Return files that came together, contents by name, in as few batches as there are contents
    of one name: a folder of images may hold two of one name from two samples."""
    found: list[dict[str, bytes]] = []
    for name, data in files:
        if any(one.get(name) == data for one in found):
            continue
        free = next((one for one in found if name not in one), None)
        if free is None:
            found.append({name: data})
        else:
            free[name] = data
    return found


def title_of(upload: Upload, others: Collection[str]) -> str:
    """Return the name of an upload, with a number where ``others`` have the name already."""
    titles = (f"{upload.name} ({number})" for number in count(2))
    return next(one for one in chain([upload.name], titles) if one not in others)


def arrivals(files: Mapping[str, bytes], earlier: Mapping[str, Upload]) -> list[Arrival]:
    """Return what new ``files``, contents by name, add to ``earlier`` uploads, by id.

    A new sidecar joins the image of its stem, here or earlier; a new image joins the sidecar that
    came alone before it. What an earlier image brought with it stays with that image.
    """
    from core.formats import pair_sidecars

    known = {upload.name: upload for upload in earlier.values()}
    contents = {name: upload.data for name, upload in known.items()} | dict(files)
    found = []
    for name, sidecars in pair_sidecars(contents):
        if name not in files and not sidecars.keys() & files.keys():
            continue
        if name not in files:
            sidecars = {**known[name].sidecars, **sidecars}
        upload = Upload(name, contents[name], sidecars)
        source = source_of(upload)
        used = {(name, upload.data), *sidecars.items()}
        replaced = tuple(
            old
            for old, other in earlier.items()
            if (other.name, other.data) in used and old != source
        )
        found.append(Arrival(source, upload, replaced))
    return found


def source_of(upload: Upload) -> str:
    """Return the id of an upload: of its name and of every byte that came with it."""
    return micrographs.source_of(upload.name, upload.data, upload.sidecars)
