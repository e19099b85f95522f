"""Print what image files say about themselves: size, type, pages, calibration, info bar."""

from __future__ import annotations

import argparse
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal.batch import for_each, print_json, read_image
from commands.terminal.options import add_page
from core.image_size import width_x_height

if TYPE_CHECKING:
    from core.types.micrograph import Micrograph

HELP = "what image files say about themselves"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the files and the form of the answer."""
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    add_page(parser)
    parser.add_argument("--json", action="store_true", help="a list with one entry per image")


def run(options: argparse.Namespace) -> int:
    """Print one line or one entry for each image that can be read."""
    from core.formats import without_sidecars

    entries: list[dict] = []

    def read(path: Path) -> None:
        micrograph = read_image(path, options.page)
        entries.append(entry_of(micrograph))
        if not options.json:
            print(in_words(entries[-1], micrograph.shape))

    failed = for_each(without_sidecars(options.images), read)
    if options.json:
        print_json(entries)
    return failed


def entry_of(micrograph: Micrograph) -> dict:
    """Return the entry of ``--json``; shape and dtype are the file's."""
    size, valid = micrograph.pixel_size, micrograph.valid
    return {
        "name": micrograph.name,
        "shape": list(micrograph.file_shape),
        "dtype": micrograph.dtype,
        "pages": micrograph.pages,
        "pixel_size_nm": size.nm if size else None,
        "pixel_size_source": size.source if size else None,
        "info_bar_rows": micrograph.info_bar_rows,
        "top_bar_rows": micrograph.top_bar_rows,
        "pixel_height_nm": (size.height_nm or size.nm) if size else None,
        "pixel_size_note": size.note if size else "",
        "pixel_size_choices": [
            {"width_nm": one.nm, "height_nm": one.height_nm or one.nm, "source": one.source}
            for one in micrograph.pixel_size_choices
        ],
        "pixels_without_grey_level": 0 if valid is None else int((~valid).sum()),
    }


def in_words(entry: dict, shape: tuple[int, int]) -> str:
    """Return an entry as one line. ``shape``: (H, W) of its page."""
    pages = "1 page" if entry["pages"] == 1 else f"{entry['pages']} pages"
    channels = prod(entry["shape"]) // (prod(shape) * entry["pages"])
    words = [f"{entry['name']}: {width_x_height(shape)} px"]
    words += [f"{channels} channels"] if channels > 1 else []
    words += [entry["dtype"], pages, size_in_words(entry)]
    bars = {"": entry["info_bar_rows"], " at the top": entry["top_bar_rows"]}
    words += [f"info bar of {rows} rows{where}" for where, rows in bars.items() if rows]
    words += [] if any(bars.values()) else ["no info bar"]
    if missing := entry["pixels_without_grey_level"]:
        words.append(f"{missing} px without a grey level")
    return ", ".join(words)


def size_in_words(entry: dict) -> str:
    """Return the pixel size, with every value that the file leaves open."""
    width, height = entry["pixel_size_nm"], entry["pixel_height_nm"]
    choices = entry["pixel_size_choices"]
    if not choices and width is None:
        return "no calibration, measured in px"
    if not choices:
        doubt = ", which may be a default" if entry["pixel_size_note"] else ""
        return f"{sides(width, height)} ({entry['pixel_size_source']}){doubt}"
    told = " or ".join(
        f"{sides(one['width_nm'], one['height_nm'])} ({one['source']})" for one in choices
    )
    used = f"{sides(width, height)} is used" if width else "none is used"
    return f"{told}: {used}, choose with --pixel-size"


def sides(width: float, height: float) -> str:
    """Return a pixel's width, and its height where that differs."""
    return f"{width:.6g} nm/px" if width == height else f"{width:.6g} x {height:.6g} nm/px"
