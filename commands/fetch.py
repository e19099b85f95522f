"""Bring data that Lamella does not ship: the lecture's Ising images."""

from __future__ import annotations

import argparse
from pathlib import Path

from commands.terminal.batch import say

HELP = "bring the lecture's Ising images"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what to bring, and where to."""
    parser.add_argument("name", choices=("ising",), metavar="NAME", help="ising")
    parser.add_argument(
        "--to", type=Path, metavar="DIR", help="default: where the app looks, see LAMELLA_DATA"
    )


def run(options: argparse.Namespace) -> int:
    """Download once, with the hash that is pinned in studies/ising/download.py."""
    from studies.ising.download import ISING_PACKAGE, fetch_ising, has_ising, ising_folder

    folder = options.to or ising_folder()
    if has_ising(folder):
        print(f"{folder}: the lecture's Ising images are there already.")
        return 0
    say(f"downloading {ISING_PACKAGE} (65 MB, MIT); this takes a minute or two.")
    fetch_ising(folder)
    print(f"{folder}: 5000 images of 16 x 16 and 5000 of 64 x 64 spins, with their temperatures.")
    return 0
