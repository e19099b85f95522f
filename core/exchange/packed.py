"""The files of a package, a zip that anybody may have made, read into memory; nothing is unpacked
to disk."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from math import prod

import numpy as np

from core.errors import ModelError
from core.formats.reading.zip_members import ZIP_ERRORS

MOST_FILES = 64
MOST_BYTES = 200_000_000
"""Of all files together, unpacked."""
MOST_RATIO = 100
"""Of unpacked bytes to packed ones, of a file of more than ``RATIO_FLOOR`` bytes."""
RATIO_FLOOR = 1_000_000
PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,99}")
MOST_TENSOR_ELEMENTS = 16_000_000


def files_in(data: bytes, name: str) -> Mapping[str, bytes]:
    """Return the content of each file in a zip by its name.

    Raises:
        ModelError: it is no zip, or holds more, larger or other files than a package does.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = packed.infolist()
            _check(members, name)
            return {one.filename: _content(packed, one) for one in members}
    except ZIP_ERRORS as error:
        raise ModelError(
            f"{name} cannot be unpacked: it is no zip, is damaged, or needs a password."
        ) from error


def member(files: Mapping[str, bytes], source: object, what: str, name: str) -> bytes:
    """Return the file of a package that its description calls ``source``.

    Raises:
        ModelError: it names an address, a file elsewhere, or one that is not there.
    """
    if not isinstance(source, str) or not PLAIN_NAME.fullmatch(source):
        raise ModelError(
            f"{name} says that its {what} lies at {source!r:.80}; it must be the plain name of a "
            "file in the package: no folder, no path and no address is opened."
        )
    if source not in files:
        raise ModelError(f"{name} names {source!r:.80} as its {what}, which is not in it.")
    return files[source]


def tensor(content: bytes, what: str, name: str) -> np.ndarray:
    """Return the array of numbers in a .npy file, as float32.

    Raises:
        ModelError: it is none, holds Python objects, or says another size than it has.
    """
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            version, np.lib.format.read_array_header_2_0
        )
        shape, order, dtype = read(stream)
    except (ValueError, SyntaxError, RecursionError) as error:
        raise ModelError(f"The {what} of {name} is no array in NumPy's format.") from error
    rest = content[stream.tell() :]
    if dtype.kind not in "fiub":
        raise ModelError(
            f"The {what} of {name} holds {dtype} in place of numbers, which only unpickling could "
            "read; it was not opened."
        )
    if prod(shape) > MOST_TENSOR_ELEMENTS or prod(shape) * dtype.itemsize != len(rest):
        raise ModelError(f"The {what} of {name} says {shape} and holds {len(rest):,} bytes.")
    values = np.frombuffer(rest, dtype).reshape(shape, order="F" if order else "C")
    return np.ascontiguousarray(values, np.float32)


def _check(members: list[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MOST_FILES:
        raise ModelError(
            f"{name} holds {len(members):,} files; a package has {MOST_FILES} or less."
        )
    for one in members:
        is_link = (one.external_attr >> 16) & 0o170000 == 0o120000
        if is_link or not PLAIN_NAME.fullmatch(one.filename):
            raise ModelError(
                f"{name} holds {one.filename!r:.80}, a {'link' if is_link else 'folder or path'}; "
                "a package has plain files side by side. Pack it again without folders."
            )
        if one.file_size > RATIO_FLOOR and one.file_size > MOST_RATIO * one.compress_size:
            raise ModelError(
                f"{one.filename[:80]} in {name} unpacks to more than {MOST_RATIO} times its size, "
                "as no weights and no image do."
            )
    if len({one.filename for one in members}) < len(members):
        raise ModelError(f"{name} holds two files of one name.")
    total = sum(one.file_size for one in members)
    if total > MOST_BYTES:
        raise ModelError(
            f"{name} unpacks to {total / 1e6:,.0f} MB; {MOST_BYTES / 1e6:,.0f} MB are allowed."
        )


def _content(packed: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    with packed.open(one) as stream:
        # What the header says of the size may be a lie.
        content = stream.read(one.file_size + 1)
    if len(content) != one.file_size:
        raise zipfile.BadZipFile("a member is longer or shorter than its header says")
    return content
