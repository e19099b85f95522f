"""Print what image files say about themselves: size, type, pages, calibration, info bar."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal.batch import for_each, read_image

if TYPE_CHECKING:
    from core.types import Micrograph

HELP = "what image files say about themselves"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the files and the form of the answer."""
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    parser.add_argument("--json", action="store_true", help="a list with one entry an image")


def run(options: argparse.Namespace) -> int:
    """Print one line or one entry for each image that can be read."""
    from core.formats import without_sidecars

    entries: list[dict] = []

    def read(path: Path) -> None:
        entries.append(entry_of(read_image(path)))
        if not options.json:
            print(in_words(entries[-1]))

    failed = for_each(without_sidecars(options.images), read)
    if options.json:
        print(json.dumps(entries, indent=2, ensure_ascii=False))
    return failed


def entry_of(micrograph: Micrograph) -> dict:
    """Return the entry of ``--json``; shape and dtype are the file's."""
    size = micrograph.pixel_size
    return {
        "name": micrograph.name,
        "shape": list(micrograph.file_shape),
        "dtype": micrograph.dtype,
        "pages": micrograph.pages,
        "pixel_size_nm": size.nm if size else None,
        "pixel_size_source": size.source if size else None,
        "info_bar_rows": micrograph.info_bar_rows,
    }


def in_words(entry: dict) -> str:
    """Return an entry as one line."""
    shape = " x ".join(str(side) for side in entry["shape"])
    pages = "1 page" if entry["pages"] == 1 else f"{entry['pages']} pages"
    size = "no calibration, measured in px"
    if entry["pixel_size_nm"] is not None:
        size = f"{entry['pixel_size_nm']:.6g} nm/px ({entry['pixel_size_source']})"
    rows = entry["info_bar_rows"]
    bar = f"info bar of {rows} rows" if rows else "no info bar"
    return f"{entry['name']}: {shape}, {entry['dtype']}, {pages}, {size}, {bar}"
